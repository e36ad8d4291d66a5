"""A team's own file: contracts, deployments, models of its own, currencies."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Context, Decimal, localcontext
from pathlib import Path

import pytest

from otel_costing.pricing import Cost, price
from otel_costing.rates import RateBook
from otel_costing.usage import Unpriced
from tests.rate_overrides.teams import base_book, contract, team_files, under

M = 1_000_000


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> RateBook:
    return base_book(tmp_path_factory.mktemp("book"))


def priced(
    book: RateBook, name: str, usage: dict[str, int], at: str = "2026-02-01", tier: str = "standard"
) -> Cost:
    provider, _, model = name.partition("/")
    cost = price(
        provider,
        model,
        usage,
        at=datetime.fromisoformat(at).replace(tzinfo=UTC),
        tier=tier,
        rates=book,
    )
    assert isinstance(cost, Cost), cost
    return cost


def list_total(cost: Cost) -> Decimal:
    return sum((line.list_amount_usd or Decimal(0) for line in cost.lines), Decimal(0))


USAGE = {"input": M, "output": M}
EIGHTH_OFF = 'from: 2026-01-01, until: 2027-01-01, discount_percent: "12.5"'
EUROS = """\
currencies:
  EUR:
    - {from: 2026-01-01, until: 2026-04-01, usd: "1.0834", source: ECB}
    - {from: 2026-04-01, until: 2027-01-01, usd: "1.10", source: ECB}
"""
OWN = """\
models:
  - provider: acme-gpu
    model: llama
    aliases: [llama-70b]
    source: cost sheet
    checked: 2026-01-02
    rates:
      - {from: 2026-01-01, until: 2027-01-01, currency: EUR, prices: {input: "0.40", gpu_seconds: "2.50"}}
