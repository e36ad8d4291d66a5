"""`docs/benchmarks.md`: what is between its marks is written from the results; the rest is by hand and stays."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.benchmarks import shown
from tests.benchmarks.figure import Figure
from tests.benchmarks.machine import Machine
from tests.benchmarks.reasons import Reasons
from tests.benchmarks.results import Measured, Results

BEGIN = "<!-- measured: from here to the end mark, `make bench` writes -->"
END = "<!-- end of what is measured -->"


def with_results(page: str, results: Results, reasons: Reasons) -> str:
    """Return the page with these results in the place of the former.

    Raises:
        ValueError: the page does not have each mark once.
    """
    if re.findall(f"{re.escape(BEGIN)}|{re.escape(END)}", page) != [BEGIN, END]:
        raise ValueError(f"the page needs the marks {BEGIN} and {END}, once each")
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    written = "\n".join(_written(results, reasons))
    return f"{before}{BEGIN}\n\n{written}\n{END}{after}"


def _written(results: Results, reasons: Reasons) -> Iterator[str]:
    yield f"Measured on {_of(results.machine)}\n"
    for area in results.areas:
        yield from _area(area)
    yield from _missed(results, reasons)


def _of(machine: Machine) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in machine.versions.items())
    return f"{machine.cores} cores of {machine.cpu}, {machine.memory_gb} GB, {machine.system}; {versions}."


def _area(area: Measured) -> Iterator[str]:
    yield f"### {area.title} (`{area.name}`)\n\n{area.about}\n"
    if area.figures:
        yield "| figure | median | 10 % to 90 % | beside | aim | growth |"
        yield "|---|---:|---:|---|---|---|"
        yield from map(_row, area.figures)
        yield ""
    yield from _aims(area)
    yield f"Measured on {area.measured_on}, in {area.seconds} s.\n"
    if area.failed:
        yield f"The rest could not be measured: {area.failed}.\n"


def _row(figure: Figure) -> str:
    middle = shown.with_unit(figure.spread.median, figure.unit)
    cells = (
        figure.what,
        middle,
        shown.spread(figure),
        _beside(figure),
        _aim(figure),
        shown.growth(figure),
    )
    return f"| {' | '.join(cells)} |".replace("|  |", "| |").replace("|  |", "| |")


def _beside(figure: Figure) -> str:
    return shown.beside(figure, figure.beside) if figure.beside else ""


def _aim(figure: Figure) -> str:
    return f"{shown.aim(figure.aim, figure.unit)}, {shown.verdict(figure)}" if figure.aim else ""


def _aims(area: Measured) -> Iterator[str]:
    """Yield where the aims of an area are from."""
    whys = {shown.aim(one.aim, one.unit): one.aim.why for one in area.figures if one.aim}
    if whys:
        yield f"Aims: {'; '.join(f'{aim}: {why}' for aim, why in whys.items())}.\n"


def _missed(results: Results, reasons: Reasons) -> Iterator[str]:
    missed = list(results.missed())
    yield "### What misses its aim\n"
    if not missed:
        yield "Nothing.\n"
        return
    yield "| figure | median | aim | why it is missed |"
    yield "|---|---:|---:|---|"
    for area, figure in missed:
        assert figure.aim is not None
        median = shown.with_unit(figure.spread.median, figure.unit)
        aim, why = shown.aim(figure.aim, figure.unit), reasons.why(area.name, figure.what)
        yield f"| {area.name}: {figure.what} | {median} | {aim} | {why} |"
    yield ""
