"""`otel-costing reprice`: the effect is shown first, then posted; each way to say which rates and which calls."""

from __future__ import annotations

from pathlib import Path

import pytest

from otel_costing.batch import batch_of
from otel_costing.cli.output import console
from otel_costing.cli.reprice import show_effect
from otel_costing.clickhouse.store import Store
from otel_costing.rates import packaged_rates
from tests.calls import NOON, SECOND, hex_id, record
from tests.cli.conftest import Command

MINE = """\
name: ours
models:
  - provider: acme-gpu
    model: our-finetune
    source: cost sheet
    checked: 2026-10-01
    rates:
      - {from: null, prices: {input: "1", output: "2"}}
"""
CONTRACT = """\
name: ours
contracts:
  - {provider: openai, models: gpt-4o, from: 2020-01-01, discount_percent: "50", source: MSA, checked: 2026-01-01}
"""
TOTALS = ("calls", "late_rate", "rate_correction", "entries", "before_usd", "after_usd")


@pytest.fixture
def ledger(dsn: str) -> str:
    """The address of a ledger with two calls, one of a model that nobody knows."""
    return filled(dsn)


@pytest.fixture(scope="module")
def shared_ledger(directory: Path) -> str:
    """The address of one such ledger for all that only look."""
    return filled(f"chdb://{directory}?database=looked_at")


def filled(dsn: str) -> str:
    spans = []
    known = (("openai", "gpt-4o"), ("acme-gpu", "our-finetune"))
    for number, (provider, model) in enumerate(known):
        said = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": provider,
            "gen_ai.request.model": model,
            "gen_ai.usage.input_tokens": 1000,
            "gen_ai.usage.output_tokens": 200,
            "otel_costing.team": "search",
        }
        spans.append(record(number, trace=hex_id(number, 32))._replace(attributes=said))
    with Store.open(dsn) as store:
        store.book(batch_of(spans, packaged_rates(), NOON + SECOND))
    return dsn


def written(directory: Path, text: str) -> str:
    """Return the path of a team's own file."""
    file = directory / "ours.yaml"
    file.write_text(text)
    return str(file)


def test_a_model_that_a_team_prices_itself_is_charged_late(
    command: Command, ledger: str, tmp_path: Path
) -> None:
    asked = ("reprice", "--dsn", ledger, "--overrides", written(tmp_path, MINE))

    shown = command(*asked, "--dry-run", "--format", "json").document
    posted = command(*asked, "--format", "json").document
    again = command(*asked, "--format", "json").document

    assert [shown[name] for name in TOTALS] == [1, 1, 0, 0, "0.000000000000", "0.001400000000"]
    assert (shown["dry_run"], posted["dry_run"]) == (True, False)
    assert posted["rows"] == shown["rows"]
    assert shown["rows"] == [
        {
            "day": "2026-11-22",
            "provider": "acme-gpu",
            "model": "our-finetune",
            "team": "search",
            "calls": 1,
            "unpriced_calls": 1,
            "before_usd": None,
            "after_usd": "0.001400000000",
            "difference_usd": "0.001400000000",
        }
    ]
    assert (posted["entries"], again["entries"], again["calls"]) == (2, 0, 0)
    report = command("report", "--dsn", ledger, "--by", "model", "--format", "json").document
    assert all(row["unpriced_calls"] == 0 for row in report["rows"])


def test_the_rollups_say_what_the_corrections_came_to(
    command: Command, ledger: str, tmp_path: Path
) -> None:
    command("reprice", "--dsn", ledger, "--overrides", written(tmp_path, CONTRACT))

    with Store.open(ledger) as store:
        of_rollups = store.connection.query("SELECT sum(usd) FROM rollup_daily").rows
        of_costs = store.connection.query("SELECT sum(total_usd) FROM costs").rows
    assert of_rollups == of_costs


def test_a_contract_that_came_late_corrects_what_it_was_for(
    command: Command, ledger: str, tmp_path: Path
) -> None:
    answer = command(
        *("reprice", "--dsn", ledger, "--overrides", written(tmp_path, CONTRACT)),
        *("--unpriced-only", "--dry-run", "--format", "json"),
    )
    assert answer.document["calls"] == 0

    everything = command("reprice", "--dsn", ledger, "--overrides", written(tmp_path, CONTRACT))

    assert everything.status == 0
    assert "1 changed by 2 entries: 0 late_rate, 1 rate_correction" in " ".join(
        everything.out.split()
    )
    assert max(map(len, everything.out.splitlines())) <= 80


