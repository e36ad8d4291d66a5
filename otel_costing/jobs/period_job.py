"""A billing month is closed, or opened again.

Run again after it was cut short it finds that it was done, or does it from the beginning: a closing counts once its last
row is in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from otel_costing.clickhouse.periods import (
    Change,
    Period,
    PeriodRefused,
    close_period,
    period_of,
    reopen_period,
)
from otel_costing.clickhouse.store import Store
from otel_costing.jobs.arguments import is_text, only
from otel_costing.jobs.work import Content, JobRefused, Result, Steps
from otel_costing.money import SCALE

_MONTH = re.compile(r"20\d\d-(0[1-9]|1[0-2])", re.ASCII)
_TEXTS = ("period", "by", "reason")


def read(arguments: Mapping[str, Any]) -> Change:
    """Read `{"period": "2026-10", "by": "ann", "reason": "invoice received"}`.

    Raises:
        JobRefused: it is something else.
    """
    only(arguments, _TEXTS)
    month, by, reason = (arguments.get(name, "") for name in _TEXTS)
    if not (is_text(month) and is_text(by) and is_text(reason)):
        raise JobRefused(f"{', '.join(_TEXTS)} are texts in UTF-8")
    if not _MONTH.fullmatch(month):
        raise JobRefused(f"{month!r} is no month; write 2026-10")
    return Change(month, by, reason, 0)


def read_with_reason(arguments: Mapping[str, Any]) -> Change:
    """Do as `read`; nobody opens a closed month without saying why.

    Raises:
        JobRefused: as with `read`.
    """
    change = read(arguments)
    if not change.reason.strip():
        raise JobRefused("a closed month is opened again for a reason; say it")
    return change


def close(store: Store, arguments: Change, content: Content, began_ns: int) -> Steps:
    """Close a month."""
    del content
    try:
        yield from close_period(store, arguments._replace(asked_us=began_ns // 1_000))
    except PeriodRefused as refused:
        raise JobRefused(str(refused)) from None
    yield Result(document_of(period_of(store, arguments.billing_period)))


def reopen(store: Store, arguments: Change, content: Content, began_ns: int) -> Steps:
    """Open a closed month again."""
    del content
    try:
        reopen_period(store, arguments._replace(asked_us=began_ns // 1_000))
    except PeriodRefused as refused:
        raise JobRefused(str(refused)) from None
    yield Result(document_of(period_of(store, arguments.billing_period)))


def document_of(period: Period) -> dict[str, Any]:
    """Return how a month stands as JSON has it."""
    return {
        **period._asdict(),
        "total_usd": None if period.total_usd is None else f"{period.total_usd:.{SCALE}f}",
        "changed_at": _text(period.changed_at),
        "changed_by": period.changed_by or None,
        "reason": period.reason or None,
        "entries_until": _text(period.entries_until),
        "entries_digest": period.entries_digest or None,
        "roots_digest": period.roots_digest or None,
    }


def _text(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat()
