"""What a report is broken down by: the names, the columns they are read from, and how a zone names its times. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, available_timezones

PAYS = ("caller", "owner")
"""Caller pays: who stands at the root of the work. Owner pays: whose code ran. Both sum to the same."""
ATTRIBUTED = (
    "team",
    "project",
    "workflow",
    "workflow_run_id",
    "run",
    "feature",
    "customer_id",
    "user_id",
    "session_id",
    "environment",
    "purpose",
    "release",
    "agent",
    "tool",
)
"""Of who pays."""
ORIGIN = ("origin_team", "origin_workflow", "origin_workflow_run_id", "origin_feature")
"""Of who stands at the root of the work, whoever pays."""
STATED = (
    "service",
    "provider",
    "account",
    "model",
    "request_model",
    "operation",
    "service_tier",
    "region",
    "status",
    "status_reason",
    "trace_id",
)
"""Of the call itself."""
_OTHER_NAMES = {"account": "provider_account", "run": "workflow_run_id"}
_BY_ORIGIN = frozenset(name.removeprefix("origin_") for name in ORIGIN)


def _hour(at: datetime) -> str:
    """Name an hour with its offset: the night the clocks go back has one hour twice."""
    return f"{at:%Y-%m-%dT%H}:00:00{f'{at:%z}'[:3]}:{f'{at:%z}'[3:5]}".replace("+00:00", "Z")


_OF_TIME: Mapping[str, Callable[[datetime], str]] = {
    "hour": _hour,
    "day": lambda at: f"{at:%Y-%m-%d}",
    "week": lambda at: f"{at - timedelta(days=at.weekday()):%Y-%m-%d}",
    "month": lambda at: f"{at:%Y-%m}",
}
TIMES = tuple(_OF_TIME)
DIMENSIONS = (
    *ATTRIBUTED,
    *ORIGIN,
    *STATED,
    *TIMES,
    "billing_period",
    "meter",
    "origin_verified",
)
"""Everything a report can be broken down by in any ledger. A week is named by its Monday; `run` is `workflow_run_id`,
`account` is `provider_account`."""


def field_of(dimension: str) -> str:
    """Return what a dimension is called as a column or a field, where its name is a shorter one."""
    return _OTHER_NAMES.get(dimension, dimension)


def column_of(dimension: str, pays: str) -> str:
    """Return the column of the ledger that a dimension is read from: the caller's side is the origin."""
    field = field_of(dimension)
    return f"origin_{field}" if pays == "caller" and field in _BY_ORIGIN else field


def named_time(dimension: str, occurred_ns: int, zone: tzinfo = UTC) -> str:
    """Return the name that one of `TIMES` has in a time zone: `2026-10-25T02:00:00+01:00`, `2026-10-25`, `2026-10`."""
    return _OF_TIME[dimension](datetime.fromtimestamp(occurred_ns // 10**9, zone))


def zone_named(name: str) -> tzinfo:
    """Return a time zone of the IANA database.

    Raises:
        ValueError: there is none of this name.
    """
    if name == "UTC":
        return UTC
    # The machine's own zone is nobody else's: a ledger elsewhere does not know it.
    if name == "localtime" or name not in available_timezones():
        raise ValueError(
            f"there is no time zone {name!r}; write a name such as Europe/Berlin, or UTC"
        )
    return ZoneInfo(name)
