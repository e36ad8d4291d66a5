"""`python -m tests.benchmarks`: every figure beside its aim. Exit status 0 whatever comes out."""

from __future__ import annotations

import sys

from tests.benchmarks import (
    collector,
    first_price,
    lookups,
    pricing,
    reports,
    repricing,
    settlement,
    spans,
)
from tests.benchmarks.measure import Figure

_HEAD = f"{'figure':<55} {'median':>9}  {'10 % to 90 %':>16}  {'aim':>7}"

_COLLECTOR_SECONDS = 2.5
"""Of each load; `python -m tests.benchmarks.collector 60` takes its time."""


def _line(figure: Figure) -> str:
    low, middle, high = (f"{value:.1f}" for value in figure.spread)
    aim = "" if figure.aim is None else f"<= {figure.aim:.0f}"
    return (
        f"{figure.what:<55} {middle:>6} {figure.unit:<2}  {low:>7} .. {high:>5}  "
        f"{aim:>7}  {_verdict(figure)}"
    ).rstrip()


def _verdict(figure: Figure) -> str:
    if figure.aim is None:
        return ""
    return "met" if figure.spread.median <= figure.aim else "MISSED"


def main() -> None:
    """Measure and print."""
    sys.stdout.write(f"Python {sys.version.split()[0]}\n{_HEAD}\n{'-' * len(_HEAD)}\n")
    for module in (pricing, lookups, spans, first_price, settlement, repricing, reports):
        for figure in module.figures():
            sys.stdout.write(f"{_line(figure)}\n")
            sys.stdout.flush()
    for line in collector.lines(_COLLECTOR_SECONDS):
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


main()
