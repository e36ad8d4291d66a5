"""What somebody else said a call cost: recorded beside our figure, never added to it.

Sources: the attributes that LiteLLM, OpenLIT, pydantic-ai, logfire, Langfuse, OpenInference and Sentry write, and the
names proposed to the semantic conventions (semantic-conventions-genai#443); `reported` in `dialects.yaml` lists them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from decimal import Context, Decimal, InvalidOperation
from functools import reduce
from typing import Any, NamedTuple

from otel_costing.dialects import CostRule
from otel_costing.spans import Attributes

_LARGEST_DOCUMENT = 4096
_LONGEST_FIGURE = 40
_BELOW_USD = 10**12
_SMALLEST_USD = Decimal("1e-12")
# An application may have set a context of its own. What others say may not be exact; it must not raise.
_ADDING = Context(prec=60, traps=[])


class Reported(NamedTuple):
    """What somebody else said the call cost. Recorded beside our figure, never added to it."""

    usd: Decimal
    by: str
    """The attribute that said so; of a sum, its parts joined by `+`."""


def reported_on(
    rules: Iterable[CostRule], attributes: Attributes, found: Mapping[str, Any]
) -> Reported | None:
    """Return the first figure in USD that the rules come to, None where none does: 0 is unknown.

    Args:
        rules: those that may come to a figure, best first.
        attributes: of the span.
        found: what was found in documents: `reported`, in the attribute `reported_by`; the last resort.
    """
    for rule in rules:
        reported = _by(rule, attributes)
        if reported is not None:
            return reported
    return reported_as(found["reported"], found["reported_by"]) if "reported" in found else None


def reported_as(value: object, by: str) -> Reported | None:
    """Return a figure in USD that somebody wrote as number or text, None where it is none, unknown or beyond belief."""
    usd = _figure(value)
    return None if usd is None else _believable(usd, by)


def _by(rule: CostRule, attributes: Attributes) -> Reported | None:
    if rule.currency and not _is_usd(attributes.get(rule.currency)):
        return None
    if rule.is_document:
        return _of_document(attributes[rule.names[0]], rule.names[0])
    figures = {name: _figure(attributes.get(name)) for name in rule.names}
    known = {name: figure for name, figure in figures.items() if figure is not None}
    if rule.names[0] not in known:
        return None
    return _believable(_ADDING.divide(_sum(known.values()), rule.per_usd), "+".join(known))


def _is_usd(currency: object) -> bool:
    return currency is None or (isinstance(currency, str) and currency.upper() == "USD")


def _of_document(text: object, name: str) -> Reported | None:
    if not isinstance(text, str) or len(text) > _LARGEST_DOCUMENT:
        return None
    try:
        document = json.loads(text, parse_float=str)
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, dict):
        return None
    if "total" in document:
        return reported_as(document["total"], name)
    parts = (_figure(part) for part in document.values())
    return _believable(_sum(part for part in parts if part is not None), name)


def _sum(figures: Iterable[Decimal]) -> Decimal:
    return reduce(_ADDING.add, figures, Decimal(0))


def _figure(value: object) -> Decimal | None:
    """Return a figure as it was written, None for what is none or is beyond belief."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, str) and len(value) > _LONGEST_FIGURE:
        return None
    if isinstance(value, int) and abs(value) > _BELOW_USD * 10**6:
        return None
    try:
        figure = Decimal(str(value))
    except InvalidOperation:
        return None
    return figure if figure.is_finite() and 0 <= figure < _BELOW_USD * 10**6 else None


def _believable(usd: Decimal, by: str) -> Reported | None:
    return Reported(usd, by) if _SMALLEST_USD <= usd < _BELOW_USD else None
