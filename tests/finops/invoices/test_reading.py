"""Each provider's export, in its documented shape, becomes lines that sum to the document."""

from __future__ import annotations

import gzip
import itertools
import json
from decimal import Decimal
from pathlib import Path

import jsonschema
import pyarrow.csv
import pyarrow.parquet
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from otel_costing.finops.invoices import amounts, formats
from otel_costing.finops.invoices.amounts import DateOrder
from otel_costing.finops.invoices.line import InvoiceLine, Kind
from otel_costing.finops.invoices.reading import Invoices, read_invoices
from otel_costing.meters import METERS
from otel_costing.rates import packaged_rates

EXPORTS = Path(__file__).with_name("exports")
DATA = Path(formats.__file__).parent


def read(*paths: Path, dates: DateOrder | None = None, **options: str) -> Invoices:
    return read_invoices(paths, packaged_rates(), dates=dates, **options)


def export(name: str) -> Invoices:
    return read(EXPORTS / name)


def told(lines: tuple[InvoiceLine, ...]) -> list[tuple[str, str, str, str, str]]:
    return sorted(
        (
            f"{line.model}/{line.meter}",
            line.account,
            "" if line.quantity is None else f"{line.quantity.normalize():f}",
            f"{line.amount_usd.normalize():f}",
            line.kind.value,
        )
        for line in lines
    )


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        (
            "openai-costs.json",
            [
                ("/", "", "", "-3", "credit"),
                ("/", "", "", "12.5", "usage"),
                ("/web_search", "proj_support", "", "0", "usage"),
                ("gpt-4o/cache_read", "proj_support", "", "0.0000001", "usage"),
                ("gpt-4o/input", "proj_support", "", "0.0600000000012", "usage"),
                ("gpt-4o/output", "", "", "0.25", "usage"),
            ],
        ),
        (
            "anthropic-costs.json",
            [
                ("/", "", "", "0.08", "fee"),
                ("/web_search", "wrkspc_1", "", "10", "usage"),
                ("claude-sonnet-4-5/cache_write_1h", "wrkspc_1", "", "0.005", "usage"),
                ("claude-sonnet-4-5/input", "", "", "0.1", "usage"),
                ("claude-sonnet-4-5/input", "", "", "1.2345", "usage"),
            ],
        ),
        (
            "aws-cur.csv",
            [
                ("/", "111122223333", "", "0.07", "tax"),
                ("claude-sonnet-4-5/cache_read", "111122223333", "1000000", "0.3", "usage"),
                ("claude-sonnet-4-5/input", "111122223333", "0", "-0.4", "credit"),
                ("claude-sonnet-4-5/input", "111122223333", "150000", "0.45", "usage"),
                ("claude-sonnet-4-5/output", "111122223333", "10000", "0.15", "usage"),
            ],
        ),
        (
            "azure-costs.csv",
            [
                ("gpt-4o-mini/cache_read", "sub-1", "20000", "0.0015", "usage"),
                ("gpt-4o/input", "sub-1", "12500", "0.03125", "usage"),
                ("gpt-4o/output", "sub-1", "1000000", "10", "usage"),
            ],
        ),
        (
            "focus.csv",
            [
                ("/", "222", "", "0.03", "tax"),
                ("claude-sonnet-4-5/input", "222", "", "-0.05", "adjustment"),
                ("claude-sonnet-4-5/input", "222", "150000", "0.45", "usage"),
            ],
        ),
        (
            "vertex-billing.jsonl",
            [
                ("/", "0A", "", "0.06", "tax"),
                ("gemini-2.5-flash/", "shop", "", "-0.1", "credit"),
                ("gemini-2.5-flash/reasoning", "shop", "100000", "0.25", "usage"),
                ("gemini-2.5-flash/reasoning", "shop", "200000", "0.5", "usage"),
            ],
        ),
        (
            "openrouter-activity.json",
            [
                ("openai/gpt-4.1/", "", "", "0.0000001", "usage"),
                ("openai/gpt-4.1/", "", "", "0.015", "usage"),
            ],
        ),
        (
            "plain.csv",
            [("/", "acme", "", "20", "fee"), ("gpt-4o/input", "acme", "1000000", "2.5", "usage")],
        ),
    ],
)
def test_an_export_becomes_lines_by_model_and_meter(
    name: str, lines: list[tuple[str, str, str, str, str]]
) -> None:
    invoices = export(name)

    assert invoices.problems == ()
    assert told(invoices.lines) == lines


