"""Span attributes -> what a model call used: disjoint quantities per meter, or the reason why not."""

from __future__ import annotations

from collections.abc import ItemsView, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from otel_costing.carriers import fill
from otel_costing.counts import LARGEST_COUNT, count_of, shown
from otel_costing.dialects import (
    COUNTS,
    FREE_SPAN_NAMES,
    Carrier,
    Dialect,
    Layout,
    first_of,
    gather,
    layout_of,
)
from otel_costing.figures import ESTIMATED, Contradiction, disjoint
from otel_costing.identity import Identity, id_of, identity_of, identity_on, text_of
from otel_costing.reported import Reported as Reported  # noqa: PLC0414 - the explicit form of a re-export
from otel_costing.reported import reported_on
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

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Mapping) and self._quantities == dict(other.items())

    def __hash__(self) -> int:
        return hash(frozenset(self._quantities.items()))

    def __repr__(self) -> str:
        meters = ", ".join(f"{meter}={quantity!r}" for meter, quantity in self._quantities.items())
        return f"Usage({meters})"


class Unpriced(NamedTuple):
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


class NotBillable(NamedTuple):
    """A span that is no model call of its own: an agent, a tool, a failed call without usage, the rest."""

    reason: str
    aggregate: Call | None = None
    """What ran beneath the span as it sums it up, `operation` being the span's own; None where it carries no usage.
    It is to be charged only where no model call is known beneath the span."""


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


_NOTHING_USED = Unpriced("no_usage", "the span carries no quantity of any meter")
NOT_A_MODEL_CALL = NotBillable("no attribute of a model call")
FAILED_CALL = NotBillable("the call failed and carries no usage")
_NO_CALLS = frozenset(("none", "aggregate"))
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
        scope_version: its version, where sent; emitters changed what their figures include.
        name: the span's name.
        resource: the resource's attributes.
        failed: the span's status is ERROR; a failed call without usage is not billable.

    Returns:
        A `Call` whose `usage` is `Unpriced` where the figures are missing (`no_usage`), of a kind that no call
        has (`invalid_usage`) or contradict one another (`contradictory_usage`); or `NotBillable`, with the
        `aggregate` of a span that sums up what ran beneath it. Nothing is raised, whatever the span contains.
    """
    del resource  # part of the path's signature: a dialect may come to need it
    layout = layout_of(tuple(attributes))
    if not layout.has_signal:
        return NOT_A_MODEL_CALL
    if name in FREE_SPAN_NAMES:
        return NotBillable(f"{name} is free of charge")
    identity = identity_on(attributes, layout, scope_name, scope_version)
    if identity.operation in _NO_CALLS:
        return _no_call(attributes, identity, layout, failed=failed)
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
    carriers = identity.dialect.carriers
    return _with_documents(found, carriers, identity.dialect, layout, attributes, failed=failed)


def _no_call(
    attributes: Attributes, identity: Identity, layout: Layout, *, failed: bool
) -> NotBillable:
    """Read a span that is no model call, but may carry the sum of what ran beneath it."""
    bare = _without_sum(identity.said)
    if identity.operation == "none" or not layout.has_aggregate:
        return bare
    found = first_of((*layout.texts, *layout.others, *layout.aggregates), attributes)
    carriers = [carrier for carrier in identity.dialect.carriers if not carrier.holds_content]
    call = _with_documents(found, carriers, identity.dialect, layout, attributes, failed=failed)
    if isinstance(call, NotBillable) or call.usage == _NOTHING_USED:
        return bare
    return NotBillable(bare.reason, call._replace(operation=identity.said))


@lru_cache(maxsize=256)
def _without_sum(operation: str) -> NotBillable:
    return NotBillable(f"{operation} spans are no model calls of their own")


def _with_documents(
    found: dict[str, Any],
    carriers: Iterable[Carrier],
    dialect: Dialect,
    layout: Layout,
    attributes: Attributes,
    *,
    failed: bool,
) -> Call | NotBillable:
    is_disjoint = False
    for carrier in carriers:
        is_disjoint |= fill(found, carrier, attributes)
        if "reported" in found:
            found.setdefault("reported_by", carrier.attribute)
    return _call(
        identity_of(found, dialect),
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
        count = value if type(value) is int and 0 <= value <= LARGEST_COUNT else count_of(value)
        if count is None:
            why = f"{field} is {shown(value)}, not a whole number of at least 0"
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
    if isinstance(usage, Unpriced):
        if usage.reason == "no_usage" and (failed or "error" in found):
            return FAILED_CALL
        if usage.reason == "no_usage" and _stands_elsewhere(dialect, attributes):
            return NotBillable("its usage stands on a record of its own")
    elif dialect.estimated_if and dialect.estimated_if.fits(attributes):
        assumptions = (*assumptions, ESTIMATED)
    return Call(
        provider,
        model,
        request_model,
        operation or said,
        usage,
        tier,
        "",
        id_of(found.get("response_id")),
        dialect.name,
        assumptions + assumed,
        reported_on(layout.reported, attributes, found),
        text_of(found.get("error")),
    )


def _stands_elsewhere(dialect: Dialect, attributes: Attributes) -> bool:
    return any(attributes.get(name) == value for name, value in dialect.not_billable_without_usage)


def _usage(
    figures: dict[str, int] | Unpriced, dialect: Dialect, *, is_disjoint: bool
) -> tuple[Usage | Unpriced, tuple[str, ...]]:
    if isinstance(figures, Unpriced):
        return figures, ()
    if not any(figures.values()):
        return _NOTHING_USED, ()
    split = disjoint(
        figures,
        input_mode="disjoint" if is_disjoint else dialect.input,
        output_mode=dialect.output,
    )
    if isinstance(split, Contradiction):
        return Unpriced("contradictory_usage", split.why), ()
    if not split.quantities:
        return Unpriced("no_usage", "the span carries a total alone"), ()
    return Usage(split.quantities), split.assumptions
