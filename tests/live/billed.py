"""What the stand-in bills for the requests of a scenario: the truth that every reading is compared with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

Quantities = Mapping[str, int]
"""Tokens by disjoint meter; none is 0."""

ROUNDS_TOGETHER = 3
"""How many calls a scenario makes side by side."""
SIDE_BY_SIDE = {"parallel", "twins"}
_EQUAL = {"twins"}
_PLAIN = {"input": 120, "output": 30}
_EMBEDDED = {"input": 77}


class Billed(NamedTuple):
    """One answer that a provider would bill."""

    provider: str
    model: str
    quantities: Quantities
    response_id: str


class Answer(NamedTuple):
    """What a provider sends back."""

    body: bytes
    content_type: str = "application/json"
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()


def quantities_of(scenario: str, nth: int, rich: Quantities) -> Quantities:
    """Return what the nth answer of a scenario bills; no two of one scenario are equal, but in `twins`.

    Args:
        scenario: `plain` bills input and output only, `embeddings` input only.
        nth: from 0.
        rich: every meter that this provider's answers tell of.
    """
    base = {"plain": _PLAIN, "embeddings": _EMBEDDED}.get(scenario, rich)
    if scenario in _EQUAL:
        return dict(base)
    return {meter: quantity + nth for meter, quantity in base.items()}
