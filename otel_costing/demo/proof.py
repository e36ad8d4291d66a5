"""What must hold of the demo's ledger: every answer of a provider is one call of it, and its cost the same from all sides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from otel_costing.demo.served import Served

_REFUSED = 429


def miscounted(served: Sequence[Served], calls_by_response: Mapping[str, int]) -> Iterator[str]:
    """Yield in what the ledger's calls differ from the answers that the providers gave; nothing where they agree.

    Args:
        served: what the providers answered.
        calls_by_response: how many calls the ledger has by the id of their response; empty for those without one.
    """
    answered = [answer.response_id for answer in served if answer.status != _REFUSED]
    booked = sum(calls_by_response.values())
    if booked != len(answered):
        yield f"{len(answered)} answers were served, and {booked} calls are booked"
    for response_id in filter(None, answered):
        calls = calls_by_response.get(response_id, 0)
        if calls != 1:
            yield f"the answer {response_id} is {calls} calls"


def different(sides: Mapping[str, Decimal | None]) -> str:
    """Return which side says what, where they do not all say the same; empty where they do. None is unknown."""
    if len(set(sides.values())) <= 1:
        return ""
    return ", ".join(f"{side}: {usd}" for side, usd in sides.items())