@pytest.mark.parametrize(
    ("name", "total", "left_out"),
    [
        ("openai-costs.json", "9.8100001000012", "0"),
        ("anthropic-costs.json", "11.4195", "0"),
        ("aws-cur.csv", "0.57", "0.0104"),
        ("azure-costs.csv", "10.03275", "2.304"),
        ("focus.csv", "0.43", "1"),
        ("vertex-billing.jsonl", "0.71", "4"),
        ("openrouter-activity.json", "0.0150001", "0"),
        ("plain.csv", "22.5", "0"),
    ],
)
def test_nothing_of_a_document_is_lost(name: str, total: str, left_out: str) -> None:
    invoices = export(name)

    assert sum(line.amount_usd for line in invoices.lines) == Decimal(total)
    assert invoices.left_out.amount_usd == Decimal(left_out)


def test_every_fixture_is_of_a_known_format_and_every_format_obeys_the_schema() -> None:
    known = yaml.safe_load((DATA / "formats.yaml").read_text())
    items = yaml.safe_load((DATA / "line_items.yaml").read_text())
    schema = json.loads((DATA / "formats.schema.json").read_text())

    jsonschema.Draft202012Validator(schema).validate(known)
    assert known.keys() == items.keys()
    meters = {each["meter"] for told_ in items.values() for each in told_.get("meters", ())}
    assert meters <= METERS.keys()
    assert {path.name.partition(".")[0] for path in EXPORTS.iterdir()} <= known.keys()


def test_a_table_reads_the_same_as_csv_gzipped_csv_and_parquet(tmp_path: Path) -> None:
    plain = EXPORTS / "aws-cur.csv"
    packed = tmp_path / "cur.csv.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    columns = tmp_path / "cur.parquet"
    pyarrow.parquet.write_table(pyarrow.csv.read_csv(plain), columns)

    assert told(read(packed).lines) == told(read(plain).lines) == told(read(columns).lines)
    assert [line.key for line in read(packed).lines] == [line.key for line in read(plain).lines]


def test_a_document_that_is_given_twice_counts_once(tmp_path: Path) -> None:
    again = tmp_path / "again.csv"
    again.write_bytes((EXPORTS / "aws-cur.csv").read_bytes())

    packed = tmp_path / "again.csv.gz"
    packed.write_bytes(gzip.compress((EXPORTS / "aws-cur.csv").read_bytes()))

    for other in (again, packed):
        assert told(read(EXPORTS / "aws-cur.csv", other).lines) == told(export("aws-cur.csv").lines)


@pytest.mark.parametrize(
    ("unit", "units"),
    [
        ("", "1"),
        ("tokens", "1"),
        ("count", "1"),
        ("1", "1"),
        ("1 Hour", "1"),
        ("1K tokens", "1000"),
        ("1,000 Tokens", "1000"),
        ("1000000 Tokens", "1000000"),
        ("1M", "1000000"),
        ("MTok", "1000000"),
        ("1 MTokens", "1000000"),
        ("10 million tokens", "10000000"),
        ("Units", None),
        ("per 1M tokens", None),
        ("1.000.000 tokens", None),
        ("9" * 100, None),
    ],
)
def test_a_unit_says_how_many_it_is_or_nobody_can_tell(unit: str, units: str | None) -> None:
    assert amounts.units_of(unit) == (None if units is None else Decimal(units))


def test_the_units_of_a_marketplace_are_no_quantity_of_tokens(tmp_path: Path) -> None:
    text = (EXPORTS / "aws-cur.csv").read_text().replace("1K tokens,", "Units,")
    (tmp_path / "cur.csv").write_text(text)

    usage = [one for one in read(tmp_path / "cur.csv").lines if one.kind is Kind.USAGE]

    assert {one.meter: one.quantity for one in usage} == {
        "input": None,
        "output": None,
        "cache_read": Decimal(1_000_000),
    }


