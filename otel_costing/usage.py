"""Span attributes -> what a model call used: disjoint quantities per meter, or the reason why not."""

from __future__ import annotations

from collections.abc import ItemsView, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from otel_costing.carriers import fill
from otel_costing.dialects import (
    FREE_SPAN_NAMES,
    OPERATIONS,
    REPORTED,
    SIGNALS,
    Dialect,
    dialect_of,
    gather,
    provider_of,
)
from otel_costing.figures import Contradiction, disjoint
from otel_costing.spans import Attributes


class Usage(Mapping[str, int]):
    """Quantities of one call by meter, disjoint from one another; a meter of zero is absent.

    ``Usage(input=700, cache_read=300, output=150, reasoning=50)`` is a prompt of 1,000 tokens, 300 of
    them read from the cache, and a completion of 200 tokens, 50 of them reasoning. Meters and their
    units stand in `meters.yaml`. Values are kept as given: what they are worth is judged by `price`.
    """

    __slots__ = ("_quantities",)

    def __init__(self, quantities: Mapping[str, int] | None = None, /, **meters: int) -> None:
        given = {**quantities, **meters} if quantities else meters
        self._quantities = {meter: quantity for meter, quantity in given.items() if quantity != 0}

    def __getitem__(self, meter: str) -> int:
        return self._quantities[meter]

    def __iter__(self) -> Iterator[str]:
        return iter(self._quantities)

    def __len__(self) -> int:
        return len(self._quantities)

    def items(self) -> ItemsView[str, int]:
        """Return the quantities by meter; the dictionary's own view, as this is on the path of every call."""
        return self._quantities.items()

    def __hash__(self) -> int:
        return hash(frozenset(self._quantities.items()))

    def __repr__(self) -> str:
        meters = ", ".join(f"{meter}={quantity!r}" for meter, quantity in self._quantities.items())
        return f"Usage({meters})"


@dataclass(frozen=True, slots=True)
class Unpriced:
    """A call that cannot be priced, and why. It is counted and shown; it is never 0 USD."""

    reason: str
    """One of `REASONS`."""
    detail: str = ""
    """What a person would need to know to mend it."""


REASONS = (
    "no_usage",
    "unknown_model",
    "no_rate_at_time",
    "no_rate_for_conditions",
    "no_rate_for_meter",
    "contradictory_usage",
    "invalid_usage",
)


@dataclass(frozen=True, slots=True)
class NotBillable:
    """A span that is no model call of its own: an agent, a tool, a failed call without usage, the rest."""

    reason: str


class Reported(NamedTuple):
    """What somebody else said the call cost. Recorded beside our figure, never added to it."""

    usd: Decimal
    by: str
    """The attribute that said so."""


class Call(NamedTuple):
    """One model call as read from a span."""

    provider: str
    """Canonical name (`openai`, `aws.bedrock`, ...); empty where nothing tells."""
    model: str
    """As the provider answered, else as requested."""
    request_model: str
    operation: str
    usage: Usage | Unpriced
    tier: str = "standard"
    region: str = ""
    response_id: str = ""
    dialect: str = ""
    """The rule of `dialects.yaml` that read the span."""
    assumptions: tuple[str, ...] = ()
    reported: Reported | None = None
    error_type: str = ""


NOT_A_MODEL_CALL = NotBillable("no attribute of a model call")
FAILED_CALL = NotBillable("the call failed and carries no usage")
_TEXT_LIMIT = 256
_REPORTED = frozenset(REPORTED)
_COUNTS = frozenset(
    (
        "input",
        "output",
        "total",
        "cache_read",
        "cache_write",
        "cache_write_5m",
        "cache_write_1h",
        "reasoning",
        "input_audio",
        "input_image",
        "output_audio",
        "output_image",
        "cache_read_audio",
        "cache_read_image",
        "web_search",
    )
)


def read_call(
    attributes: Attributes,
    *,
    scope_name: str,
    scope_version: str = "",
    name: str = "",
    resource: Attributes | None = None,
    failed: bool = False,
) -> Call | NotBillable:
    """Read one span: a model call with its usage, or why it is none.

    Args:
        attributes: the span's attributes; a `dict` is read fastest.
        scope_name: the instrumentation scope; it decides the dialect.
        scope_version: its version, where sent.
        name: the span's name.
        resource: the resource's attributes.
        failed: the span's status is ERROR; a failed call without usage is not billable.

    Returns:
        A `Call` whose `usage` is `Unpriced` where the figures are missing (`no_usage`), of a kind that no call
        has (`invalid_usage`) or contradict one another (`contradictory_usage`). Nothing is raised, whatever the
        span contains.
    """
    del scope_version, resource  # part of the path's signature: a dialect may come to need them
    if SIGNALS.isdisjoint(attributes):
        return NOT_A_MODEL_CALL
    found = gather(attributes)
    operation = _operation(found, name)
    if isinstance(operation, NotBillable):
        return operation
    dialect = dialect_of(scope_name)
    disjoint_carrier = False
    for carrier in dialect.carriers:
        disjoint_carrier |= fill(found, carrier, attributes)
    usage, assumptions = _usage(found, dialect, disjoint_carrier=disjoint_carrier)
    if isinstance(usage, Unpriced) and usage.reason == "no_usage":
        if failed or "error" in found:
            return FAILED_CALL
        if any(
            attributes.get(marker) == value for marker, value in dialect.not_billable_without_usage
        ):
            return NotBillable("its usage stands on a record of its own")
    return _call(found, operation, usage, dialect.name, assumptions, attributes)


