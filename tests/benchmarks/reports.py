"""`python -m tests.benchmarks.reports [CALLS ...]`: how long questions take, and what an entry takes on disk.

Of 1 and 10 million calls if nothing else is said: made, settled into parts, rolled up, then each question several times in
turn. The growth says with which power of the number of calls a question takes longer.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from math import log
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from otel_costing.clickhouse.reports import report, trace_tree
from otel_costing.clickhouse.store import Store
from tests.benchmarks.made_ledger import FIRST_NS, fill
from tests.benchmarks.measure import Figure, spread_of

_FEW, _SIZES = 100_000, (1_000_000, 10_000_000)
_BYTES_AIM = 140
_BY_ROLLUP = ("team", "workflow", "model", "environment")
_BY_LEDGER = ("customer_id", "agent", "operation", "release", "meter")
_BY_MANY = ("user_id", "session_id", "run")
_FIRST = datetime.fromtimestamp(FIRST_NS // 10**9, UTC)
_TENTH = _FIRST + timedelta(days=9)
_LEAST_SHARE = "SELECT trace_id FROM ledger WHERE call_id > '8' ORDER BY call_id LIMIT 1"
_HEAD = f"{'ms':<53} {'median':>9}  {'10 % to 90 %':>16}  {'aim':>7}"


class Question(NamedTuple):
    """One thing that is asked."""

    what: str
    aim_ms: float
    ask: Callable[[Store], object]


def figures(calls: int = _FEW) -> Iterator[Figure]:
    """Measure on a ledger of `calls` calls."""
    with TemporaryDirectory() as directory, Store.open(f"chdb://{directory}") as store:
        fill(store, calls)
        store.rebuild_rollups()
        yield from _answered(store, rounds=5)
        yield _bytes(store, calls)


def _answered(store: Store, rounds: int) -> list[Figure]:
    """Ask every question in every round, so that whatever slows the machine slows all of them."""
    questions = list(_questions(store))
    taken: dict[str, list[float]] = {one.what: [] for one in questions}
    for _ in range(rounds + 1):
        for one in questions:
            began_s = time.perf_counter()
            one.ask(store)
            taken[one.what].append((time.perf_counter() - began_s) * 1000)
    # The first round reads from disk what the others find in memory.
    return [Figure(one.what, spread_of(taken[one.what][1:]), "ms", one.aim_ms) for one in questions]


def _questions(store: Store) -> Iterator[Question]:
    for name in _BY_ROLLUP:
        yield Question(f"by day and {name}, of the rollup", 50, _by(name, pays="caller"))
    yield Question("by day and team, of another time zone", 500, _by("team", zone="Asia/Tokyo"))
    for name in _BY_LEDGER:
        yield Question(f"by day and {name}, of the ledger", 500, _by(name))
    for name in _BY_MANY:
        yield Question(f"by day and {name}, of the ledger", 1000, _by(name))
    for pays in ("caller", "owner"):
        yield Question(f"one day by workflow, {pays} pays", 150, _of_a_day("workflow", pays))
        yield Question(
            f"half a day by workflow, {pays} pays", 150, _of_half_a_day("workflow", pays)
        )
    ((trace_id,),) = store.connection.query(_LEAST_SHARE).rows
    yield Question("the tree of a trace", 30, lambda held: trace_tree(held, trace_id))


def _by(name: str, *, pays: str = "owner", zone: str = "UTC") -> Callable[[Store], object]:
    return lambda store: report(store, ["day", name], pays=pays, time_zone=zone, claims=False)


def _of_a_day(name: str, pays: str) -> Callable[[Store], object]:
    until = _TENTH + timedelta(days=1)
    return lambda store: report(store, [name], pays=pays, since=_TENTH, until=until, claims=False)


def _of_half_a_day(name: str, pays: str) -> Callable[[Store], object]:
    until = _TENTH + timedelta(hours=12)
    return lambda store: report(store, [name], pays=pays, since=_TENTH, until=until, claims=False)


def _bytes(store: Store, calls: int) -> Figure:
    size = dict(_sizes(store))["all, with indexes"]
    return Figure(f"an entry on disk, of {calls:,} calls", spread_of([size]), "B", _BYTES_AIM)


def _sizes(store: Store) -> Sequence[tuple[str, float]]:
    statement = (Path(__file__).parent / "bytes_of_entries.sql").read_text(encoding="utf-8")
    return [(held, size) for held, size in store.connection.query(statement).rows]


def main() -> None:
    """Measure and print."""
    sizes = [int(one) for one in sys.argv[1:]] or list(_SIZES)
    found = []
    for calls in sizes:
        with TemporaryDirectory() as directory, Store.open(f"chdb://{directory}") as store:
            for line in _prepared(store, calls):
                _say(line)
            found.append(_answered(store, rounds=7))
            for line in (_HEAD, *map(_line, found[-1]), *_said_of_bytes(store)):
                _say(line)
    for first, last in zip(found[0], found[-1], strict=True):
        if len(sizes) > 1:
            power = log(last.spread.median / first.spread.median) / log(sizes[-1] / sizes[0])
            _say(f"growth: {first.what:<45} {power:>6.2f}")


def _prepared(store: Store, calls: int) -> Iterator[str]:
    began_s = time.perf_counter()
    fill(store, calls)
    yield f"{calls:,} calls made in {time.perf_counter() - began_s:.0f} s"
    began_s = time.perf_counter()
    days = len(store.rebuild_rollups())
    yield f"rollups of {days} days built in {time.perf_counter() - began_s:.1f} s"


def _line(figure: Figure) -> str:
    low, middle, high = (f"{value:.1f}" for value in figure.spread)
    verdict = "met" if figure.aim and figure.spread.median <= figure.aim else "MISSED"
    return f"{figure.what:<53} {middle:>9}  {low:>7} .. {high:>5}  {figure.aim:>7.0f}  {verdict}"


def _said_of_bytes(store: Store) -> Iterator[str]:
    for held, size in _sizes(store):
        yield f"bytes per entry, {held:<45} {size:>6.1f}"


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
