"""A person sets right who caused some calls.

Run again after it was cut short it finds what it has done, and does the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from otel_costing.attribution import clean
from otel_costing.clickhouse.attributing import Attributed, Chosen, attribute, refuse_assignment
from otel_costing.clickhouse.store import Store
from otel_costing.jobs.arguments import flag, instant, only, texts
from otel_costing.jobs.work import Content, JobRefused, Result, Steps
from otel_costing.progress import Progress


class Arguments(NamedTuple):
    """What to set, and on which calls."""

    fields: Mapping[str, str]
    chosen: Chosen


def read(arguments: Mapping[str, Any]) -> Arguments:
    """Read `{"set": ["team=search"], "call_ids": [], "where": ["service=checkout"], "since", "until", "quarantined"}`.

    Raises:
        JobRefused: it is something else.
    """
    only(arguments, ("set", "call_ids", "where", "since", "until", "quarantined"))
    chosen = Chosen(
        texts(arguments, "call_ids") or (),
        tuple(_pairs(arguments, "where")),
        instant(arguments, "since"),
        instant(arguments, "until"),
        flag(arguments, "quarantined"),
    )
    fields = {name: clean(value) for name, value in _pairs(arguments, "set")}
    try:
        refuse_assignment(fields, chosen)
    except ValueError as refused:
        raise JobRefused(str(refused)) from None
    return Arguments(fields, chosen)


def _pairs(arguments: Mapping[str, Any], name: str) -> list[tuple[str, str]]:
    pairs = [text.partition("=") for text in texts(arguments, name) or ()]
    if not all(equals for _, equals, _ in pairs):
        raise JobRefused(f"{name} is a list of NAME=VALUE, such as team=search")
    return [(key.strip(), value) for key, _, value in pairs]


def run(store: Store, arguments: Arguments, content: Content, began_ns: int) -> Steps:
    """Post what differs, and bring the rollups up to it."""
    del content
    done = Attributed(0, 0, 0)
    for done in attribute(store, arguments.fields, arguments.chosen, began_ns):
        yield Progress(done.calls, 0, "calls")
    store.rebuild_rollups()
    yield Result(done._asdict())
