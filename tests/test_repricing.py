"""A call is priced anew as it would have been by the other book, at the instant it happened; nothing else of it changes."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import pytest

from otel_costing.batch import examine
from otel_costing.entry import Item, LedgerEntry
from otel_costing.ledger import restate, standing
from otel_costing.otlp import decode
from otel_costing.rates import RateBook, default_rates
from otel_costing.repricing import OF_THE_CALL, Kept, Repricer, Stands, usage_of
from otel_costing.spans import SpanRecord
from otel_costing.usage import Usage
from tests.calls import NOON, SECOND, record
from tests.conformance.truth import SPANS
from tests.rate_books import book_of, table
from tests.repriced_books import CORRECTED, NOTHING_YET, PRICED, WITHOUT_OUTPUT

DAY = 86_400 * SECOND
FEE = '  m:\n    rates:\n      - {from: null, prices: {input: "2", output: "8", request: "0.01"}}\n'
BY_START = """\
  m:
    rates:
      - {from: null, clock: start, prices: {input: "2", output: "8"}}
      - {from: 2026-11-22, clock: start, prices: {input: "3", output: "9"}}
"""
_BANDED = (
    '  m:\n    rates:\n      - {{from: null, prices: {{input: "2", output: "8"}}, context: {}}}\n'
)
BANDS = _BANDED.format('[{over: 400, prices: {input: "4", output: "16"}}]')
STEPS = _BANDED.format('[{over: 400, marginal: true, prices: {input: "4", output: "16"}}]')


@pytest.fixture
def book(tmp_path: Path) -> RateBook:
    """A book under which the call is priced."""
    return written(tmp_path, PRICED)


def written(directory: Path, text: str) -> RateBook:
    """Return the book of a table."""
    at = directory / f"book{len(list(directory.iterdir()))}"
    at.mkdir()
    return book_of(at, table(text))


def spoken(start_ns: int = NOON, said: Mapping[str, str | int] | None = None) -> SpanRecord:
    """Return a span of a model call."""
    span = record(start_ns=start_ns)
    usage = {"gen_ai.usage.input_tokens": 1000, "gen_ai.usage.output_tokens": 200}
    names = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "acme_inc",
        "gen_ai.request.model": "m",
    }
    return span._replace(attributes={**names, **usage, **(said or {})})


def charged(
    book: RateBook, span: SpanRecord | None = None, *, late_ns: int = SECOND
) -> LedgerEntry:
    """Return what a book charges for a span that is received so much after its end."""
    told = span or spoken()
    account = examine(told, book, told.end_ns + late_ns).account
    assert account is not None
    return account


def anew(charge: LedgerEntry, book: RateBook) -> LedgerEntry:
    """Return the charge that stands after the book was applied."""
    wanted = Repricer(book).wanted(charge)
    assert not isinstance(wanted, Kept)
    stands = standing([charge, *restate([charge], {charge.call_id: wanted})])
    assert stands is not None
    return stands


def looked_up(*charges: LedgerEntry) -> Stands:
    """Return the columns that the store reads of charges of one name and condition."""
    first = charges[0]
    return Stands(
        first.provider,
        first.response_model or first.request_model or first.model,
        first.model,
        first.service_tier,
        first.region,
        first.rate_id,
        [one.call_id for one in charges],
        [one.occurred_ns for one in charges],
        [
            one.occurred_ns if "assumed_time" in one.assumptions else one.started_ns
            for one in charges
        ],
        [sum(item.quantity for item in one.items if item.meter != "output") for one in charges],
    )


_BOOKS = {"nothing": NOTHING_YET, "partial": WITHOUT_OUTPUT, "priced": PRICED}
_BOOKS |= {"corrected": CORRECTED, "fee": FEE, "by start": BY_START, "bands": BANDS, "steps": STEPS}


@pytest.mark.parametrize("late_ns", [SECOND, 40 * DAY], ids=["in time", "at its receipt"])
@pytest.mark.parametrize("after", sorted(set(_BOOKS) - {"nothing", "partial"}))
@pytest.mark.parametrize("before", sorted(_BOOKS))
def test_what_was_charged_by_one_book_becomes_what_the_other_would_have_charged(
    tmp_path: Path, before: str, after: str, late_ns: int
) -> None:
    """The span itself, read under the other book, is the oracle."""
    first, second = (written(tmp_path, _BOOKS[name]) for name in (before, after))
    charge, oracle = (charged(one, late_ns=late_ns) for one in (first, second))

    now = anew(charge, second)

    for name in ("provider", "model", "status", "total_usd", "items", "assumptions", "rate_id"):
        if now.revision or name not in {"rate_id", "assumptions"}:
            assert getattr(now, name) == getattr(oracle, name), name
    differs = charge.rate_id != oracle.rate_id
    assert Repricer(second).priced_otherwise([looked_up(charge)]) == [charge.call_id] * differs


@pytest.mark.parametrize("after", sorted(_BOOKS))
@pytest.mark.parametrize("tokens", [{100, 1000}, {1000}], ids=["small and large", "large"])
@pytest.mark.parametrize("days", [{0, 40}, {0}], ids=["of two months", "of a day"])
def test_calls_looked_up_together_are_those_that_differ_one_by_one(
    tmp_path: Path, after: str, tokens: set[int], days: set[int]
) -> None:
    book, other = (written(tmp_path, text) for text in (PRICED, _BOOKS[after]))
    charges = [
        charged(
            book,
            spoken(NOON - day * DAY, {"gen_ai.usage.input_tokens": size})._replace(
                span_id=f"{day}{size}".zfill(16)
            ),
        )
        for day in days
        for size in tokens
    ]
    repricer = Repricer(other)

    one_by_one = repricer.priced_otherwise(looked_up(one) for one in charges)
    for rate_id in {one.rate_id for one in charges}:
        together = looked_up(*(one for one in charges if one.rate_id == rate_id))
        differing = set(repricer.priced_otherwise([together]))
        assert differing == set(together.call_ids).intersection(one_by_one)


@pytest.mark.parametrize(
    ("before", "cause"),
    [(NOTHING_YET, "late_rate"), (WITHOUT_OUTPUT, "late_rate"), (PRICED, "rate_correction")],
)
def test_the_cause_says_whether_a_price_was_late_or_wrong(
    tmp_path: Path, before: str, cause: str
) -> None:
    wanted = Repricer(written(tmp_path, CORRECTED)).wanted(charged(written(tmp_path, before)))

    assert not isinstance(wanted, Kept)
    assert wanted.cause == cause


def test_todays_rate_does_not_price_yesterdays_call(tmp_path: Path, book: RateBook) -> None:
    corrected = written(tmp_path, CORRECTED)
    yesterday = charged(book, spoken(NOON - 30 * DAY))
    today = charged(book, spoken(NOON))

    differing = Repricer(corrected).priced_otherwise(map(looked_up, (yesterday, today)))

    assert differing == [today.call_id]
    assert anew(yesterday, corrected) == yesterday


def test_a_new_book_with_the_same_rates_changes_nothing(tmp_path: Path, book: RateBook) -> None:
    more = written(tmp_path, PRICED + NOTHING_YET)
    charge = charged(book)

    assert more.digest != book.digest
    assert Repricer(more).priced_otherwise([looked_up(charge)]) == []
    assert anew(charge, more) == charge


@pytest.mark.parametrize(
    ("after", "reason"),
    [(NOTHING_YET, "unknown_model"), (WITHOUT_OUTPUT, "no_rate_for_meter: output")],
)
def test_a_price_is_not_taken_away_unless_it_is_asked_for(
    tmp_path: Path, book: RateBook, after: str, reason: str
) -> None:
    charge, poorer = charged(book), written(tmp_path, after)

    assert Repricer(poorer).wanted(charge) == Kept(charge, reason)
    wanted = Repricer(poorer, may_unprice=True).wanted(charge)
    assert not isinstance(wanted, Kept)
    assert wanted.charge is not None
    assert wanted.charge.status_reason == reason
    assert wanted.charge.items == charged(poorer).items


def test_a_fee_of_one_book_makes_no_meter_without_a_rate_under_another(
    tmp_path: Path, book: RateBook
) -> None:
    now = anew(charged(written(tmp_path, FEE)), book)

    assert (now.status, [item.meter for item in now.items]) == ("priced", ["input", "output"])


def test_lines_of_one_meter_are_one_quantity() -> None:
    price = Decimal(2)
    lines = [
        Item("input", quantity, "token", price, price, 10**6, price, price)
        for quantity in (400, 600)
    ]

    assert usage_of(lines) == Usage(input=1000)


def test_who_caused_a_call_and_when_it_was_stays_as_it_was(tmp_path: Path, book: RateBook) -> None:
    charge = charged(book, spoken(said={"otel_costing.team": "search"}))

    now = anew(charge, written(tmp_path, CORRECTED))

    assert now.total_usd != charge.total_usd
    for name in ("attribution", "occurred_ns", "received_ns", "tags", "reported_usd", "dialect"):
        assert getattr(now, name) == getattr(charge, name)


def test_a_deployment_priced_as_the_model_of_another_provider_is_found_again(
    tmp_path: Path,
) -> None:
    def deployed(model: str) -> RateBook:
        file = tmp_path / f"{model}.yaml"
        file.write_text(
            f"name: ours\ndeployments:\n  azure.ai.openai:\n    gpt-4o: openai/{model}\n"
        )
        changed, problems = default_rates().with_overrides(file)
        assert problems == []
        assert changed is not None
        return changed

    said = {"gen_ai.provider.name": "azure.ai.openai", "gen_ai.request.model": "gpt-4o"}
    first, second = deployed("gpt-4.1"), deployed("gpt-4.1-mini")
    charge = charged(first, spoken(said=said))

    assert charge.provider == "openai"
    assert Repricer(first).priced_otherwise([looked_up(charge)]) == []
    assert anew(charge, second).model == "gpt-4.1-mini"


@pytest.mark.parametrize("file", sorted(path.name for path in SPANS.glob("*.json")))
def test_no_captured_call_costs_anything_else_by_the_book_that_priced_it(file: str) -> None:
    """So the names, the instant, the quantities and the assumptions of an entry are all that a price needs."""
    book = default_rates()
    for span in decode((SPANS / file).read_bytes()).spans:
        account = examine(span, book, span.end_ns).account
        if account is None or not account.items:
            continue
        assert Repricer(book).priced_otherwise([looked_up(account)]) == []
        wanted = Repricer(book).wanted(account)
        assert not isinstance(wanted, Kept)
        assert wanted.charge == account


def test_what_was_assumed_of_a_call_is_told_from_what_its_rate_assumes() -> None:
    of_rates = {name for rate in default_rates().rates() for name in rate.assumptions}

    assert not of_rates & OF_THE_CALL
