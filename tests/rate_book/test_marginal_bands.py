"""Marginal bands: the units of a meter beyond a bound cost the band's price, those up to it the price below."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from otel_costing.annotation import annotation_of
from otel_costing.cli.main import cli
from otel_costing.pricing import Cost, price_usage
from otel_costing.rate_book.compile import BOOK_FILE, compile_book, read_sources
from otel_costing.rate_keeping.comparison import differences, same_prices
from otel_costing.rate_keeping.history import past_changes
from otel_costing.rate_keeping.writing import write_table
from otel_costing.rates import RateBook, tables_directory
from otel_costing.usage import Usage
from tests.calls import NOON, priced
from tests.rate_books import book_files, book_of, found, one_model, table
from tests.rate_overrides.teams import contract, team_files
from tests.small_catalogues import day_ns, rates_of, table_of

BASE = '{input: "3", cache_read: "0.3", output: "15"}'
OVER = '[{over: 200000, marginal: true, prices: {input: "6", output: "22.5"}}]'
BOUND = 200_000
Line = tuple[str, int, str]
"""Meter, quantity, USD per million."""


def rate(context: str = OVER, prices: str = BASE) -> str:
    """Return the YAML of one rate."""
    return f"      - {{from: null, prices: {prices}, context: {context}}}\n"


def cost_under(book: RateBook, **usage: int) -> Cost:
    """Price a call of the book's one model."""
    cost = price_usage(book, "acme", "m", Usage(usage), at_ns=NOON, start_ns=NOON)
    assert isinstance(cost, Cost), cost
    return cost


def lines_of(cost: Cost) -> list[Line]:
    """Return what was billed, line by line."""
    return [(each.meter, each.quantity, str(each.unit_price_usd)) for each in cost.lines]


def problems_of(directory: Path, context: str, prices: str = BASE) -> list[str]:
    """Return what is wrong with a table of one rate."""
    book, problems = RateBook.load(book_files(directory, one_model(rate(context, prices))))
    assert (book is None) == bool(problems)
    return [problem.what for problem in problems]


@pytest.fixture(scope="module")
def marginal(tmp_path_factory: pytest.TempPathFactory) -> RateBook:
    """One rate with one marginal band over 200,000."""
    return book_of(tmp_path_factory.mktemp("marginal"), one_model(rate()))


TWO_STEPS = (
    '[{over: 10, marginal: true, prices: {input: "2"}},'
    ' {over: 20, marginal: true, prices: {input: "1", output: "8"}}]'
)
FROM = '[{from: 200000, marginal: true, prices: {input: "6"}}]'
REASONING = '[{over: 10, marginal: true, prices: {output: "9", reasoning: "4"}}]'


@pytest.mark.parametrize(
    ("context", "usage", "lines"),
    [
        (OVER, {"input": 199_999}, [("input", 199_999, "3")]),
        (OVER, {"input": 200_000}, [("input", 200_000, "3")]),
        (OVER, {"input": 200_001}, [("input", 200_000, "3"), ("input", 1, "6")]),
        (FROM, {"input": 199_999}, [("input", 199_999, "3")]),
        (FROM, {"input": 200_000}, [("input", 199_999, "3"), ("input", 1, "6")]),
        (
            OVER,
            {"input": 150_000, "cache_read": 150_000},
            [("input", 150_000, "3"), ("cache_read", 150_000, "0.3")],
        ),
        (OVER, {"cache_read": 300_000}, [("cache_read", 300_000, "0.3")]),
        (TWO_STEPS, {"input": 15}, [("input", 10, "3"), ("input", 5, "2")]),
        (
            TWO_STEPS,
            {"input": 25, "output": 25},
            [
                ("input", 10, "3"),
                ("input", 10, "2"),
                ("input", 5, "1"),
                ("output", 20, "15"),
                ("output", 5, "8"),
            ],
        ),
        (
            OVER,
            {"output": 200_001, "reasoning": 200_002},
            [
                ("output", 200_000, "15"),
                ("output", 1, "22.5"),
                ("reasoning", 200_000, "15"),
                ("reasoning", 2, "22.5"),
            ],
        ),
        (REASONING, {"reasoning": 12}, [("reasoning", 10, "15"), ("reasoning", 2, "4")]),
        (
            '[{from: 1, marginal: true, prices: {input: "6"}}]',
            {"input": 2},
            [("input", 2, "6")],
        ),
    ],
)
def test_units_beyond_the_bound_cost_the_bands_price_and_those_up_to_it_the_price_below(
    tmp_path: Path, context: str, usage: dict[str, int], lines: list[Line]
) -> None:
    cost = cost_under(book_of(tmp_path, one_model(rate(context))), **usage)

    assert lines_of(cost) == lines
    assert cost.total_usd * 10**6 == sum(quantity * Decimal(usd) for _, quantity, usd in lines)
    assert cost.status == "priced"