def test_a_directory_of_tables_prices_instead_of_the_packaged_ones(
    command: Command, ledger: str, tmp_path: Path
) -> None:
    """It does not know what stands, which therefore keeps its price and is told of."""
    (tmp_path / "names.yaml").write_text("providers: {acme-gpu: []}\ntiers: {}\npatterns: []\n")
    (tmp_path / "acme.yaml").write_text(
        "provider: acme-gpu\nsource: https://a.example\nchecked: 2026-10-01\nmodels:\n"
        '  our-finetune:\n    rates:\n      - {from: null, prices: {input: "1", output: "2"}}\n'
    )

    answer = command("reprice", "--dsn", ledger, "--rates", str(tmp_path), "--format", "json")

    assert answer.document["late_rate"] == 1
    kept = {"provider": "openai", "model": "gpt-4o", "reason": "unknown_model", "calls": 1}
    assert answer.document["kept"] == [kept]


def test_prices_under_overrides_are_not_forgotten_by_leaving_them_out(
    command: Command, ledger: str, tmp_path: Path
) -> None:
    command("reprice", "--dsn", ledger, "--overrides", written(tmp_path, CONTRACT))

    refused = command("reprice", "--dsn", ledger)
    meant = command("reprice", "--dsn", ledger, "--without-overrides", "--format", "json")

    assert refused.status == 2
    assert "1 charges were made under overrides" in refused.err
    assert meant.document["rate_correction"] == 1


@pytest.mark.parametrize(("named", "calls"), [("OpenAI", 1), ("acme-gpu", 0)])
def test_a_provider_may_be_named_as_the_rates_know_it(
    command: Command, ledger: str, tmp_path: Path, named: str, calls: int
) -> None:
    answer = command(
        *("reprice", "--dsn", ledger, "--overrides", written(tmp_path, CONTRACT)),
        *("--provider", named, "--dry-run", "--format", "json"),
    )

    assert answer.document["calls"] == calls


def test_csv_has_a_row_for_each_day_model_and_team(
    command: Command, ledger: str, tmp_path: Path
) -> None:
    answer = command(
        *("reprice", "--dsn", ledger, "--overrides", written(tmp_path, MINE)),
        *("--dry-run", "--format", "csv"),
    )

    head, row = answer.out.splitlines()
    assert head.startswith("day,provider,model,team,calls,unpriced_calls,before_usd")
    assert row == "2026-11-22,acme-gpu,our-finetune,search,1,1,,0.001400000000,0.001400000000"


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (("--rates", "nowhere"), "does not exist"),
        (("--overrides", "nowhere.yaml"), "nowhere.yaml"),
        (("--since", "yesterday"), "is no date or instant"),
    ],
)
def test_what_cannot_be_used_is_said(
    command: Command, ledger: str, asked: tuple[str, ...], says: str
) -> None:
    answer = command("reprice", "--dsn", ledger, *asked)

    assert answer.status == 2
    assert says in answer.err


def test_many_rows_are_cut_and_what_is_kept_is_named() -> None:
    row = {
        "provider": "acme",
        "model": "m",
        "team": "",
        "calls": 1,
        "before_usd": None,
        "after_usd": "1",
        "difference_usd": "1",
    }
    document = {
        **dict.fromkeys(("examined", "calls", "late_rate"), 50),
        **dict.fromkeys(("rate_correction", "entries"), 0),
        **dict.fromkeys(("after_usd", "difference_usd"), "50"),
        "before_usd": "0",
        "dry_run": True,
        "rows": [{**row, "day": f"2026-10-{day:02}"} for day in range(1, 51)],
        "kept": [{"provider": "acme", "model": "n", "reason": "unknown_model", "calls": 7}],
    }
    out = console()

    with out.capture() as capture:
        show_effect(out, document)

    said = " ".join(capture.get().split())
    assert "... and 10 more; --format csv lists all." in said
    assert "7 calls of acme/n keep their price" in said
    assert "50 would change: 50 late_rate" in said


@pytest.mark.parametrize(
    ("asked", "unmatched", "said"),
    [
        (
            ("--model", "gpt-4oo"),
            [{"of": "model", "name": "gpt-4oo", "nearest": ["gpt-4o"]}],
            "No call is of the model gpt-4oo; the nearest that calls are of: gpt-4o.",
        ),
        (
            ("--provider", "opnai", "--model", "gpt-4o"),
            [{"of": "provider", "name": "opnai", "nearest": ["openai"]}],
            "No call is of the provider opnai; the nearest that calls are of: openai.",
        ),
        (
            ("--provider", "openai", "--model", "our-finetune"),
            [{"of": "model", "name": "our-finetune", "nearest": []}],
            "No call is of the model our-finetune.",
        ),
        (("--provider", "OpenAI", "--model", "gpt-4o"), [], ""),
    ],
)
def test_a_name_that_no_call_has_is_told_with_the_nearest(
    command: Command,
    shared_ledger: str,
    asked: tuple[str, ...],
    unmatched: list[dict[str, object]],
    said: str,
) -> None:
    answer = command("reprice", "--dsn", shared_ledger, *asked, "--dry-run", "--format", "json")

    assert answer.document["unmatched"] == unmatched
    assert " ".join(answer.err.split()) == said
