"""A team's own file, as the commands take it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from otel_costing.clickhouse.store import Store
from otel_costing.rates import default_rates, packaged_rates
from tests.cli.conftest import Command
from tests.conformance.truth import SPANS

AGENT = SPANS / "otel-genai-langchain__langgraph_agent.json"
TEXT = """\
name: acme-2026
contracts:
  - {provider: openai, from: 2020-01-01, discount_percent: "12.5", source: MSA 7, checked: 2026-01-02}
  - {provider: azure, models: gpt-4o, from: 2020-01-01, currency: EUR, prices: {input: "2"}, source: EA 1, checked: 2026-01-02}
deployments:
  azure: {support-bot: gpt-4o}
currencies:
  EUR: [{from: 2020-01-01, usd: "1.0834", source: ECB reference rate}]
"""


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "acme.yaml"
    path.write_text(TEXT, encoding="utf-8")
    return str(path)


@pytest.fixture
def wrong(tmp_path: Path) -> str:
    path = tmp_path / "wrong.yaml"
    path.write_text("name: wrong\ndeployments:\n  azure: {a: gpt-nonsense}\n  azur: {b: gpt-4o}\n")
    return str(path)


def test_a_price_has_what_the_list_asks_beside_what_is_paid(command: Command, file: str) -> None:
    arguments = ("price", "openai/gpt-5-mini", "--usage", "input=700", "--at", "2026-11-01")
    document = command(*arguments, "--overrides", file, "--format", "json").document

    assert document["total_usd"] == "0.000153125000"
    assert document["lines"][0]["unit_price_usd"] == "0.21875"
    assert document["lines"][0]["list_unit_price_usd"] == "0.25"
    assert document["lines"][0]["list_amount_usd"] == "0.000175000000"
    assert document["rates_digest"].startswith(f"{packaged_rates().digest}+")
    shown = command(*arguments, "--overrides", file).out
    for part in ("list", "by list", "0.000175", "0.000153125", "+acme-2026#"):
        assert part in shown


def test_the_environment_may_name_the_files(
    command: Command, file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_COSTING_OVERRIDES", file)
    answer = command("price", "azure/support-bot", "--usage", "input=1000000", "--format", "json")

    assert answer.document["total_usd"] == "2.166800000000"


def test_show_lays_both_prices_and_their_provenance_side_by_side(
    command: Command, file: str
) -> None:
    shown = command("rates", "show", "azure/support-bot", "--overrides", file).out

    for part in (
        "found by way of support-bot > gpt-4o",
        f"support-bot is your own name, {file}:6",
        "list USD",
        "2.1668",
        "contract acme-2026: fixed prices in EUR from 2020-01-01",
        "EA 1, checked 2026-01-02",
        "1 EUR = 1.0834 USD, 2020-01-01 to open, ECB reference rate",
        f"book {packaged_rates().digest[:16]}+",
    ):
        assert part in shown, part


def test_show_has_the_same_for_programs(command: Command, file: str) -> None:
    answer = command("rates", "show", "azure/support-bot", "--overrides", file, "--format", "json")
    rate = next(rate for rate in answer.document["rates"] if rate["contracts"])

    assert answer.document["named_in"] == f"{file}:6"
    assert (rate["list_prices"]["input"], rate["prices"]["input"]) == ("2.5", "2.1668")
    assert rate["contracts"][0]["source"] == "EA 1"
    assert rate["exchanges"][0]["usd"] == "1.0834"


def test_a_list_is_of_the_prices_that_are_paid(command: Command, file: str) -> None:
    shown = command(
        "rates", "list", "--provider", "openai", "--overrides", file, "--format", "json"
    )
    (mini,) = [
        rate
        for rate in shown.document["rates"]
        if (rate["model"], rate["tier"]) == ("gpt-5-mini", "standard")
    ]

    assert mini["prices"]["input"] == "0.21875"
    assert "+" in shown.document["digest"]


def test_a_check_finds_every_problem_of_a_file(command: Command, file: str, wrong: str) -> None:
    assert command("rates", "check", "--overrides", file).status == 0
    answer = command("rates", "check", "--overrides", file, "--overrides", wrong)

    assert answer.status == 1
    assert "wrong.yaml:3: azure.ai.openai has no model 'gpt-nonsense'" in answer.out
    assert "wrong.yaml:4: there is no provider 'azur'" in answer.out


def test_a_wrong_file_is_bad_input_wherever_it_is_given(command: Command, wrong: str) -> None:
    answer = command("price", "openai/gpt-5-mini", "--usage", "input=1", "--overrides", wrong)

    assert answer.status == 2
    assert "wrong.yaml:3" in answer.err
    assert "wrong.yaml:4" in answer.err


def test_an_application_keeps_the_packaged_rates_where_a_file_is_wrong(
    wrong: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OTEL_COSTING_OVERRIDES", wrong)
    default_rates.cache_clear()
    try:
        books = {default_rates().digest, default_rates().digest}
    finally:
        default_rates.cache_clear()

    assert books == {packaged_rates().digest}
    (warning,) = caplog.messages
    assert "OTEL_COSTING_OVERRIDES: 2 problems" in warning
    assert "wrong.yaml:3" in warning


def test_an_application_prices_under_the_files_that_the_environment_names(
    file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_COSTING_OVERRIDES", file)
    default_rates.cache_clear()
    try:
        book = default_rates()
    finally:
        default_rates.cache_clear()

    assert book.digest.startswith(f"{packaged_rates().digest}+")
    assert book.resolve("azure", "support-bot") is not None


ENTRIES = """
SELECT arrayJoin(arrayZip(items.list_unit_price, items.unit_price, items.list_amount_usd, items.amount_usd)) AS line,
       rates_digest, rate_id
FROM ledger
"""
RATES = """
SELECT prices.meter, prices.list_unit_price, prices.unit_price, contracts.name, contracts.terms, contracts.source
FROM rates
"""


def test_the_ledger_keeps_list_price_contract_and_both_digests(
    command: Command, dsn: str, file: str
) -> None:
    booked = command("ingest", str(AGENT), "--overrides", file, "--dsn", dsn, "--format", "json")
    with Store.open(dsn) as store:
        entries = store.connection.query(ENTRIES).rows
        rates = store.connection.query(RATES).rows

    assert booked.document["priced"] == 2
    for (listed, paid, by_list, amount), digest, rate_id in entries:
        assert paid == listed * Decimal("0.875")
        assert abs(amount - by_list * Decimal("0.875")) <= Decimal("1e-12")
        assert digest.startswith(f"{packaged_rates().digest}+")
        assert "+acme-2026#" in rate_id
    for _, listed, paid, names, terms, sources in rates:
        assert paid == [each * Decimal("0.875") for each in listed]
        assert (names, terms, sources) == (["acme-2026"], ["12.5 % off list"], ["MSA 7"])
    assert rates