def _operation(found: Mapping[str, Any], name: str) -> str | NotBillable:
    """Return the canonical operation of a model call. An operation nobody knows is one if it carries usage."""
    if name in FREE_SPAN_NAMES:
        return NotBillable(f"{name} is free of charge")
    said = _text(found.get("operation"))
    known = OPERATIONS.get(said)
    if known == "none":
        return NotBillable(f"{said} spans repeat or wrap the calls beneath them")
    if known is not None:
        return known
    has_usage = "input" in found or "output" in found
    if has_usage and ("request_model" in found or "response_model" in found):
        return said
    return NotBillable(f"operation {said!r} is not known as a model call and carries no usage")


def _usage(
    found: Mapping[str, Any], dialect: Dialect, *, disjoint_carrier: bool
) -> tuple[Usage | Unpriced, tuple[str, ...]]:
    figures: dict[str, int] = {}
    for field, value in found.items():
        if field in _COUNTS:
            count = value if type(value) is int and value >= 0 else _count(value)
            if count is None:
                why = f"{field} is {_shown(value)}, not a whole number of at least 0"
                return Unpriced("invalid_usage", why), ()
            figures[field] = count
    if not any(figures.values()):
        return Unpriced("no_usage", "the span carries no quantity of any meter"), ()
    split = disjoint(
        figures,
        input_mode="exclusive" if disjoint_carrier else dialect.input,
        output_mode="exclusive" if disjoint_carrier else dialect.output,
    )
    if isinstance(split, Contradiction):
        return Unpriced("contradictory_usage", split.why), ()
    return Usage(split.quantities), split.assumptions


def _count(value: object) -> int | None:
    """Return a count that arrived as a float without fraction or as digits; None for anything else."""
    if isinstance(value, float):
        return int(value) if 0 <= value <= 2**53 and value.is_integer() else None
    if isinstance(value, str) and len(value) <= 20 and value.isascii() and value.isdigit():
        return int(value)
    return None


def _shown(value: object) -> str:
    if isinstance(value, int) and abs(value) > 10**18:
        return "a number of over 18 digits"
    if isinstance(value, int | float | str):
        return repr(value)[:40]
    return f"a {type(value).__name__}"


def _text(value: object) -> str:
    return value[:_TEXT_LIMIT] if isinstance(value, str) else ""


def _call(
    found: Mapping[str, Any],
    operation: str,
    usage: Usage | Unpriced,
    dialect: str,
    assumptions: tuple[str, ...],
    attributes: Attributes,
) -> Call:
    request_model = _text(found.get("request_model"))
    model = _text(found.get("response_model")) or request_model
    tier, assumed_tier = _tier(_text(found.get("tier")) or _text(found.get("request_tier")))
    return Call(
        provider_of(_text(found.get("provider")), _text(found.get("host")), model),
        model,
        request_model,
        operation,
        usage,
        tier,
        "",
        _text(found.get("response_id")),
        dialect,
        (*assumptions, "assumed_tier") if assumed_tier else assumptions,
        _reported(found, attributes),
        _text(found.get("error")),
    )


def _tier(said: str) -> tuple[str, bool]:
    """Return the service tier as said, and whether `auto` left it to the provider and the answer does not say."""
    if not said:
        return "standard", False
    return ("standard", True) if said.lower() == "auto" else (said.lower(), False)


def _reported(found: Mapping[str, Any], attributes: Attributes) -> Reported | None:
    if not _REPORTED.isdisjoint(attributes):
        for name in REPORTED:
            usd = _reported_usd(attributes.get(name))
            if usd is not None:
                return Reported(usd, name)
    usd = _reported_usd(found["reported"]) if "reported" in found else None
    return None if usd is None else Reported(usd, "document")


def _reported_usd(value: object) -> Decimal | None:
    """Return a figure as it was written; 0 is how emitters spell that they do not know."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if (isinstance(value, str) and len(value) > 40) or (
        isinstance(value, int) and abs(value) > 10**12
    ):
        return None
    try:
        usd = Decimal(str(value))
    except InvalidOperation:
        return None
    return usd if usd.is_finite() and 0 < usd < 10**12 else None
