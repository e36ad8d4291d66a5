"""Small books under a team's own files."""

from __future__ import annotations

from pathlib import Path

from otel_costing.rates import RateBook
from tests.rate_books import book_files, table

NAMES = """\
providers:
  acme: []
  aws.bedrock: [bedrock]
  azure.ai.openai: [azure]
tiers:
  standard: [default]
patterns:
  - {pattern: '(?:converse|invoke)/(?P<model>.+)', providers: [aws.bedrock], why: route}
  - {pattern: '(?P<region>us|eu|global)\\.(?P<model>.+)', providers: [aws.bedrock], why: scope}
  - {pattern: '(?P<model>.+)-[0-9]{8}', why: dated snapshot}
"""
ACME = table("""\
  large:
    aliases: [large-1]
    rates:
      - {from: null, prices: {input: "3", cache_read: "0.3", output: "15"}}
      - {from: 2026-07-01, prices: {input: "2", cache_read: "0.2", output: "10"}}
      - {tier: batch, from: null, prices: {input: "1.5", output: "7.5"}}
  small:
    rates:
      - from: 2026-01-01
        prices: {input: "0.1", output: "0.4", reasoning: "0.5"}
        context:
          - {from: 1000, prices: {input: "0.2", output: "0.8", reasoning: "1"}}
        hours:
          - {between: "16:30-00:30", prices: {input: "0.05", output: "0.2", reasoning: "0.3"}}
""")
AZURE = table(
    '  gpt-4o:\n    rates:\n      - {from: null, prices: {input: "2.5", output: "10"}}\n',
    "azure.ai.openai",
)
BEDROCK = table(
    """\
  claude:
    rates:
      - {from: null, prices: {input: "3", output: "15"}}
      - {region: eu, from: null, prices: {input: "3.3", output: "16.5"}}
""",
    "aws.bedrock",
)


def base_book(directory: Path) -> RateBook:
    """Return the book of two providers' clouds and of acme, without a team's files."""
    book, problems = RateBook.load(book_files(directory, ACME, AZURE, BEDROCK, names=NAMES))
    assert problems == []
    assert book is not None
    return book


def team_files(directory: Path, *texts: str) -> list[Path]:
    """Write a team's files, named in their order."""
    paths = [directory / f"team{number}.yaml" for number, _ in enumerate(texts)]
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text if text.startswith("name:") else f"name: acme-2026\n{text}", "utf-8")
    return paths


def under(book: RateBook, directory: Path, *texts: str) -> RateBook:
    """Return a book as a team's files change it."""
    changed, problems = book.with_overrides(team_files(directory, *texts))
    assert problems == []
    assert changed is not None
    return changed


def contract(said: str, provider: str = "acme") -> str:
    """Return a file with one contract."""
    return f"contracts:\n  - {{provider: {provider}, source: MSA 7, checked: 2026-01-02, {said}}}\n"