def pages(count: int, more: list[bool]) -> list[str]:
    whole = json.loads((EXPORTS / "openai-costs.json").read_text(), parse_float=str)
    buckets = whole["data"]
    cut = [buckets[position::count] for position in range(count)]
    return [
        json.dumps({"object": "page", "data": some, "has_more": follows})
        for some, follows in zip(cut, more, strict=True)
    ]


@given(order=st.permutations(range(3)), repeated=st.integers(0, 2))
def test_pages_give_the_same_lines_in_any_order_and_twice(
    tmp_path_factory: pytest.TempPathFactory, order: list[int], repeated: int
) -> None:
    directory = tmp_path_factory.mktemp("pages")
    texts = pages(3, [True, True, False])
    for name, position in enumerate([*order, repeated]):
        (directory / f"{name}.json").write_text(texts[position] + " " * name)

    invoices = read(*directory.iterdir())

    assert invoices.problems == ()
    assert told(invoices.lines) == told(export("openai-costs.json").lines)
    assert {line.key for line in invoices.lines} == {
        line.key for line in export("openai-costs.json").lines
    }


def test_a_missing_last_page_is_told(tmp_path: Path) -> None:
    (tmp_path / "page.json").write_text(pages(1, [True])[0])

    (problem,) = read(tmp_path / "page.json").problems

    assert "the last of them is missing" in problem.what


def test_two_pages_that_bill_one_line_differently_are_told(tmp_path: Path) -> None:
    for name, amount in (("one", "1.00"), ("two", "2.00")):
        row = f'{{"date": "2026-10-01", "model": "a/b", "usage": {amount}, "requests": 1}}'
        (tmp_path / name).write_text(f'{{"data": [{row}]}}')

    (problem,) = read(tmp_path / "one", tmp_path / "two").problems

    assert problem.what == "bills 2.00 for what one:1.data[0] bills 1.00"


PLAIN = "provider,day,amount_usd,model,meter,quantity\n"


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        (PLAIN + "openai,2026-10-01,NaN,,,\n", "file:2", "larger than any amount"),
        (PLAIN + "openai,2026-10-01,1e1000,,,\n", "file:2", "larger than any amount"),
        (PLAIN + "openai,2026-10-01,1e-60,,,\n", "file:2", "over 40 digits"),
        (PLAIN + "openai,2026-10-01,1.0.0,,,\n", "file:2", "no decimal number"),
        (PLAIN + "openai,2026-10-01,1_5,,,\n", "file:2", "no decimal number"),
        (PLAIN + "openai,2026-10-01,1,gpt-4o,input_tokens,\n", "file:2", "'input_tokens'"),
        (
            "provider,day,amount_usd,kind\nopenai,2026-10-01,-1,discount\n",
            "file:2",
            "'discount', which is none of usage, fee, credit",
        ),
        (PLAIN + "openai,soon,1,,,\n", "file:2", "write 2026-10-31"),
        (PLAIN + "openai,13/13/2026,1,,,\n", "file:2", "month must be in 1..12"),
        (
            PLAIN + "openai,01/10/2026,1,,,\n",
            "file:2",
            "may be 2026-01-10 or 2026-10-01: say --dates",
        ),
        (PLAIN + "openai,1926-10-01,1,,,\n", "file:2", "in no year"),
        (PLAIN + "openai,2026-10-01\n", "file:2", "2 cells under 6 names"),
        (PLAIN + 'openai,"2026\n', "file:2", "no CSV"),
        (PLAIN.replace("meter", "model") + "", "file:1", "two columns are called 'model'"),
        ("a,b\n1,2\n", "file:2", "no export that is known"),
        ("", "file", "holds no row"),
        ('{"data": [', "file", "is no JSON"),
        ('{"data": [{"date": "2026-10-01", "usage": NaN}]}', "file", "NaN is no number"),
        ("[" * 100_000, "file", "is no JSON"),
        ('{"date":"2026-10-01","model":"m","usage":1e999999999,"requests":1}', "file:1", "larger"),
        ("\x1f\x8bnot gzip", "file", "cannot be read"),
        ("PAR1 is not Parquet", "file", "no Parquet"),
        ("provider,day,amount_usd\n\xff\xfe,2026-10-01,1", "file", "UTF-8"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place(
    tmp_path: Path, text: str, place: str, said: str
) -> None:
    (tmp_path / "file").write_bytes(text.encode("latin-1"))

    invoices = read(tmp_path / "file")

    assert invoices.lines == ()
    (problem,) = invoices.problems
    assert problem.place.startswith(place)
    assert said in problem.what


def test_another_currency_is_refused_and_never_converted(tmp_path: Path) -> None:
    text = (EXPORTS / "azure-costs.csv").read_text().replace(",USD,", ",EUR,")
    (tmp_path / "costs.csv").write_text(text)

    problems = read(tmp_path / "costs.csv").problems

    assert [problem.place for problem in problems] == [f"costs.csv:{line}" for line in (2, 3, 4, 5)]
    assert all("only US dollars are booked" in problem.what for problem in problems)


def test_all_mistakes_of_a_file_are_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "plain.csv").write_text(PLAIN + "openai,soon,1,,,\nopenai,2026-10-01,much,,,\n")

    assert len(read(tmp_path / "plain.csv").problems) == 2