def test_reasoning_with_a_price_of_its_own_below_does_not_follow_output_beyond(
    tmp_path: Path,
) -> None:
    book = book_of(tmp_path, one_model(rate(prices='{input: "3", output: "15", reasoning: "5"}')))
    assert lines_of(cost_under(book, reasoning=200_001)) == [("reasoning", 200_001, "5")]


def test_a_meter_without_any_price_makes_the_call_partial_beside_the_steps(
    marginal: RateBook,
) -> None:
    cost = cost_under(marginal, input=BOUND + 1, web_search=2)

    assert (cost.status, cost.status_reason) == ("partial", "no_rate_for_meter: web_search")
    assert cost.total_usd == Decimal("0.600006")


QUANTITIES = st.one_of(st.integers(0, 10**8), st.integers(BOUND - 2, BOUND + 3))


@given(QUANTITIES, QUANTITIES, QUANTITIES)
def test_items_sum_to_the_total_and_hold_every_unit(
    marginal: RateBook, tokens: int, output: int, reasoning: int
) -> None:
    usage = {"input": tokens or 1, "output": output, "reasoning": reasoning}
    cost = cost_under(marginal, **usage)

    assert cost.total_pico == sum(line.amount_pico or 0 for line in cost.lines)
    for meter, quantity in usage.items():
        assert sum(line.quantity for line in cost.lines if line.meter == meter) == quantity
    assert all(line.quantity for line in cost.lines)


@given(st.one_of(st.integers(1, 10**7), st.integers(BOUND - 3, BOUND + 3)))
def test_one_unit_more_costs_its_own_price_and_reprices_no_other(
    marginal: RateBook, tokens: int
) -> None:
    more = (
        cost_under(marginal, input=tokens + 1).total_pico
        - cost_under(marginal, input=tokens).total_pico
    )
    assert more == (6_000_000 if tokens >= BOUND else 3_000_000)


def test_a_rates_id_covers_its_steps(tmp_path: Path) -> None:
    texts = [OVER, OVER.replace("200000", "200001"), OVER.replace('"6"', '"6.5"'), TWO_STEPS]
    ids = {found(book_of(tmp_path, one_model(rate(each)))).id for each in texts}
    assert len(ids) == len(texts)


def test_a_rate_without_marginal_bands_says_nothing_of_them_in_the_book() -> None:
    sources, _ = read_sources(tables_directory())
    written = (tables_directory() / BOOK_FILE).read_text(encoding="utf-8")

    assert compile_book(sources) == json.loads(written)
    assert '"steps"' not in written


def test_marginal_false_is_a_band_of_the_whole_request(tmp_path: Path) -> None:
    whole = '[{over: 10, marginal: false, prices: {input: "6"}}]'
    cost = cost_under(book_of(tmp_path, one_model(rate(whole))), input=11)
    assert lines_of(cost) == [("input", 11, "6")]


@pytest.mark.parametrize(
    ("context", "said"),
    [
        (
            '[{over: 10, marginal: true, prices: {input: "2"}}, {over: 20, prices: {input: "1"}}]',
            "all marginal or none",
        ),
        (
            '[{over: 10, prices: {input: "2"}}, {over: 20, marginal: true, prices: {input: "1"}}]',
            "all marginal or none",
        ),
        (
            '[{over: 10, marginal: true, prices: {web_search: "1"}}]',
            "web_search has no price below",
        ),
        ('[{over: 10, marginal: maybe, prices: {input: "1"}}]', "is one of false, true"),
    ],
)
def test_bands_that_cannot_be_meant_are_a_problem(tmp_path: Path, context: str, said: str) -> None:
    (what,) = problems_of(tmp_path, context)
    assert said in what


