"""The page about overrides is executed: its file, its commands, its Python."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest

from tests.cli.conftest import Command, command

__all__ = ["command"]

PAGE = (Path(__file__).parents[2] / "docs" / "overrides.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """The fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The example's file, where its commands look for it."""
    (text,) = blocks("yaml")
    path = tmp_path / "overrides.yaml"
    path.write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return path


def test_the_commands_of_the_page_say_yes(command: Command, file: Path) -> None:
    assert file.is_file()
    for line in "".join(blocks("bash")).splitlines():
        program, *arguments = line.split()
        assert program == "otel-costing"
        assert command(*arguments).status == 0


@pytest.mark.usefixtures("file")
def test_the_python_of_the_page_runs() -> None:
    for text in blocks("python"):
        exec(compile(text, "docs/overrides.md", "exec"), {})  # noqa: S102 - the manual's own example


@pytest.mark.parametrize(
    ("name", "at", "usd"),
    [
        ("anthropic/claude-sonnet-4-5", "2026-12-31", "2.625"),
        ("anthropic/claude-sonnet-4-5", "2027-01-01", "3"),
        ("azure/support-bot", "2026-02-28", "2.5"),
        ("azure/support-bot", "2026-03-01", "2.1668"),
        ("azure/gpt-4o", "2026-04-01", "2.2"),
        ("acme-gpu/llama-70b", "2026-06-01", "0.4"),
        ("acme-gpu/embedder", "2026-06-01", "0"),
        (
            "bedrock/arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/a1b2c3",
            "2026-06-01",
            "3.3",
        ),
    ],
)
def test_the_example_prices_a_million_tokens_as_it_says(
    command: Command, file: Path, name: str, at: str, usd: str
) -> None:
    under = ("--overrides", str(file), "--format", "json")
    document = command("price", name, "--usage", "input=100000", "--at", at, *under).document

    assert Decimal(document["total_usd"]) * 10 == Decimal(usd)


def test_every_key_that_a_file_may_have_is_on_the_page() -> None:
    from otel_costing.rate_overrides import contracts, files

    keys = {
        *files.TOP_KEYS,
        *contracts.CONTRACT_KEYS,
        *contracts.EXCHANGE_KEYS,
    }
    assert sorted(key for key in keys if key not in PAGE) == ["note"]