"""


@pytest.mark.parametrize(
    ("said", "name", "at", "paid", "listed"),
    [
        (f"{EIGHTH_OFF}", "acme/large", "2026-02-01", "15.75", "18"),
        (f"{EIGHTH_OFF}", "acme/large", "2026-07-01", "10.5", "12"),
        (f"{EIGHTH_OFF}", "acme/large", "2025-12-31T23:59:59", "18", "18"),
        (f"{EIGHTH_OFF}", "acme/large", "2027-01-01", "12", "12"),
        (f"{EIGHTH_OFF}, models: ['la*']", "acme/large", "2026-02-01", "15.75", "18"),
        (f"{EIGHTH_OFF}, models: ['la*']", "acme/small", "2026-02-01T01:00:00", "1", "1"),
        (f"{EIGHTH_OFF}, models: large-1", "acme/large-20260101", "2026-02-01", "15.75", "18"),
        (f"{EIGHTH_OFF}, meters: output", "acme/large", "2026-02-01", "16.125", "18"),
        (f"{EIGHTH_OFF}, tiers: batch", "acme/large", "2026-02-01", "18", "18"),
        ('from: null, markup_percent: "10"', "acme/large", "2026-02-01", "19.8", "18"),
        ('from: null, discount_percent: "0"', "acme/large", "2026-02-01", "18", "18"),
        (
            'from: null, models: large, prices: {output: "12"}',
            "acme/large",
            "2026-02-01",
            "15",
            "18",
        ),
        (
            'from: 2026-03-01, models: large, prices: {input: "1"}',
            "acme/large",
            "2026-02-28",
            "18",
            "18",
        ),
    ],
)
def test_a_contract_prices_what_it_says_and_the_list_stays_beside(
    book: RateBook, tmp_path: Path, said: str, name: str, at: str, paid: str, listed: str
) -> None:
    cost = priced(under(book, tmp_path, contract(said)), name, USAGE, at)

    assert cost.total_usd == Decimal(paid)
    assert list_total(cost) == Decimal(listed)


def test_a_discount_of_a_tier_is_of_that_tiers_price(book: RateBook, tmp_path: Path) -> None:
    changed = under(book, tmp_path, contract(f"{EIGHTH_OFF}, tiers: batch"))

    assert priced(changed, "acme/large", USAGE, tier="batch").total_usd == Decimal("7.875")


def test_an_exact_discount_keeps_every_digit_and_is_rounded_once(
    book: RateBook, tmp_path: Path
) -> None:
    """3 USD less 33.3333 % is 2.000001 a million; one token of it is 0.000002000001, exactly."""
    changed = under(book, tmp_path, contract('from: null, discount_percent: "33.3333"'))
    (line,) = priced(changed, "acme/large", {"input": 1}).lines

    assert line.unit_price_usd == Decimal("2.000001")
    assert line.amount_usd == Decimal("0.000002000001")
    assert (line.list_unit_price_usd, line.list_amount_usd) == (Decimal(3), Decimal("0.000003"))


@pytest.mark.parametrize(
    "said", ['discount_percent: "12.555"', 'markup_percent: "12.555"', 'discount_percent: "0.0001"']
)
def test_an_applications_own_decimal_context_changes_no_price(
    book: RateBook, tmp_path: Path, said: str
) -> None:
    usual = under(book, tmp_path, contract(f"from: null, {said}"))
    with localcontext(Context(prec=3)):
        narrow = under(book, tmp_path, contract(f"from: null, {said}"))
        terms = [each.terms for rate in narrow.rates() for each in rate.contracts]

    assert list(narrow.rates()) == list(usual.rates())
    assert terms == [each.terms for rate in usual.rates() for each in rate.contracts]


def test_a_meter_that_falls_back_is_billed_at_the_contracted_price_of_its_fallback(
    book: RateBook, tmp_path: Path
) -> None:
    changed = under(book, tmp_path, contract('from: null, meters: output, discount_percent: "20"'))
    (line,) = priced(changed, "acme/large", {"reasoning": M}).lines

    assert (line.amount_usd, line.list_amount_usd) == (Decimal(12), Decimal(15))


def test_a_contract_may_name_a_meter_that_otherwise_falls_back(
    book: RateBook, tmp_path: Path
) -> None:
    changed = under(
        book,
        tmp_path,
        contract('from: null, models: large, meters: reasoning, discount_percent: "20"'),
    )
    cost = priced(changed, "acme/large", {"output": M, "reasoning": M})

    assert [line.amount_usd for line in cost.lines] == [Decimal(15), Decimal(12)]


def test_a_contracted_meter_that_the_list_lacks_has_no_list_price(
    book: RateBook, tmp_path: Path
) -> None:
    changed = under(
        book, tmp_path, contract('from: null, models: large, prices: {web_search: "8"}')
    )
    (line,) = priced(changed, "acme/large", {"web_search": 1000}).lines

    assert (line.amount_usd, line.list_price, line.list_amount_usd) == (Decimal(8), None, None)


def test_without_a_contract_the_list_price_is_the_price_itself(
    book: RateBook, tmp_path: Path
) -> None:
    changed = under(book, tmp_path, contract(f"{EIGHTH_OFF}, models: small"))

    for line in priced(changed, "acme/large", USAGE).lines:
        assert line.list_price is line.price


@pytest.mark.parametrize(
    ("at", "usd"),
    [("2026-03-31T23:59:59", "0.43336"), ("2026-04-01", "0.44"), ("2026-12-31", "0.44")],
)
def test_another_currency_is_converted_at_the_rate_of_the_calls_instant(
    book: RateBook, tmp_path: Path, at: str, usd: str
) -> None:
    changed = under(book, tmp_path, OWN + EUROS)
    cost = priced(changed, "acme-gpu/llama-70b", {"input": M}, at)

    assert cost.total_usd == list_total(cost) == Decimal(usd)


def test_gpu_time_is_a_meter_of_an_own_model(book: RateBook, tmp_path: Path) -> None:
    """An hour costs 2.50 EUR, 2.75 USD; a minute a sixtieth, rounded to the pico-dollar."""
    cost = priced(
        under(book, tmp_path, OWN + EUROS), "acme-gpu/llama", {"gpu_seconds": 60}, "2026-05-01"
    )

    assert cost.total_usd == Decimal("0.045833333333")


def test_a_fixed_price_may_be_in_another_currency(book: RateBook, tmp_path: Path) -> None:
    said = 'from: 2026-01-01, until: 2026-06-01, models: large, currency: EUR, prices: {input: "2"}'
    changed = under(book, tmp_path, contract(said) + EUROS)

    assert priced(changed, "acme/large", {"input": M}, "2026-03-01").total_usd == Decimal("2.1668")
    assert priced(changed, "acme/large", {"input": M}, "2026-04-01").total_usd == Decimal("2.2")


def test_where_an_open_contract_outlives_the_exchange_rates_its_meters_have_no_price(
    book: RateBook, tmp_path: Path
) -> None:
    """The list price would be wrong, and so would the last known exchange rate."""
    said = 'from: 2026-01-01, models: large, currency: EUR, prices: {input: "2"}'
    cost = priced(under(book, tmp_path, contract(said) + EUROS), "acme/large", USAGE, "2027-01-01")

    assert (cost.status, cost.status_reason) == ("partial", "no_rate_for_meter: input")
    assert cost.total_usd == Decimal(10)
    assert list_total(cost) == Decimal(12)


def test_where_an_open_model_outlives_the_exchange_rates_it_has_no_rate(
    book: RateBook, tmp_path: Path
) -> None:
    changed = under(book, tmp_path, OWN.replace("until: 2027-01-01, ", "") + EUROS)
    reason = price(
        "acme-gpu", "llama", {"input": 1}, at=datetime(2027, 1, 1, tzinfo=UTC), rates=changed
    )

    assert isinstance(reason, Unpriced)
    assert reason.reason == "no_rate_at_time"


ARN = "arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/abc"
DEPLOYMENTS = f"""\
deployments:
  azure: {{my-deployment: gpt-4o, gpt-4o-eu: acme/large}}
  aws.bedrock: {{"{ARN}": eu.claude}}
