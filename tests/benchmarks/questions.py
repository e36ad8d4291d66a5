"""What is asked of a ledger of thirty days, how soon the answer should come, and what stands below it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from otel_costing.clickhouse.reports import report, trace_tree
from otel_costing.clickhouse.store import Store
from tests.benchmarks.figure import Aim
from tests.benchmarks.made_ledger import FIRST_NS

_TENTH = datetime.fromtimestamp(FIRST_NS // 10**9, UTC) + timedelta(days=9)
_PANEL = Aim(50, "one of many panels of a dashboard, at ten million calls")
_WAITED_FOR = Aim(500, "a person waits for it, at ten million calls")
_OF_MANY_VALUES = Aim(1000, "the same, of a dimension with as many values as there are people")
_A_DAY = Aim(150, "asked again and again while a day is looked into")
_A_TREE = Aim(30, "a click on a trace")


class Asked(NamedTuple):
    """Whom a question is asked of."""

    store: Store
    trace_id: str
    """One that is like any other."""


class Question(NamedTuple):
    """One thing that is asked."""

    what: str
    ask: Callable[[Asked], object]
    aim: Aim | None = None
    floor: str | None = None
    """The floor of `FLOORS` that stands below it."""


def asked_of(store: Store) -> Asked:
    """Choose the trace."""
    ((trace_id,),) = _rows(store, "a_trace")
    return Asked(store, str(trace_id))


def _rows(store: Store, name: str, **parameters: str) -> Sequence[Sequence[Any]]:
    statement = (Path(__file__).parent / f"{name}.sql").read_text(encoding="utf-8")
    return store.connection.query(statement, parameters).rows


def _by(name: str, *, pays: str = "owner", zone: str = "UTC") -> Callable[[Asked], object]:
    return lambda asked: report(asked.store, ["day", name], pays=pays, time_zone=zone, claims=False)


def _within(hours: int, pays: str) -> Callable[[Asked], object]:
    until = _TENTH + timedelta(hours=hours)
    return lambda asked: report(
        asked.store, ["workflow"], pays=pays, since=_TENTH, until=until, claims=False
    )


_NOTHING = "a question about nothing"
_SUMS = "plain sums in the engine"
_ENTRIES = "the entries of a trace in the engine"

FLOORS = (
    Question(_NOTHING, lambda asked: asked.store.connection.query("SELECT 1").rows),
    Question(_SUMS, lambda asked: _rows(asked.store, "floor_by_day_and_team")),
    Question(
        _ENTRIES, lambda asked: _rows(asked.store, "floor_of_a_trace", trace_id=asked.trace_id)
    ),
)
QUESTIONS = (
    *(
        Question(f"by day and {name}", _by(name, pays="caller"), _PANEL, _NOTHING)
        for name in ("team", "workflow", "model", "environment", "meter")
    ),
    Question(
        "by day and team, another time zone", _by("team", zone="Asia/Tokyo"), _WAITED_FOR, _SUMS
    ),
    *(
        Question(f"by day and {name}", _by(name), _WAITED_FOR, _SUMS)
        for name in ("customer_id", "agent", "operation", "release")
    ),
    *(
        Question(f"by day and {name}", _by(name), _OF_MANY_VALUES, _SUMS)
        for name in ("user_id", "session_id", "run")
    ),
    *(
        Question(f"{span} by workflow, {pays} pays", _within(hours, pays), _A_DAY, _NOTHING)
        for pays in ("caller", "owner")
        for span, hours in (("a day", 24), ("half a day", 12))
    ),
    Question(
        "the tree of a trace",
        lambda asked: trace_tree(asked.store, asked.trace_id),
        _A_TREE,
        _ENTRIES,
    ),
)
