"""What a command asks for, as JSON has it -> an order."""

from __future__ import annotations

from typing import Any

from otel_costing.jobs.work import JobRefused
from otel_costing_collector.jobs.record import Order, Part

_NAMES = frozenset({"kind", "database", "arguments", "parts"})
_LONGEST_TEXT = 4096


def order_of(document: Any, database: str) -> Order:
    """Read `{"kind", "database", "arguments": {}, "parts": [{"role", "name", "version"}]}`; the last three may be left out.

    Args:
        document: any JSON.
        database: where the ledger is, if nothing else is said.

    Raises:
        JobRefused: it is something else.
    """
    if not isinstance(document, dict) or not document.keys() <= _NAMES:
        raise JobRefused(f"a job is an object of {', '.join(sorted(_NAMES))}")
    arguments = document.get("arguments", {})
    if not isinstance(arguments, dict):
        raise JobRefused("arguments is an object")
    parts = document.get("parts", [])
    if not isinstance(parts, list):
        raise JobRefused("parts is a list")
    return Order(
        _text(document, "kind"),
        _text({"database": database, **document}, "database"),
        arguments,
        tuple(_part(part) for part in parts),
    )


def _part(part: Any) -> Part:
    if not isinstance(part, dict) or part.keys() != set(Part._fields):
        raise JobRefused(f"a part is an object of {', '.join(Part._fields)}")
    return Part(*(_text(part, name) for name in Part._fields))


def _text(document: dict[str, Any], name: str) -> str:
    value = document.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_TEXT:
        raise JobRefused(f"{name} is a text of 1 to {_LONGEST_TEXT} characters")
    return value
