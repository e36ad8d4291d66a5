"""The rate book: which rate holds, when, under which conditions, by which name."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from otel_costing.rates import Rate, RateBook
from otel_costing.usage import Unpriced, Usage
from tests.rate_books import NAMED, ONE, book_files, book_of, found, one_model, refused

DATED = """\
      - {from: null, prices: {input: "3"}}
      - {from: 2025-06-10, prices: {input: "2"}}
      - {from: 2025-07-01, until: "2025-08-01T12:00:00Z", prices: {input: "1"}}
"""


def price_of(rate: Rate, meter: str = "input") -> str:
    return str(rate.prices[meter].usd)


@pytest.mark.parametrize(
    ("at", "usd"),
    [
        ("1999-01-01", "3"),
        ("2025-06-09T23:59:59", "3"),
        ("2025-06-10T00:00:00", "2"),
        ("2025-06-30T23:59:59", "2"),
        ("2025-07-01T00:00:00", "1"),
        ("2025-08-01T11:59:59", "1"),
    ],
)
def test_a_rate_holds_from_its_instant_until_the_next_one_starts(
    tmp_path: Path, at: str, usd: str
) -> None:
    assert price_of(found(book_of(tmp_path, one_model(DATED)), at=at)) == usd


def test_outside_every_interval_no_rate_is_guessed(tmp_path: Path) -> None:
    reason = refused(book_of(tmp_path, one_model(DATED)), at="2025-08-01T12:00:00")
    assert reason.reason == "no_rate_at_time"
    assert "2025-07-01T00:00:00Z to 2025-08-01T12:00:00Z" in reason.detail


def test_before_a_dated_first_rate_there_is_none(tmp_path: Path) -> None:
    book = book_of(tmp_path, one_model('      - {from: 2025-06-10, prices: {input: "2"}}\n'))
    assert refused(book, at="2025-06-09").reason == "no_rate_at_time"


def test_only_a_rate_without_a_start_is_an_assumption(tmp_path: Path) -> None:
    book = book_of(tmp_path, one_model(DATED))
    assert found(book, at="2025-01-01").assumptions == ("assumed_start",)
    assert found(book, at="2025-06-10").assumptions == ()


TIERS = """\
      - {from: null, prices: {input: "2", output: "8"}}
      - {tier: batch, from: null, prices: {input: "1", output: "4"}}
"""


def test_a_tier_is_priced_by_its_own_rate(tmp_path: Path) -> None:
    book = book_of(tmp_path, one_model(TIERS))
    assert price_of(found(book, tier="batch")) == "1"
    assert price_of(found(book, tier="default")) == "2"


def test_the_terms_of_a_call_name_it_as_the_book_does(tmp_path: Path) -> None:
    book = book_of(tmp_path, one_model(TIERS))
    model = book.models(book.providers()[0])[0]

    assert book.terms("acme", model, "default", "").tier == "standard"
    assert book.terms("nobody", model, "standard", "").provider == "nobody"
    assert isinstance(book.terms("nobody", model, "standard", "").rates, Unpriced)


def test_a_tier_without_a_rate_is_never_priced_as_standard(tmp_path: Path) -> None:
    reason = refused(book_of(tmp_path, one_model(TIERS)), tier="priority")
    assert reason.reason == "no_rate_for_conditions"
    assert "batch, standard" in reason.detail


REGIONS = """\
      - {from: null, prices: {input: "3.3"}}
      - {region: [global, moon], from: null, prices: {input: "3"}}
"""


@pytest.mark.parametrize(
    ("model", "region", "usd"),
    [
        ("m", "", "3.3"),
        ("m", "us-east-1", "3.3"),
        ("m", "global", "3"),
        ("m", "moon", "3"),
        ("us.m", "", "3.3"),
        ("global.m", "", "3"),
        ("global.m", "us-east-1", "3"),
    ],
)
def test_a_named_region_beats_the_rate_for_everywhere(
    tmp_path: Path, model: str, region: str, usd: str
) -> None:
    """The scope in a model's name stands over the region of the call."""
    book = book_of(tmp_path, one_model(REGIONS).replace("provider: acme", "provider: aws.bedrock"))
    assert price_of(found(book, model, provider="bedrock", region=region)) == usd


def test_a_model_sold_in_some_regions_has_no_rate_elsewhere(tmp_path: Path) -> None:
    book = book_of(
        tmp_path, one_model('      - {region: [us, eu], from: null, prices: {input: "1"}}\n')
    )
    assert refused(book, region="jp").reason == "no_rate_for_conditions"


def context(bound: str) -> str:
    return one_model(f"""\
      - from: null
        prices: {{input: "1", output: "2"}}
        context:
          - {{{bound}, prices: {{input: "10", output: "20"}}}}
""")


@pytest.mark.parametrize(
    ("bound", "tokens", "usd"),
    [
        ("over: 1000", 999, "1"),
        ("over: 1000", 1000, "1"),
        ("over: 1000", 1001, "10"),
        ("from: 1000", 999, "1"),
        ("from: 1000", 1000, "10"),
        ("from: 1000", 1001, "10"),
    ],
)
def test_each_provider_has_its_own_boundary_of_a_long_context(
    tmp_path: Path, bound: str, tokens: int, usd: str
) -> None:
    assert price_of(found(book_of(tmp_path, context(bound)), usage=Usage(input=tokens))) == usd


