"""The results as JSON, for programs that compare runs; its schema is `benchmarks.schema.json`."""

from __future__ import annotations

from typing import Any

from tests.benchmarks.figure import Aim, Beside, Figure, Growth, Spread
from tests.benchmarks.machine import Machine
from tests.benchmarks.results import Measured, Results

SCHEMA = 1
"""Raised when a key changes its meaning or goes."""
_DIGITS = 4


def document(results: Results) -> dict[str, Any]:
    """Return the document; numbers keep four digits that mean something."""
    return {
        "schema": SCHEMA,
        "machine": {**results.machine._asdict(), "versions": dict(results.machine.versions)},
        "areas": [
            {**area._asdict(), "figures": [_said(_rounded(one)) for one in area.figures]}
            for area in results.areas
        ],
    }


def results_of(said: dict[str, Any]) -> Results:
    """Return the results that a document tells of."""
    areas = (
        Measured(**{**area, "figures": tuple(map(_figure_of, area["figures"]))})
        for area in said["areas"]
    )
    machine = Machine(**said["machine"])
    return Results(machine, tuple(areas))


def _rounded(figure: Figure) -> Figure:
    """Return a figure of what is kept, so that nothing is said that does not follow from it."""
    low, median, high, rounds = figure.spread
    aim, beside, growth = figure.aim, figure.beside, figure.growth
    return figure._replace(
        spread=Spread(_kept(low), _kept(median), _kept(high), rounds),
        aim=aim and aim._replace(value=_kept(aim.value)),
        beside=beside and beside._replace(median=_kept(beside.median)),
        growth=growth and growth._replace(exponent=round(growth.exponent, 2)),
    )


def _kept(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")


def _said(figure: Figure) -> dict[str, Any]:
    low, median, high, rounds = figure.spread
    aim, beside, growth = figure.aim, figure.beside, figure.growth
    return {
        "what": figure.what,
        "unit": figure.unit,
        "median": median,
        "low": low,
        "high": high,
        "rounds": rounds,
        "beside": beside and {**beside._asdict(), "ratio": figure.ratio and _kept(figure.ratio)},
        "aim": aim and {**aim._asdict(), "met": not figure.is_missed},
        "growth": growth and {**growth._asdict(), "sizes": list(growth.sizes), "word": growth.word},
    }


def _figure_of(said: dict[str, Any]) -> Figure:
    beside, aim, growth = said["beside"], said["aim"], said["growth"]
    return Figure(
        said["what"],
        Spread(said["low"], said["median"], said["high"], said["rounds"]),
        said["unit"],
        Aim(aim["value"], aim["why"], aim["at_least"]) if aim else None,
        Beside(beside["name"], beside["median"]) if beside else None,
        Growth(growth["exponent"], growth["of"], tuple(growth["sizes"])) if growth else None,
    )
