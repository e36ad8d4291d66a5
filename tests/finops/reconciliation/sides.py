"""The two sides of a reconciliation, written by hand and drawn."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import strategies as st

from otel_costing.entry import digest
from otel_costing.finops.invoices.amounts import DAY_NS
from otel_costing.finops.invoices.line import InvoiceLine, Kind
from otel_costing.finops.reconciliation.matching import Booked

DAY = 20_000 * DAY_NS


def line(
    usd: str | Decimal | int,
    model: str = "m",
    meter: str = "input",
    *,
    quantity: int | None = None,
    day: int = 0,
    days: int = 1,
    kind: Kind = Kind.USAGE,
    item: str | None = None,
    account: str = "",
    key: str = "",
    provider: str = "acme",
    document: str = "d" * 32,
) -> InvoiceLine:
    """Return what is billed for a day, the first if nothing else is said."""
    billed_as = f"{model} {meter}".strip() if item is None else item
    start_ns = DAY + day * DAY_NS
    return InvoiceLine(
        document=document,
        key=digest(key or f"{provider} {billed_as} {account} {kind} {day} {days}"),
        place="invoice.csv:2",
        provider=provider,
        account=account,
        start_ns=start_ns,
        end_ns=start_ns + days * DAY_NS,
        model=model,
        billed_as=billed_as,
        meter=meter,
        quantity=None if quantity is None else Decimal(quantity),
        amount_usd=Decimal(usd),
        kind=kind,
        description="",
    )


def booked(
    usd: str | Decimal | int,
    model: str = "m",
    meter: str = "input",
    *,
    quantity: int = 0,
    unpriced: int = 0,
    day: int = 0,
    provider: str = "acme",
) -> Booked:
    """Return what calls of a day come to."""
    return Booked(
        provider,
        DAY + day * DAY_NS,
        model,
        meter,
        Decimal(quantity),
        Decimal(usd),
        Decimal(unpriced),
    )


def total_of(lines: list[InvoiceLine]) -> Decimal:
    """Return what lines bill together."""
    return sum((one.amount_usd for one in lines), Decimal(0))


AMOUNTS = st.decimals("-1e6", "1e6", places=14)
POSITIVE = st.decimals("0", "1e6", places=12)
LINES = st.lists(
    st.builds(
        line,
        AMOUNTS,
        st.sampled_from(["", "m", "n"]),
        st.sampled_from(["", "input", "output", "reasoning"]),
        quantity=st.none() | st.integers(0, 10**9),
        day=st.integers(0, 3),
        days=st.sampled_from([1, 1, 3]),
        kind=st.sampled_from([Kind.USAGE, Kind.USAGE, Kind.USAGE, *Kind]),
        item=st.sampled_from([None, "some service"]),
        provider=st.sampled_from(["acme", "acme", "other"]),
        key=st.integers(0, 10**9).map(str),
    ),
    max_size=12,
    unique_by=lambda one: one.key,
)
BOOKED = st.lists(
    st.builds(
        booked,
        POSITIVE,
        st.sampled_from(["m", "n", "o"]),
        st.sampled_from(["input", "output", "reasoning", "request"]),
        quantity=st.integers(0, 10**9),
        unpriced=st.integers(0, 10**6),
        day=st.integers(0, 4),
        provider=st.sampled_from(["acme", "acme", "third"]),
    ),
    max_size=12,
    unique_by=lambda one: (one.provider, one.day_ns, one.model, one.meter),
)