"""


@pytest.mark.parametrize(
    ("name", "model", "paid"),
    [
        ("azure/my-deployment", "azure.ai.openai/gpt-4o", "12.5"),
        ("azure.ai.openai/my-deployment", "azure.ai.openai/gpt-4o", "12.5"),
        ("azure/gpt-4o-eu", "acme/large", "18"),
        (f"bedrock/{ARN}", "aws.bedrock/claude", "19.8"),
        (f"bedrock/converse/{ARN}", "aws.bedrock/claude", "19.8"),
    ],
)
def test_a_deployment_is_priced_as_the_model_behind_it(
    book: RateBook, tmp_path: Path, name: str, model: str, paid: str
) -> None:
    cost = priced(under(book, tmp_path, DEPLOYMENTS), name, USAGE)

    assert f"{cost.provider}/{cost.model}" == model
    assert cost.total_usd == Decimal(paid)


def test_every_step_to_a_deployments_model_is_told(book: RateBook, tmp_path: Path) -> None:
    changed = under(book, tmp_path, DEPLOYMENTS)
    profile = changed.resolve("bedrock", f"converse/{ARN}")
    elsewhere = changed.resolve("azure", "gpt-4o-eu")

    assert profile is not None
    assert profile.region == "eu"
    assert profile.steps == (f"converse/{ARN}", ARN, "eu.claude", "claude")
    assert elsewhere is not None
    assert elsewhere.steps == ("gpt-4o-eu", "acme/large")


def test_a_teams_exact_name_beats_the_tables(book: RateBook, tmp_path: Path) -> None:
    changed = under(book, tmp_path, "deployments:\n  azure: {gpt-4o: acme/small}\n")

    assert priced(changed, "azure/gpt-4o", USAGE).model == "small"


def test_a_contract_on_a_model_covers_its_deployments(book: RateBook, tmp_path: Path) -> None:
    tenth_off = contract('from: null, models: gpt-4o, discount_percent: "10"', "azure")
    changed = under(book, tmp_path, DEPLOYMENTS + tenth_off)

    assert priced(changed, "azure/my-deployment", USAGE).total_usd == Decimal("11.25")


FREE = """\
models:
  - provider: acme-gpu
    model: embedder
    reason: runs on machines that are paid for anyway
    rates:
      - {from: 2026-01-01, prices: {input: "0"}}
