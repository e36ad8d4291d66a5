"""Names that somebody wrote and no call is of: said on standard error, with those that they may have meant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from otel_costing.cli.output import console, on_one_line
from otel_costing.cli.report_rows import Question, report_totals

if TYPE_CHECKING:
    from otel_costing.clickhouse.store import Store

_NAMING_ONE = frozenset(
    (
        *("trace_id", "run", "workflow_run_id", "origin_workflow_run_id"),
        *("session_id", "user_id", "customer_id"),
    )
)
"""Of one piece of work or one person: to read them all for a likeness helps nobody, and shows others."""


def say_what_no_call_is_of(unmatched: Iterable[Mapping[str, Any]]) -> None:
    """Say which names no call is of, each with `of`, `name` and the `nearest` that calls are of."""
    for one in unmatched:
        _say(_said_of(one["of"], one["name"], one["nearest"]))


def say_why_nothing_matched(store: Store, asked: Question) -> None:
    """Say which conditions of a report without rows no call meets; or that none meets all of them."""
    if not asked.where:
        return
    unmet = list(_unmet(store, asked))
    for said in unmet or ["No call meets every --where at once."]:
        _say(said)


def _unmet(store: Store, asked: Question) -> Iterator[str]:
    for of, name in asked.where:
        if of in _NAMING_ONE:
            known = _known(store, of, asked._replace(where=[(of, name)]))
        else:
            known = _known(store, of, asked._replace(where=()))
        if name not in known:
            yield _said_of(of, name, _nearest(name, known))


def _known(store: Store, of: str, asked: Question) -> set[str]:
    """Return the values of a dimension, the empty one where some call has none."""
    totals = report_totals(store, (of,), asked, claims=False)
    return {total.values[0] or "" for total in totals}


def _nearest(name: str, known: set[str]) -> list[str]:
    from otel_costing.rate_book.names import closest

    return closest(name, sorted(known - {""}))


def _said_of(of: str, name: str, nearest: Iterable[str]) -> str:
    if not name:
        return f"No call is without a {of}."
    said = f"No call is of the {of} {on_one_line(name)}"
    meant = on_one_line(", ".join(nearest))
    return f"{said}; the nearest that calls are of: {meant}." if meant else f"{said}."


def _say(said: str) -> None:
    console(stderr=True).print(said, markup=False)