def test_a_formula_in_a_text_stays_a_text() -> None:
    assert "=SUM(A1:A9)" in {line.description for line in export("plain.csv").lines}


def test_one_provider_can_be_asked_for() -> None:
    invoices = read(EXPORTS / "focus.csv", provider="openai")

    assert invoices.lines == ()
    assert invoices.left_out.rows == 4


def test_hours_of_a_day_are_one_line_and_a_month_keeps_its_length() -> None:
    day_ns = 86_400 * 10**9
    lengths = {
        line.kind: (line.end_ns - line.start_ns) // day_ns
        for line in export("aws-cur.csv").lines
        if line.kind is not Kind.CREDIT
    }

    assert lengths == {Kind.USAGE: 1, Kind.TAX: 31}


@given(st.lists(st.binary(max_size=60), max_size=3))
def test_no_bytes_do_harm(tmp_path_factory: pytest.TempPathFactory, parts: list[bytes]) -> None:
    path = tmp_path_factory.mktemp("hostile") / "file"
    for head in (b"", b"{", b"PAR1", b"\x1f\x8b", PLAIN.encode()):
        path.write_bytes(head + b"\n".join(parts))
        invoices = read(path)
        assert invoices.problems or all(line.amount_usd.is_finite() for line in invoices.lines)


def test_keys_tell_every_line_of_every_export_apart() -> None:
    lines = list(itertools.chain(*(read(path).lines for path in EXPORTS.iterdir())))

    assert len({line.key for line in lines}) == len(lines)


@pytest.mark.parametrize(
    ("text", "order", "day"),
    [
        ("10/31/2026", None, "2026-10-31"),
        ("31/10/2026", None, "2026-10-31"),
        ("10/10/2026", None, "2026-10-10"),
        ("01/10/2026", DateOrder.DAY_FIRST, "2026-10-01"),
        ("01/10/2026", DateOrder.MONTH_FIRST, "2026-01-10"),
    ],
)
def test_a_date_with_slashes_is_read_in_the_one_way_there_is(
    text: str, order: DateOrder | None, day: str
) -> None:
    assert amounts.instant_of(text, order) == amounts.instant_of(day)


@pytest.mark.parametrize(
    ("text", "order", "fix"),
    [
        ("10/31/2026", DateOrder.DAY_FIRST, "say --dates month-first"),
        ("31/10/2026", DateOrder.MONTH_FIRST, "say --dates day-first"),
    ],
)
def test_a_date_that_is_written_the_other_way_round_is_refused(
    text: str, order: DateOrder, fix: str
) -> None:
    with pytest.raises(ValueError, match=fix):
        amounts.instant_of(text, order)


def test_dates_are_read_as_the_provider_documents_them_unless_somebody_says_otherwise() -> None:
    azure = EXPORTS / "azure-costs.csv"

    assert min(one.start_ns for one in read(azure).lines) == amounts.instant_of("2026-10-01")
    (problem,) = read(azure, dates=DateOrder.DAY_FIRST).problems
    assert "10/31/2026 is no date that is written day-first" in str(problem)


def test_a_line_says_in_which_format_it_came_whichever_way_that_is_written() -> None:
    assert {one.format for one in export("openrouter-activity.json").lines} == {
        "openrouter-activity"
    }
    assert {one.format for one in export("focus.csv").lines} == {"focus"}