def test_the_context_is_everything_on_the_input_side_and_prices_the_whole_request(
    tmp_path: Path,
) -> None:
    book = book_of(tmp_path, context("over: 1000"))
    usage = Usage(input=1, cache_read=400, cache_write_5m=300, cache_write_1h=200, input_image=100)
    assert price_of(found(book, usage=Usage(usage, output=5))) == "10"
    assert price_of(found(book, usage=Usage(usage, input=0, output=5, web_search=7))) == "1"
    assert price_of(found(book, usage=Usage(usage)), "output") == "20"


HOURS = """\
      - from: null
        prices: {input: "2"}
        hours:
          - {between: "16:30-00:30", days: [mon, tue, wed, thu, fri], prices: {input: "1"}}
"""


@pytest.mark.parametrize(
    ("at", "usd"),
    [
        ("2026-11-02T16:29:59", "2"),
        ("2026-11-02T16:30:00", "1"),
        ("2026-11-03T00:29:59", "1"),
        ("2026-11-03T00:30:00", "2"),
        ("2026-11-07T20:00:00", "2"),
        ("1969-12-31T20:00:00", "1"),
    ],
)
def test_hours_of_the_day_may_wrap_midnight_and_leave_out_days(
    tmp_path: Path, at: str, usd: str
) -> None:
    """2026-11-02 is a Monday."""
    assert price_of(found(book_of(tmp_path, one_model(HOURS)), at=at)) == usd


def test_a_meter_falls_back_along_the_written_chain_only(tmp_path: Path) -> None:
    rates = '      - {from: null, prices: {input: "1", output: "2", cache_read: "0.1"}}\n'
    prices = found(book_of(tmp_path, one_model(rates))).prices
    assert str(prices["reasoning"].usd) == "2"
    assert str(prices["cache_read_audio"].usd) == "0.1"
    assert "cache_write_1h" not in prices
    assert "cache_write_5m" not in prices
    assert "web_search" not in prices


def test_a_price_may_say_for_how_many_units_it_is(tmp_path: Path) -> None:
    rates = '      - {from: null, prices: {input: {usd: "2", per: 1000}, web_search: "10"}}\n'
    prices = found(book_of(tmp_path, one_model(rates))).prices
    assert (prices["input"].per, prices["web_search"].per) == (1000, 1000)


def test_a_rate_id_reads_well_and_ends_in_a_digest_of_its_content(tmp_path: Path) -> None:
    rates = """\
      - {tier: batch, region: eu, from: 2025-06-10, prices: {input: "2"}}
"""
    rate = found(book_of(tmp_path, one_model(rates)), tier="batch", region="eu")
    prefix, _, digest = rate.id.partition("#")
    assert prefix == "acme/m[batch,eu]@2025-06-10"
    assert (len(digest), int(digest, 16) > 0) == (12, True)


def test_a_later_rate_leaves_the_id_of_the_earlier_one_alone(tmp_path: Path) -> None:
    first = '      - {from: null, prices: {input: "3"}}\n'
    (tmp_path / "old").mkdir()
    (tmp_path / "new").mkdir()
    old = book_of(tmp_path / "old", one_model(first))
    new = book_of(
        tmp_path / "new", one_model(first + '      - {from: 2026-01-01, prices: {input: "2"}}\n')
    )
    assert found(old, at="2025-01-01").id == found(new, at="2025-01-01").id
    assert old.digest != new.digest


def test_the_digest_ignores_file_order_comments_and_when_prices_were_read(tmp_path: Path) -> None:
    other = NAMED.replace("provider: acme", "provider: aws.bedrock")
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    book = book_of(here, NAMED, other)
    commented = f"# a comment\n{NAMED}".replace("checked: 2026-10-01", "checked: 2026-11-01")
    assert book_of(there, other, commented).digest == book.digest
    loaded, problems = RateBook.load(sorted(here.iterdir(), reverse=True))
    assert (problems, loaded and loaded.digest) == ([], book.digest)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('{input: "2"}', '{input: "2.0001"}'),
        ("aliases: [m-20250101]", "aliases: [m-20250109]"),
        ("from: null", "from: 2020-01-01"),
    ],
)
def test_the_digest_covers_what_can_change_a_price(tmp_path: Path, old: str, new: str) -> None:
    (tmp_path / "changed").mkdir()
    assert (
        book_of(tmp_path, NAMED).digest
        != book_of(tmp_path / "changed", NAMED.replace(old, new)).digest
    )


def test_the_digest_covers_the_names(tmp_path: Path) -> None:
    (tmp_path / "changed").mkdir()
    before = book_of(tmp_path, NAMED).digest
    files = book_files(
        tmp_path / "changed", NAMED, names="providers: {}\ntiers: {}\npatterns: []\n"
    )
    after, _ = RateBook.load(files)
    assert after is not None
    assert after.digest != before


def test_a_flood_of_unknown_names_costs_bounded_memory(tmp_path: Path) -> None:
    book = book_of(tmp_path, NAMED)
    for number in range(10_000):
        book.find(
            "acme", f"nonsense-{number}", ONE, at_ns=0, tier=f"t{number}", region=f"r{number}"
        )
    remembered = book._found  # noqa: SLF001 - the bound itself is the behaviour under test
    assert len(remembered) <= 4096
    assert sys.getsizeof(remembered) < 2**20


def test_the_book_lists_what_it_holds_in_order(tmp_path: Path) -> None:
    book = book_of(tmp_path, NAMED)
    assert book.providers() == ["acme"]
    assert book.models("acme") == ["m", "m-20250202"]
    assert book.aliases("acme", "m") == ["m-20250101"]
    assert [rate.model for rate in book.rates()] == ["m", "m-20250202"]
    assert book.provider("acme_inc") == "acme"
