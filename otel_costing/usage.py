"""Span attributes -> what a model call used: disjoint quantities per meter, or the reason why not."""

from __future__ import annotations

from collections.abc import ItemsView, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from otel_costing.carriers import fill
from otel_costing.dialects import (
    COUNTS,
    FREE_SPAN_NAMES,
    Dialect,
    Layout,
    first_of,
    gather,
    layout_of,
)
from otel_costing.figures import Contradiction, disjoint
from otel_costing.identity import Identity, identity_of, identity_on, text_of
from otel_costing.spans import Attributes


class Usage(Mapping[str, int]):
    """Quantities of one call by meter, disjoint from one another; a meter of zero is absent.

    ``Usage(input=700, cache_read=300, output=150, reasoning=50)`` is a prompt of 1,000 tokens, 300 of
    them read from the cache, and a completion of 200 tokens, 50 of them reasoning. Meters and their
    units stand in `meters.yaml`. Values are kept as given: what they are worth is judged by `price`.
    """

    __slots__ = ("_quantities",)

    def __init__(self, quantities: Mapping[str, int] | None = None, /, **meters: int) -> None:
        given = {**(quantities or {}), **meters}
        if 0 in given.values():
            given = {meter: quantity for meter, quantity in given.items() if quantity != 0}
        self._quantities = given

    def __getitem__(self, meter: str) -> int:
        return self._quantities[meter]

    def __iter__(self) -> Iterator[str]:
        return iter(self._quantities)

    def __len__(self) -> int:
        return len(self._quantities)

    def items(self) -> ItemsView[str, int]:
        """Return the quantities by meter; the dictionary's own view, as this is on the path of every call."""
        return self._quantities.items()

    def totals(self) -> tuple[int, int]:
        """Return the sums of all but output and reasoning, and of these two."""
        quantities = self._quantities
        output = quantities.get("output", 0) + quantities.get("reasoning", 0)
        return sum(quantities.values()) - output, output

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
_COUNTED = {"input", "output"}
_NAMED = {"request_model", "response_model"}


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
    layout = layout_of(tuple(attributes))
    if not layout.has_signal:
        return NOT_A_MODEL_CALL
    if name in FREE_SPAN_NAMES:
        return NotBillable(f"{name} is free of charge")
    identity = identity_on(attributes, layout, scope_name)
    if identity.operation == "none":
        return NotBillable(f"{identity.said} spans repeat or wrap the calls beneath them")
    if not identity.operation or (layout.has_document and identity.dialect.carriers):
        return _read_whole(attributes, identity, layout, failed=failed)
    others = first_of(layout.others, attributes)
    figures = _figures(layout.counts, attributes)
    return _call(identity, figures, others, layout, attributes, failed=failed)


def _read_whole(
    attributes: Attributes, identity: Identity, layout: Layout, *, failed: bool
) -> Call | NotBillable:
    """Read a span of an operation nobody knows, which is a model call if it carries usage, or with a document."""
    found = gather(attributes)
    if not identity.operation and not (_COUNTED & found.keys() and _NAMED & found.keys()):
        why = f"operation {identity.said!r} is not known as a model call and carries no usage"
        return NotBillable(why)
    is_disjoint = False
    for carrier in identity.dialect.carriers:
        is_disjoint |= fill(found, carrier, attributes)
    return _call(
        identity_of(found, identity.dialect),
        _figures([(field, field) for field in found if field in COUNTS], found),
        found,
        layout,
        attributes,
        failed=failed,
        is_disjoint=is_disjoint,
    )


def _figures(
    places: Iterable[tuple[str, str]], values: Mapping[str, Any]
) -> dict[str, int] | Unpriced:
    figures: dict[str, int] = {}
    for field, place in places:
        value = values[place]
        if field in figures or value is None or value == "":
            continue
        count = value if type(value) is int and value >= 0 else _count(value)
        if count is None:
            why = f"{field} is {_shown(value)}, not a whole number of at least 0"
            return Unpriced("invalid_usage", why)
        figures[field] = count
    return figures


def _call(
    identity: Identity,
    figures: dict[str, int] | Unpriced,
    found: Mapping[str, Any],
    layout: Layout,
    attributes: Attributes,
    *,
    failed: bool,
    is_disjoint: bool = False,
) -> Call | NotBillable:
    dialect, operation, said, provider, model, request_model, tier, assumed = identity
    usage, assumptions = _usage(figures, dialect, is_disjoint=is_disjoint)
    if isinstance(usage, Unpriced) and usage.reason == "no_usage":
        if failed or "error" in found:
            return FAILED_CALL
        if any(attributes.get(name) == value for name, value in dialect.not_billable_without_usage):
            return NotBillable("its usage stands on a record of its own")
    return Call(
        provider,
        model,
        request_model,
        operation or said,
        usage,
        tier,
        "",
        text_of(found.get("response_id")),
        dialect.name,
        assumptions + assumed,
        _reported(layout.reported, attributes, found.get("reported")),
        text_of(found.get("error")),
    )


def _usage(
    figures: dict[str, int] | Unpriced, dialect: Dialect, *, is_disjoint: bool
) -> tuple[Usage | Unpriced, tuple[str, ...]]:
    if isinstance(figures, Unpriced):
        return figures, ()
    if not any(figures.values()):
        return Unpriced("no_usage", "the span carries no quantity of any meter"), ()
    split = disjoint(
        figures,
        input_mode="exclusive" if is_disjoint else dialect.input,
        output_mode="exclusive" if is_disjoint else dialect.output,
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


def _reported(
    names: tuple[str, ...], attributes: Attributes, in_document: object
) -> Reported | None:
    for name in names:
        usd = _reported_usd(attributes[name])
        if usd is not None:
            return Reported(usd, name)
    usd = None if in_document is None else _reported_usd(in_document)
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