def test_what_is_written_back_is_what_was_read() -> None:
    text = table(
        "  m:\n    rates:\n      - from: null\n"
        '        prices: {input: "3", output: "15"}\n'
        "        context:\n"
        '          - {over: 200000, marginal: true, prices: {input: "6"}}\n'
    )
    assert write_table(table_of(text)) == text


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (OVER, OVER.replace('"6"', '"6.0"'), True),
        (OVER, OVER.replace("marginal: true, ", ""), False),
        (
            '[{over: 5, marginal: true, prices: {input: "3"}}]',
            '[{over: 9, prices: {input: "3", cache_read: "0.3", output: "15"}}]',
            True,
        ),
    ],
)
def test_two_rates_are_the_same_where_they_bill_the_same(
    one: str, other: str, *, same: bool
) -> None:
    (first,), (second,) = (rates_of(rate(each)) for each in (one, other))
    assert same_prices(first, second) is same


def test_a_changed_step_differs_from_its_bound_on() -> None:
    before, after = rates_of(rate()), rates_of(rate(OVER.replace('"6"', '"7"')))
    (change,) = differences(before[0], after[0])
    assert (change.floor, change.meter, change.before, change.after) == (
        BOUND + 1,
        "input",
        Decimal(6),
        Decimal(7),
    )


def test_a_past_step_changes_only_with_a_correction() -> None:
    old = table_of(one_model(rate()))
    edited = table_of(one_model(rate(OVER.replace("marginal: true, ", ""))))

    assert past_changes([old], [old], day_ns("2026-11-22")) == []
    (problem,) = past_changes([old], [edited], day_ns("2026-11-22"))
    assert "were edited" in problem.what


@pytest.mark.parametrize(
    ("said", "is_kept"),
    [
        ('discount_percent: "10"', False),
        ('prices: {input: "2"}', False),
        ('tiers: batch, discount_percent: "10"', True),
    ],
)
def test_a_contract_about_a_rate_with_steps_is_refused(
    tmp_path: Path, said: str, *, is_kept: bool
) -> None:
    batch = '      - {tier: batch, from: null, prices: {input: "1"}}\n'
    book = book_of(tmp_path, one_model(rate() + batch))
    changed, problems = book.with_overrides(
        team_files(tmp_path, contract(f"from: 2020-01-01, {said}"))
    )

    assert (changed is not None) is is_kept
    assert ["marginal bands" in problem.what for problem in problems] == ([] if is_kept else [True])


def private(more: str = "") -> str:
    """Return a team's file with a model of its own."""
    body = f"from: 2020-01-01, {more}prices: {BASE}, context: {OVER}"
    return f"name: own\nmodels:\n  - {{provider: acme, model: own, rates: [{{{body}}}]}}\n"


def test_steps_in_another_currency_are_refused(tmp_path: Path) -> None:
    book = book_of(tmp_path, one_model(rate()))
    text = (
        private("currency: EUR, ")
        + 'currencies:\n  EUR: [{from: 2020-01-01, usd: "1.1", source: ECB}]\n'
    )
    _, problems = book.with_overrides(team_files(tmp_path, text))
    assert ["in USD" in problem.what for problem in problems] == [True]


def test_show_prints_each_step_below_its_meter(tmp_path: Path) -> None:
    (path,) = team_files(tmp_path, private())
    shown = ["rates", "show", "acme/own", "--overrides", str(path)]
    text = CliRunner().invoke(cli, shown).stdout
    (document,) = json.loads(CliRunner().invoke(cli, [*shown, "--format", "json"]).stdout)["rates"]

    table_lines = [line.split() for line in text.splitlines()]
    at = next(at for at, words in enumerate(table_lines) if words[:2] == ["input", "3"])
    assert table_lines[at + 1][:3] == ["beyond", "200,000", "6"]
    (step,) = document["steps"]
    assert step["first"] == BOUND + 1
    assert step["prices"].items() >= {"input": "6", "output": "22.5", "reasoning": "22.5"}.items()


def test_a_spans_items_tell_the_lines_as_json_and_their_sum_by_meter(marginal: RateBook) -> None:
    call = priced({"input": 1})._replace(cost=cost_under(marginal, input=BOUND + 1, output=1))
    items = json.loads(annotation_of(call, {})["otel_costing.items"])
    pairs = annotation_of(call, {}, items="attributes")

    assert [(item["meter"], item["quantity"]) for item in items] == [
        ("input", BOUND),
        ("input", 1),
        ("output", 1),
    ]
    assert pairs["otel_costing.items.input.quantity"] == BOUND + 1
    assert pairs["otel_costing.items.input.amount_usd"] == "0.600006000000"
    assert pairs["otel_costing.items.output.amount_usd"] == "0.000015000000"
