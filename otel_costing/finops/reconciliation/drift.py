"""How far what was billed is from what was booked, and whether that is near enough. Pure.

Drift is what nobody can account for by name: fees, credits, taxes, what the provider adjusted and what it will bill
later are differences and no drift, and what was posted for usage is settled.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping
from decimal import Decimal
from typing import NamedTuple, TypeVar

from otel_costing.finops.exact import EXACT, ZERO, total
from otel_costing.finops.invoices.line import Kind
from otel_costing.finops.reconciliation.explaining import Cause, Explained

_APART = frozenset(
    (Cause.FEE, Cause.CREDIT, Cause.TAX, Cause.ADJUSTED, Cause.OTHER, Cause.NOT_BILLED_YET)
)
_HUNDREDTH = Decimal("0.01")
_HUNDRED = Decimal(100)
_Key = TypeVar("_Key", bound=Hashable)


class Stated(NamedTuple):
    """A match with its causes, and what stands in the ledger of earlier postings of its lines."""

    explained: Explained
    posted_usd: Decimal

    @property
    def drift_usd(self) -> Decimal:
        """What is left to account for."""
        causes = self.explained.causes
        left = total(usd for cause, usd in causes.items() if cause not in _APART)
        is_usage = self.explained.match.scope.kind is Kind.USAGE
        return EXACT.subtract(left, self.posted_usd) if is_usage else left


class Sum(NamedTuple):
    """Some matches together. Exact USD."""

    billed_usd: Decimal
    booked_usd: Decimal
    difference_usd: Decimal
    posted_usd: Decimal
    drift_usd: Decimal
    usage_usd: Decimal
    """Of `billed_usd`, what is billed for usage."""
    causes: Mapping[Cause, Decimal]

    @property
    def drift_percent(self) -> Decimal | None:
        """Drift in hundredths of what is billed for usage; None where nothing is."""
        if self.usage_usd <= 0:
            return None
        percent = EXACT.divide(EXACT.multiply(self.drift_usd, _HUNDRED), self.usage_usd)
        return percent.quantize(_HUNDREDTH, context=EXACT)


class Tolerance(NamedTuple):
    """How much drift is near enough: a share of what is billed for usage, or US dollars."""

    amount: Decimal
    is_percent: bool

    def admits(self, one: Sum) -> bool:
        """Tell whether the drift of a sum is near enough."""
        most = self.amount
        if self.is_percent:
            most = EXACT.divide(EXACT.multiply(max(one.usage_usd, ZERO), most), _HUNDRED)
        return abs(one.drift_usd) <= most


def summed(some: Iterable[Stated]) -> Sum:
    """Add up."""
    known = list(some)
    matches = [one.explained.match for one in known]
    usage = (match for match in matches if match.scope.kind is Kind.USAGE)
    causes: dict[Cause, Decimal] = {}
    for cause, usd in (pair for one in known for pair in one.explained.causes.items()):
        causes[cause] = EXACT.add(causes.get(cause, ZERO), usd)
    return Sum(
        total(match.billed_usd for match in matches),
        total(match.booked_usd for match in matches),
        total(match.difference_usd for match in matches),
        total(one.posted_usd for one in known),
        total(one.drift_usd for one in known),
        total(match.billed_usd for match in usage),
        causes,
    )


def summed_by(some: Iterable[Stated], key_of: Callable[[Stated], _Key]) -> dict[_Key, Sum]:
    """Add up by a key, in the order in which the keys come."""
    groups: dict[_Key, list[Stated]] = defaultdict(list)
    for one in some:
        groups[key_of(one)].append(one)
    return {key: summed(group) for key, group in groups.items()}


def tolerance_of(text: str) -> Tolerance:
    """Read `0.5%` or, in US dollars, `10`.

    Raises:
        ValueError: it is neither.
    """
    number = text.strip().removesuffix("%")
    try:
        amount = Decimal(number)
    except ArithmeticError:
        amount = Decimal(-1)
    if not amount.is_finite() or amount < 0:
        raise ValueError(f"{text!r} is no tolerance; write 0.5% or, in US dollars, 10.00")
    return Tolerance(amount, text.strip().endswith("%"))
