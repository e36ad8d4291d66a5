"""One row of the ledger as a value: what it holds, how it is identified, what it states. Pure.

Identity (docs/adr/0003): `call_id` says which call, `entry_id` which posting of it; neither knows a rate,
an amount, an owner or a time. `content_digest` says what the entry states, so that a copy is told from a
contradiction.

Digests are SHA-256 over the fields, each as its UTF-8 bytes preceded by their number in eight big-endian
bytes, cut to the first 128 bits, in hex.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Context, Decimal
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple

from otel_costing.attribution import Attribution

_PICO_STEP = Decimal("1e-12")
_WIDE = Context(prec=60)
_MINUS = Decimal(-1)
# What the constructor of a `NamedTuple` calls, at half its time.
_new = tuple.__new__
_SHORT = tuple("\0" * 7 + chr(length) for length in range(128))
"""What precedes a field of so many characters; no other length is one byte in UTF-8."""
_BEFORE_TRACE_ID, _BEFORE_SPAN_ID = f"{_SHORT[4]}span{_SHORT[32]}", _SHORT[16]
_BEFORE_CALL_ID, _OF_FIRST_CHARGE = _SHORT[32], f"{_SHORT[6]}charge{_SHORT[1]}0"


class Item(NamedTuple):
    """One line of an entry. Unpriced lines have a quantity and no amounts."""

    meter: str
    quantity: int
    unit: str
    list_unit_price: Decimal | None
    unit_price: Decimal | None
    per: int
    list_amount_usd: Decimal | None
    amount_usd: Decimal | None


class LedgerEntry(NamedTuple):
    """One row of the ledger, before it is booked. Times in nanoseconds since 1970 UTC, money exact USD."""

    entry_id: str
    call_id: str
    kind: str
    """`charge`, `reversal` or `adjustment`."""
    revision: int
    sign: int
    """+1 charge, -1 reversal, 0 adjustment."""
    cause: str
    """Why it was posted: `first`, `aggregate` (no model-call span stands beneath an agent's), or the correction."""
    content_digest: str
    occurred_ns: int
    started_ns: int
    """The start and the end as the span itself has them, believed or not, or 1970 where a column could not hold
    them: the same in every copy of an id, so that the day of the end may be part of a sort key where `occurred_ns`
    may not."""
    ended_ns: int
    received_ns: int
    trace_id: str
    span_id: str
    parent_span_id: str
    response_id: str
    provider: str
    model: str
    request_model: str
    response_model: str
    """The model that answered where it is not the one asked for, for example a dated snapshot."""
    operation: str
    service_tier: str
    region: str
    provider_account: str
    attribution: Attribution
    service: str
    scope: str
    """The instrumentation scope that told of the call."""
    status: str
    status_reason: str
    assumptions: tuple[str, ...]
    items: tuple[Item, ...]
    total_usd: Decimal | None
    """None if and only if `status` is `unpriced`."""
    rate_id: str
    rates_digest: str
    reported_usd: Decimal | None
    reported_by: str
    duration_ms: int
    error_type: str
    sender: str
    """Who sent the record, as the receiver has authenticated it; empty where it has not."""
    dialect: str
    source_document: str
    tags: tuple[tuple[str, str], ...]
    authenticated_team: str = ""
    """The team that the sender's token is bound to, or that a trusted gateway names; empty without either. Where it
    is known, the team of `attribution` is it."""
    promoted: tuple[tuple[str, str], ...] = ()
    """What its resource says by promoted attributes, see `promoted`: columns and values, by column."""


_DIGEST = LedgerEntry._fields.index("content_digest")


def digest(*fields: str) -> str:
    """Return 128 bits of SHA-256 in hex over `fields`; no two lists of fields read the same."""
    return sha256(_spelled(fields)).hexdigest()[:32]


def _spelled(fields: Iterable[str]) -> bytes:
    try:
        return "".join([_SHORT[len(field)] + field for field in fields]).encode("ascii")
    except (IndexError, UnicodeEncodeError):
        return b"".join(map(_measured, fields))


def _measured(field: str) -> bytes:
    encoded = field.encode("utf-8", "backslashreplace")
    return len(encoded).to_bytes(8) + encoded


def call_id_of_span(trace_id: str, span_id: str) -> str:
    """Return the identity of the call that a span tells of."""
    if len(trace_id) == 32 and len(span_id) == 16:
        # As `digest` would, in half the time: it is at every span.
        spelled = f"{_BEFORE_TRACE_ID}{trace_id}{_BEFORE_SPAN_ID}{span_id}"
        return sha256(spelled.encode()).hexdigest()[:32]
    return digest("span", trace_id, span_id)


def entry_id_of(call_id: str, kind: str, revision: int) -> str:
    """Return the identity of one posting of a call."""
    if revision == 0 and kind == "charge" and len(call_id) == 32 and call_id.isascii():
        # As `digest` would, in half the time: it is at every call.
        spelled = f"{_BEFORE_CALL_ID}{call_id}{_OF_FIRST_CHARGE}"
        return sha256(spelled.encode()).hexdigest()[:32]
    return digest(call_id, kind, str(revision))


def content_digest(entry: LedgerEntry) -> str:
    """Return the digest of what `entry` states: its money and where the money comes from.

    Left out are who caused it (personal identifiers), every time, `assumed_time` with them, and the book's
    digest: a new book with unchanged rates, or the same span received later, states the same.
    """
    if entry.kind == "reversal" and _says_zero(entry):
        entry = _with_signed_zeros(entry)
    assumptions = sorted(set(entry.assumptions) - {"assumed_time"}) if entry.assumptions else ()
    items = stated(entry.items)
    circumstances = _circumstances(
        entry.kind,
        entry.sign,
        entry.status,
        entry.status_reason,
        entry.provider,
        entry.model,
        entry.service_tier,
        entry.region,
        entry.rate_id,
        entry.dialect,
    )
    amounts = (
        _amount(entry.total_usd),
        str(len(assumptions)),
        *assumptions,
        str(len(items)),
        *items,
    )
    return sha256(circumstances + _spelled(amounts)).hexdigest()[:32]


@lru_cache(maxsize=4096)
def _circumstances(kind: str, sign: int, *others: str) -> bytes:
    """Spell what of an entry is the same for all calls of one place in a program."""
    return _spelled((kind, str(sign), *others))


def _says_zero(entry: LedgerEntry) -> bool:
    amounts = [amount for item in entry.items for amount in item[-2:]]
    return any(not one and one is not None for one in (entry.total_usd, *amounts))


def _with_signed_zeros(entry: LedgerEntry) -> LedgerEntry:
    """Return a reversal whose zeros are minus zero, as the first digests of reversals have them."""
    items = tuple(
        one._replace(
            list_amount_usd=_signed(one.list_amount_usd), amount_usd=_signed(one.amount_usd)
        )
        for one in entry.items
    )
    return entry._replace(items=items, total_usd=_signed(entry.total_usd))


def _signed(amount: Decimal | None) -> Decimal | None:
    return amount if amount or amount is None else amount.copy_sign(_MINUS)


def sealed(entry: LedgerEntry) -> LedgerEntry:
    """Return the entry with the digest of what it states."""
    fields = (*entry[:_DIGEST], content_digest(entry), *entry[_DIGEST + 1 :])
    with_digest: LedgerEntry = _new(LedgerEntry, fields)
    return with_digest


def stated(items: Iterable[Item]) -> list[str]:
    """Spell what lines state, by meter; equal lines alike in whatever order they come."""
    return sorted(map(_stated, items))


def _stated(item: Item) -> str:
    meter, quantity, unit, list_price, price, per, list_usd, usd = item
    terms = _terms(meter, unit, list_price, price, per)
    amount = _amount(usd)
    by_list = amount if list_usd is usd else _amount(list_usd)
    return f"{terms} {quantity} {by_list} {amount}"


@lru_cache(maxsize=4096)
def _terms(
    meter: str, unit: str, list_price: Decimal | None, price: Decimal | None, per: int
) -> str:
    """Spell what a line's rate says of it; rates are few, and come again."""
    return f"{meter} {unit} {_exact(list_price)} {_exact(price)} {per}"


def _amount(amount: Decimal | None) -> str:
    """Spell an amount, which has twelve decimals, wherever it was read from."""
    if amount is None:
        return "null"
    is_whole = amount.same_quantum(_PICO_STEP)
    return str(amount if is_whole else amount.quantize(_PICO_STEP, context=_WIDE))


def _exact(amount: Decimal | None) -> str:
    """Spell equal prices alike: 2.5 and 2.50 are one."""
    if amount is None:
        return "null"
    numerator, denominator = amount.as_integer_ratio()
    return f"{numerator}/{denominator}"
