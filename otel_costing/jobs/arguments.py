"""Arguments of a job as JSON gives them, checked."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, TypeGuard

from otel_costing.clickhouse.sql import is_utf8
from otel_costing.jobs.work import JobRefused


def only(arguments: Mapping[str, Any], names: Collection[str]) -> None:
    """Refuse names that mean nothing, which would otherwise be left out unsaid."""
    unknown = sorted(set(arguments) - set(names))
    if unknown:
        raise JobRefused(f"{', '.join(unknown)}: no such argument; there are {', '.join(names)}")


def flag(arguments: Mapping[str, Any], name: str) -> bool:
    """Return a yes or no; no where it is left out."""
    value = arguments.get(name, False)
    if not isinstance(value, bool):
        raise JobRefused(f"{name} is true or false")
    return value


def one_of(arguments: Mapping[str, Any], name: str, allowed: Collection[str]) -> str:
    """Return a text of a few."""
    value = arguments.get(name)
    if not isinstance(value, str) or value not in allowed:
        raise JobRefused(f"{name} is one of {', '.join(allowed)}")
    return value


def is_text(value: Any) -> TypeGuard[str]:
    """Tell whether the ledger can keep it as a text."""
    return isinstance(value, str) and is_utf8(value)


def texts(arguments: Mapping[str, Any], name: str) -> tuple[str, ...] | None:
    """Return a list of texts; None where it is left out."""
    value = arguments.get(name)
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise JobRefused(f"{name} is a list of texts")
    return tuple(value)


def instant(arguments: Mapping[str, Any], name: str) -> datetime | None:
    """Return an instant with its offset; None where it is left out."""
    value = arguments.get(name)
    if value is None:
        return None
    try:
        read = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise JobRefused(f"{name} is an instant such as 2026-10-01T12:00:00+00:00") from None
    if read.tzinfo is None:
        raise JobRefused(f"{name} has no offset from UTC")
    return read
