"""What one call cost: values only, light enough for the path of every call."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from otel_costing.meters import METERS
from otel_costing.money import UnitPrice, amount_pico, usd_of
from otel_costing.usage import Call, Unpriced


class LineItem(NamedTuple):
    """One meter of one call. A meter without a rate has a quantity and neither price nor amount."""

    meter: str
    quantity: int
    price: UnitPrice | None
    amount_pico: int | None
    list_price: UnitPrice | None
    """What the list says: the same object as `price` where no contract changed it, None where the list has none."""

    @property
    def unit(self) -> str:
        """What is counted: `token`, `request`, ..."""
        return METERS[self.meter].unit

    @property
    def unit_price_usd(self) -> Decimal | None:
        """USD for every `per` units, as the provider publishes it."""
        return None if self.price is None else self.price.usd

    @property
    def per(self) -> int | None:
        """How many units the unit price is for."""
        price = self.price or self.list_price
        return None if price is None else price.per

    @property
    def list_unit_price_usd(self) -> Decimal | None:
        """USD for every `per` units by the list, whatever a contract says."""
        return None if self.list_price is None else self.list_price.usd

    @property
    def list_amount_usd(self) -> Decimal | None:
        """Exact USD by the list, quantised as the amount is."""
        if self.list_price is self.price:
            return self.amount_usd
        price = self.list_price
        return None if price is None else usd_of(amount_pico(self.quantity, price))

    @property
    def amount_usd(self) -> Decimal | None:
        """Exact USD, twelve decimals."""
        return None if self.amount_pico is None else usd_of(self.amount_pico)


class Cost(NamedTuple):
    """What one call cost, and by which rate of which book."""

    provider: str
    """Canonical provider of the rate, which may be more exact than the name that was asked for."""
    model: str
    """The rate's model id."""
    lines: tuple[LineItem, ...]
    total_pico: int
    rate_id: str
    rates_digest: str
    status: str = "priced"
    """`priced`, or `partial` where a meter has no rate; then the total is of the priced items."""
    status_reason: str = ""
    assumptions: tuple[str, ...] = ()

    @property
    def total_usd(self) -> Decimal:
        """Exact USD, twelve decimals: the sum of the lines."""
        return usd_of(self.total_pico)


class PricedCall(NamedTuple):
    """A model call with its cost, or with the reason why it has none."""

    call: Call
    cost: Cost | Unpriced
    occurred_ns: int
    """The instant that counts as the call's: its end, or its receipt where the end cannot be believed."""
    assumptions: tuple[str, ...] = ()