"""


def test_free_is_priced_at_zero_and_says_why(book: RateBook, tmp_path: Path) -> None:
    changed = under(book, tmp_path, FREE)
    (rate,) = changed.rates_of("acme-gpu", "embedder")

    assert priced(changed, "acme-gpu/embedder", {"input": 5}).total_usd == 0
    assert "paid for anyway" in rate.source
    assert rate.place.endswith("team0.yaml:3")


def test_an_own_model_replaces_one_of_the_tables_only_where_it_says_so(
    book: RateBook, tmp_path: Path
) -> None:
    own = 'models:\n  - {provider: acme, model: large, replaces: true, rates: [{from: null, prices: {input: "1"}}]}\n'
    changed = under(book, tmp_path, own)

    assert priced(changed, "acme/large", {"input": M}).total_usd == 1
    assert priced(changed, "acme/small", {"input": M}).total_usd == Decimal("0.05")


@pytest.mark.parametrize(
    "again", ["", "models:\n  - {provider: acme, model: large, rates: [RATE]}\n"]
)
def test_a_replaced_model_keeps_its_other_names(book: RateBook, tmp_path: Path, again: str) -> None:
    rate = '{from: null, prices: {input: "1"}}'
    own = f"models:\n  - {{provider: acme, model: large, replaces: true, rates: [{rate}]}}\n"
    changed = under(book, tmp_path, own, *([again.replace("RATE", rate)] if again else []))

    assert changed.aliases("acme", "large") == ["large-1"]
    for name in ("large", "large-1", "large-1-20260101"):
        assert priced(changed, f"acme/{name}", {"input": M}).total_usd == 1


def test_of_two_files_the_later_one_wins_where_the_earlier_one_priced_what_falls_back(
    book: RateBook, tmp_path: Path
) -> None:
    half_off = contract('from: null, models: large, meters: reasoning, discount_percent: "50"')
    changed = under(book, tmp_path, half_off, contract('from: null, discount_percent: "10"'))
    cost = priced(changed, "acme/large", {"output": M, "reasoning": M})

    assert [line.amount_usd for line in cost.lines] == [Decimal("13.5"), Decimal("13.5")]


def test_of_two_files_the_later_one_wins_meter_by_meter(book: RateBook, tmp_path: Path) -> None:
    changed = under(
        book,
        tmp_path,
        contract('from: null, discount_percent: "10"') + FREE,
        contract('from: null, meters: output, discount_percent: "50"')
        + FREE.replace('"0"', '"2"')
        + "deployments:\n  azure: {mine: acme-gpu/embedder}\n",
    )
    cost = priced(changed, "acme/large", USAGE)

    assert [line.amount_usd for line in cost.lines] == [Decimal("2.7"), Decimal("7.5")]
    assert priced(changed, "azure/mine", {"input": M}).total_usd == 2


def test_files_given_one_after_another_are_as_given_together(
    book: RateBook, tmp_path: Path
) -> None:
    first, second = team_files(tmp_path, contract(EIGHTH_OFF), DEPLOYMENTS)
    one_by_one, _ = (book.with_overrides(first)[0] or book).with_overrides([second])
    together, _ = book.with_overrides([first, str(second)])

    assert one_by_one is not None
    assert together is not None
    assert one_by_one.digest == together.digest
    assert list(one_by_one.rates()) == list(together.rates())


def test_no_file_changes_nothing(book: RateBook) -> None:
    assert book.with_overrides([]) == (book, [])


def test_every_rate_says_who_changed_it(book: RateBook, tmp_path: Path) -> None:
    said = 'from: 2026-01-01, until: 2026-06-01, models: large, currency: EUR, prices: {input: "2"}'
    changed = under(book, tmp_path, contract(said) + EUROS)
    rate = next(each for each in changed.rates_of("acme", "large") if each.contracts)
    (agreed,), (exchange,) = rate.contracts, rate.exchanges

    assert rate.id.startswith("acme/large@2026-01-01+acme-2026#")
    assert (agreed.name, agreed.terms) == ("acme-2026", "fixed prices in EUR")
    assert agreed.place.endswith("team0.yaml:3")
    assert (exchange.currency, exchange.usd) == ("EUR", Decimal("1.0834"))
    assert str(rate.list_prices["input"].usd) == "3"


def test_a_contract_that_makes_a_model_free_says_why_in_its_terms(
    book: RateBook, tmp_path: Path
) -> None:
    said = 'from: null, tiers: standard, discount_percent: "100", reason: pilot until June'
    changed = under(book, tmp_path, contract(said, "azure"))
    (rate,) = changed.rates_of("azure.ai.openai", "gpt-4o")

    assert priced(changed, "azure/gpt-4o", USAGE).total_usd == 0
    assert rate.contracts[0].terms == "100 % off list (pilot until June)"


def test_a_rate_that_two_files_made_names_both(book: RateBook, tmp_path: Path) -> None:
    finance = "name: finance\n" + contract('from: 2026-02-01, discount_percent: "10"', "acme-gpu")
    changed = under(book, tmp_path, OWN + EUROS, finance)
    cost = priced(changed, "acme-gpu/llama", {"input": M}, "2026-03-01")

    assert cost.rate_id.startswith("acme-gpu/llama@2026-02-01+acme-2026+finance#")
    assert cost.total_usd == Decimal("0.390024")
    assert list_total(cost) == Decimal("0.43336")


def test_a_rate_that_a_contract_only_closes_keeps_its_id(book: RateBook, tmp_path: Path) -> None:
    """What was booked before a contract began states the same under it, so nothing is restated."""
    before = priced(book, "acme/large", USAGE, "2025-06-01")
    changed = under(book, tmp_path, contract(EIGHTH_OFF))

    assert priced(changed, "acme/large", USAGE, "2025-06-01").rate_id == before.rate_id
    assert priced(changed, "acme/large", USAGE, "2026-02-01").rate_id != before.rate_id


def digest(book: RateBook, directory: Path, *texts: str) -> str:
    return under(book, directory, *texts).digest


def test_the_digest_names_the_book_and_the_files(book: RateBook, tmp_path: Path) -> None:
    base, plus, own = digest(book, tmp_path, contract(EIGHTH_OFF)).partition("+")

    assert (base, plus, len(own)) == (book.digest, "+", 64)


def test_the_digest_is_of_what_is_written_not_of_how(book: RateBook, tmp_path: Path) -> None:
    one = contract(EIGHTH_OFF)
    other = (
        "# renewed yearly\ncontracts:\n- checked: '2026-01-02'\n  source: MSA 7\n"
        "  discount_percent: '12.5'\n  until: 2027-01-01\n  from: 2026-01-01\n  provider: acme\nname: acme-2026\n"
    )

    assert digest(book, tmp_path, one) == digest(
        book, tmp_path, f"name: acme-2026\n{other[: other.index('name:')]}"
    )


@pytest.mark.parametrize(
    "texts",
    [
        (contract(EIGHTH_OFF.replace("12.5", "12.6")),),
        (contract(EIGHTH_OFF).replace("MSA 7", "MSA 8"),),
        (contract(EIGHTH_OFF), FREE),
        (FREE, contract(EIGHTH_OFF)),
    ],
)
def test_other_content_or_another_order_of_files_is_another_digest(
    book: RateBook, tmp_path: Path, texts: tuple[str, ...]
) -> None:
    one = {
        digest(book, tmp_path, contract(EIGHTH_OFF)),
        digest(book, tmp_path, contract(EIGHTH_OFF), FREE),
    }
    if texts != (contract(EIGHTH_OFF), FREE):
        assert digest(book, tmp_path, *texts) not in one


TENTH_OFF = contract('from: null, discount_percent: "10"')


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (TENTH_OFF.replace('"10"', '"100.5"'), 3, "above 100 %"),
        (TENTH_OFF.replace('"10"', '"-5"'), 3, "quoted decimal"),
        (TENTH_OFF.replace('"10"', "10"), 3, 'quote it: "10"'),
        (TENTH_OFF.replace('discount_percent: "10"', 'markup_percent: "901"'), 3, "above 900 %"),
        (TENTH_OFF.replace('"10"', '"100"'), 3, "say why it is free"),
        (TENTH_OFF.replace('"10"', '"0.1234567890"'), None, None),
        (
            TENTH_OFF.replace("from: null", "from: 2026-01-01, until: 2026-01-01"),
            3,
            "not after from",
        ),
        (TENTH_OFF.replace("from: null", "from: null, until: 2200-01-01"), 3, "leave until out"),
        (TENTH_OFF.replace("from: null", "from: null, until: 2199-12-31"), None, None),
        (TENTH_OFF.replace(", discount", ', prices: {input: "1"}, discount'), 3, "says one of"),
        (TENTH_OFF.replace("acme", "amce"), 3, "there is no provider 'amce'"),
        (
            TENTH_OFF.replace("from:", "models: larg, from:"),
            3,
            "has no model 'larg'; closest: large",
        ),
        (TENTH_OFF.replace("from:", "models: 'x*', from:"), 3, "no model of acme matches 'x*'"),
        (
            TENTH_OFF.replace("from:", "models: large-20260101, from:"),
            3,
            "names for 'large'; write that",
        ),
        (
            TENTH_OFF.replace("from:", "meters: outputs, from:"),
            3,
            "no meter 'outputs'; closest: output",
        ),
        (TENTH_OFF.replace("from:", "tiers: bach, from:"), 3, "no tier 'bach'; closest: batch"),
        (TENTH_OFF.replace("from:", "tiers: flex, from:"), 3, "no rate is about"),
        (
            TENTH_OFF.replace("from:", "models: small, until: 2025-01-01, from:"),
            3,
            "no rate is about",
        ),
        (TENTH_OFF.replace("from:", "currency: EUR, from:"), 3, "percentage has no currency"),
        (TENTH_OFF.replace("source: MSA 7, ", ""), 3, "lacks source"),
        (contract('from: null, prices: {input: "0"}'), 3, "say why it is free"),
        (contract('from: null, prices: {input: {usd: "1", per: 1000}}'), 3, "per: 1000000"),
        (contract('from: null, currency: EUR, prices: {input: "1"}'), 3, "no exchange rate of EUR"),
        (contract('from: null, currency: USD, prices: {input: "1"}'), 3, "leave currency out"),
        (
            contract('from: 2025-12-01, currency: EUR, prices: {input: "1"}') + EUROS,
            3,
            "no exchange rate of EUR from 2025-12-01T00:00:00Z until 2026-01-01T00:00:00Z",
        ),
        (
            OWN + EUROS.replace("2026-04-01, until", "2026-05-01, until"),
            3,
            "until 2026-05-01T00:00:00Z",
        ),
        (
            OWN + EUROS.replace("2026-04-01, until", "2026-03-01, until"),
            13,
            "begins before the rate of line 12",
        ),
        (OWN + EUROS.replace('"1.10"', '"0"'), 13, "above 0"),
        (OWN + EUROS.replace("EUR:", "euro:"), 12, "ISO 4217"),
        (FREE.replace("    reason: runs on machines that are paid for anyway\n", ""), 3, "say why"),
        (
            FREE
            + "  - {provider: acme-gpu, model: embedder, rates: [{from: null, prices: {input: '1'}}]}\n",
            8,
            "line 3 already",
        ),
        (
            'models:\n  - {provider: acme, model: large-1, rates: [{from: null, prices: {input: "1"}}]}\n',
            3,
            "replaces: true",
        ),
        ("models:\n  - {provider: acme}\n", 3, "lacks model, rates"),
        ("models: {}\n", 2, "models is a list"),
        (TENTH_OFF.replace("from:", "models: [], from:"), 3, "leave it out for all"),
        (TENTH_OFF.replace("from:", "tiers: [], from:"), 3, "leave it out for all"),
        (
            contract('from: null, currency: EUR, prices: {inputs: "1"}') + EUROS,
            3,
            "no meter 'inputs'",
        ),
        (
            FREE.replace("    reason", "    replaces: true\n    reason"),
            3,
            "no 'embedder' to replace",
        ),
        ("deployments:\n  azure: {mine: gpt-5}\n", 3, "has no model 'gpt-5'"),
        ("deployments:\n  azur: {mine: gpt-4o}\n", 3, "there is no provider 'azur'"),
        (
            "deployments:\n  azure: {mine: gpt-4o}\n  azure.ai.openai: {mine: acme/large}\n",
            4,
            "line 3 already",
        ),
        ("contract: []\n", 2, "has no key 'contract'"),
        ("name: a b\n", 1, "letters, digits"),
    ],
)
def test_what_is_wrong_is_said_with_its_line_and_the_fix(
    book: RateBook, tmp_path: Path, text: str, line: int | None, said: str | None
) -> None:
    (path,) = team_files(tmp_path, text)
    changed, problems = book.with_overrides(path)

    if line is None or said is None:
        assert problems == []
        return
    assert changed is None
    assert [each for each in problems if each.place == f"{path}:{line}" and said in each.what], (
        problems
    )


def test_all_problems_of_all_files_come_at_once(book: RateBook, tmp_path: Path) -> None:
    paths = team_files(
        tmp_path, TENTH_OFF.replace("acme,", "amce,"), "deployments:\n  azure: {mine: gpt-5}\n"
    )
    _, problems = book.with_overrides([*paths, tmp_path / "missing.yaml"])

    assert {each.place.rpartition("/")[2] for each in problems} == {
        "team0.yaml:3",
        "team1.yaml:3",
        "missing.yaml",
    }


def test_two_contracts_for_one_price_are_a_problem_that_names_both_lines(
    book: RateBook, tmp_path: Path
) -> None:
    twice = TENTH_OFF + TENTH_OFF.partition("\n")[2].replace("from:", "models: large, from:")
    (path,) = team_files(tmp_path, twice)
    _, (problem,) = book.with_overrides(path)

    assert problem.place == f"{path}:4"
    assert "line 3" in problem.what


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("models: large, from: null", "models: small, from: null"),
        ("meters: input, from: null", "meters: output, from: null"),
        ("tiers: batch, from: null", "tiers: standard, from: null"),
        ("from: null, until: 2026-03-01", "from: 2026-03-01"),
    ],
)
def test_contracts_that_no_call_can_meet_together_are_none(
    book: RateBook, tmp_path: Path, one: str, other: str
) -> None:
    both = TENTH_OFF.replace("from: null", one)
    both += TENTH_OFF.partition("\n")[2].replace("from: null", other)

    assert under(book, tmp_path, both).digest != book.digest


def test_a_price_too_fine_for_a_column_is_a_problem(tmp_path: Path) -> None:
    book = base_book(tmp_path)
    own = 'models:\n  - {provider: x, model: m, rates: [{from: null, prices: {input: "0.0000000000000001"}}]}\n'
    said = own + contract('from: null, discount_percent: "0.1234567"', "x")
    _, (problem,) = book.with_overrides(team_files(tmp_path, said))

    assert "25 decimals" in problem.what
