"""Small rate books for tests, written as a person writes them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from otel_costing.rates import Rate, RateBook
from otel_costing.usage import Unpriced, Usage

ONE = Usage(input=1)
NAMES = """\
providers:
  acme: [acme_inc]
  aws.bedrock: [bedrock]
tiers:
  standard: [default]
patterns:
  - {pattern: '(?P<region>us|eu|global)\\.(?P<model>.+)', providers: [aws.bedrock], why: scope}
  - {pattern: '(?P<model>.+)-[0-9]{8}', why: dated snapshot}
"""


def table(models: str, provider: str = "acme") -> str:
    """Return a table with the given YAML of its models, indented by two."""
    head = f"provider: {provider}\nsource: https://acme.example/pricing\nchecked: 2026-10-01\nmodels:\n"
    return head + models


def one_model(rates: str, model: str = "m") -> str:
    """Return a table of one model with the given YAML of its rates, indented by six."""
    return table(f"  {model}:\n    rates:\n{rates}")


def book_files(directory: Path, *tables: str, names: str = NAMES) -> Path:
    """Write tables, and the names, into `directory`."""
    (directory / "names.yaml").write_text(names, encoding="utf-8")
    for number, text in enumerate(tables):
        (directory / f"table{number}.yaml").write_text(text, encoding="utf-8")
    return directory


def book_of(directory: Path, *tables: str) -> RateBook:
    """Return the book of tables that have no problem."""
    book, problems = RateBook.load(book_files(directory, *tables))
    assert problems == []
    assert book is not None
    return book


def instant_ns(text: str) -> int:
    """Return nanoseconds since 1970 of a date or instant, UTC."""
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 10**9


def found(
    book: RateBook, model: str = "m", usage: Usage = ONE, at: str = "2026-01-01", **conditions: str
) -> Rate:
    """Return the rate in force."""
    provider = conditions.pop("provider", "acme")
    rate = book.find(provider, model, usage, at_ns=instant_ns(at), **conditions)
    assert isinstance(rate, Rate), rate
    return rate


def refused(
    book: RateBook, model: str = "m", at: str = "2026-01-01", **conditions: str
) -> Unpriced:
    """Return why there is none."""
    provider = conditions.pop("provider", "acme")
    reason = book.find(provider, model, ONE, at_ns=instant_ns(at), **conditions)
    assert isinstance(reason, Unpriced), reason
    return reason


NAMED = table("""\
  m:
    aliases: [m-20250101]
    rates:
      - {from: null, prices: {input: "1"}}
  m-20250202:
    rates:
      - {from: null, prices: {input: "2"}}
""")
