"""What one question may take, and what of that a client may tighten: pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from otel_costing_collector.sql_endpoint.policy import Policy
from otel_costing_collector.sql_endpoint.refusals import SqlRefused, bad_request


class Limits(NamedTuple):
    """Of one question."""

    seconds: float
    memory_bytes: int
    rows: int
    """In the answer."""
    result_bytes: int
    threads: int = 1

    def as_settings(self) -> dict[str, str]:
        """Return them as the engine's settings."""
        return {
            "max_execution_time": f"{self.seconds:g}",
            "max_memory_usage": str(self.memory_bytes),
            "max_result_rows": str(self.rows),
            "max_result_bytes": str(self.result_bytes),
            "max_threads": str(self.threads),
        }


def engine_settings(
    limits: Limits, given: Iterable[Mapping[str, str]], policy: Policy
) -> dict[str, str]:
    """Return what a handle is set to for one question.

    Args:
        limits: the collector's.
        given: the client's settings, by name; what stands later wins.
        policy: which of them are taken.

    Raises:
        SqlRefused: a setting is not taken from clients, or is no number where one is needed.
    """
    own = limits.as_settings()
    settings = dict(own)
    for name, value in (pair for one in given for pair in one.items()):
        if name in policy.ignored_settings:
            continue
        if name in policy.tightened_settings:
            settings[name] = _tighter(name, own[name], value)
        elif name in policy.settings:
            settings[name] = value
        else:
            raise SqlRefused(
                452, "SETTING_CONSTRAINT_VIOLATION", f"the setting {name} is not taken from clients"
            )
    return settings


def _tighter(name: str, own: str, given: str) -> str:
    try:
        wanted = float(given)
    except ValueError:
        raise bad_request(f"the setting {name} is a number, not {given!r}") from None
    # Not a number is neither above 0 nor below the limit.
    return f"{wanted:.15g}" if 0 < wanted < float(own) else own
