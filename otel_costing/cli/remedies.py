"""What to do about calls that have no price, by the reason why."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import NamedTuple

from otel_costing.cli.output import on_one_line

_OVERRIDES = (
    "then `otel-costing reprice --overrides YOURS.yaml --unpriced-only` (docs/overrides.md)"
)


class Remedy(NamedTuple):
    """What would mend it."""

    what: str
    command: str
    """To begin with; names that senders chose are quoted as a shell wants them."""


_WHAT: Mapping[str, str] = {
    "unknown_model": f"say in a file of yours what it is or costs, {_OVERRIDES}",
    "no_rate_at_time": f"give it a rate from an earlier day in a file of yours, {_OVERRIDES}",
    "no_rate_for_conditions": f"give its tier or region a rate in a file of yours, {_OVERRIDES}",
    "no_rate_for_meter": f"give its meter a price in a file of yours, {_OVERRIDES}",
    "no_usage": "have the instrumentation send usage; of streams, ask the provider for it",
    "contradictory_usage": "see by `otel-costing explain` which figures contradict one another",
    "invalid_usage": "see by `otel-costing explain` which figure is none",
}
_OF_RATES = frozenset(reason for reason, what in _WHAT.items() if _OVERRIDES in what)
_ELSE = "see by `otel-costing explain` what is known of them"


def remedy_of(reason: str, provider: str | None, model: str | None) -> Remedy:
    """Return what mends calls of one model that have no price for a reason."""
    what = _WHAT.get(_kind(reason), _ELSE)
    if model and (command := look_at_rates(reason, provider, model)):
        return Remedy(what, command)
    named = [("status_reason", reason), ("provider", provider or ""), ("model", model or "")]
    conditions = " ".join(f"--where {_quoted(f'{name}={value}')}" for name, value in named)
    return Remedy(what, f"otel-costing report --by service,trace_id {conditions}")


def look_at_rates(reason: str, provider: str | None, model: str) -> str | None:
    """Return what shows the rates of a model that has no price for a reason; None where it is not for want of a rate."""
    if _kind(reason) not in _OF_RATES:
        return None
    return f"otel-costing rates show {_quoted(f'{provider}/{model}' if provider else model)}"


def _kind(reason: str) -> str:
    return reason.partition(":")[0]


def _quoted(text: str) -> str:
    return shlex.quote(on_one_line(text))
