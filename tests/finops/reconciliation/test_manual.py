"""The worked example of the manual is what the commands answer, to the letter."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from otel_costing.clickhouse.store import Store
from otel_costing.finops.reconciliation.explaining import Cause
from tests.cli.conftest import Command, command

__all__ = ["command"]

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs/reconciliation.md"


def steps() -> Iterator[tuple[str, str]]:
    """Yield the page's commands and queries with what stands below them."""
    text = PAGE.read_text(encoding="utf-8")
    for language, block in re.findall(
        r"^```(console|sql)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL
    ):
        if language == "sql":
            yield block, ""
        else:
            asked, _, answer = block.removeprefix("$ ").partition("\n")
            yield asked, answer


def bare(text: str) -> list[str]:
    return [line.rstrip() for line in text.strip().splitlines()]


def test_the_worked_example_answers_what_the_manual_shows(
    command: Command,
    dsn: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("OTEL_COSTING_DSN", dsn)
    for asked, answer in steps():
        if asked.startswith("SELECT"):
            with Store.open(dsn) as store:
                told = [row[1:4] for row in store.connection.query(asked).rows]
            assert [f"{item}, {team or 'nobody'}: {usd:f}" for item, team, usd in told] == [
                "gpt-4o, input, drafts: 0.125000000000",
                "gpt-4o, input, search: 0.125000000000",
                "Startup credits, nobody: -0.020000000000",
                "gpt-4o, output, drafts: 0.010000000000",
            ]
        else:
            _, *arguments = shlex.split(asked)
            assert bare(command(*arguments).out) == bare(answer), asked


def test_every_cause_is_explained() -> None:
    page = PAGE.read_text(encoding="utf-8")

    assert [cause.value for cause in Cause if f"`{cause.value}`" not in page] == []
