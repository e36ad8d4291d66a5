"""Outcomes as they lie in a spool: JSON, each field under its name. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from otel_costing.attribution import Attribution
from otel_costing.decoded import Undecodable
from otel_costing.outcomes import Outcome


def encoded(outcomes: Iterable[Outcome]) -> bytes:
    """Return outcomes as text, amounts among them."""
    return json.dumps([_document(one) for one in outcomes], separators=(",", ":")).encode()


def _document(outcome: Outcome) -> dict[str, Any]:
    value = outcome.value_usd
    return {
        **outcome._asdict(),
        "value_usd": None if value is None else f"{value:f}",
        "attribution": outcome.attribution._asdict(),
    }


def decoded(body: bytes) -> list[Outcome]:
    """Read what `encoded` has written.

    Raises:
        Undecodable: it is something else, for example of a newer version.
    """
    try:
        return [_outcome(document) for document in json.loads(body)]
    except (ArithmeticError, KeyError, TypeError, ValueError) as error:
        raise Undecodable(f"these are no outcomes of this version: {error}") from None


def _outcome(document: Mapping[str, Any]) -> Outcome:
    value = document["value_usd"]
    return Outcome(
        **{
            **document,
            "value_usd": None if value is None else Decimal(value),
            "attribution": Attribution(**document["attribution"]),
        }
    )
