"""A resource attribute is given a column of the ledger. Run again it changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from otel_costing.clickhouse.promotions import promote
from otel_costing.clickhouse.store import Store
from otel_costing.jobs.arguments import is_text, only
from otel_costing.jobs.work import Content, JobRefused, Result, Steps


class Arguments(NamedTuple):
    """What to promote, and what reports shall call it."""

    attribute: str
    name: str


def read(arguments: Mapping[str, Any]) -> Arguments:
    """Read `{"attribute": "k8s.namespace.name", "name": "namespace"}`.

    Raises:
        JobRefused: it is something else.
    """
    only(arguments, Arguments._fields)
    attribute, name = (arguments.get(field) for field in Arguments._fields)
    if not is_text(attribute) or not is_text(name):
        raise JobRefused("attribute and name are texts")
    return Arguments(attribute, name)


def run(store: Store, arguments: Arguments, content: Content, began_ns: int) -> Steps:
    """Promote it."""
    del content, began_ns
    try:
        promoted = promote(store.connection, arguments.attribute, arguments.name)
    except ValueError as refused:
        raise JobRefused(str(refused)) from None
    yield Result(promoted._asdict())
