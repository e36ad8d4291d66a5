"""The manual is executed, and nothing public goes unmentioned.

The queries of `docs/ledger.md` are asked of a ledger with corrections, in `clickhouse/test_documented_queries.py`.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from otel_costing import semconv
from otel_costing.clickhouse.store import Store

ROOT = Path(__file__).parent.parent
PAGES = ("README.md", "docs/attribution.md", "docs/ledger.md")


class Block(NamedTuple):
    """One fenced block of a page."""

    page: str
    line: int
    language: str
    text: str


def blocks() -> list[Block]:
    """Every fenced block of the pages."""
    found = []
    for page in PAGES:
        text = (ROOT / page).read_text(encoding="utf-8")
        for match in re.finditer(r"^```(\w+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
            line = text.count("\n", 0, match.start()) + 1
            found.append(Block(page, line, match[1], match[2]))
    return found


def of(*languages: str) -> list[Block]:
    return [block for block in blocks() if block.language in languages]


def name(block: Block) -> str:
    return f"{block.page}:{block.line}"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory of its own, with the ledger that the README's commands make."""
    return tmp_path_factory.mktemp("home")


def run(arguments: list[str], home: Path) -> str:
    commands = Path(sys.executable).parent
    environment = {
        **os.environ,
        "PATH": f"{commands}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "XDG_DATA_HOME": str(home),
        "HOME": str(home),
    }
    done = subprocess.run(
        arguments,
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_every_block_is_of_a_language_that_is_executed() -> None:
    assert {block.language for block in blocks()} == {
        *("python", "bash", "sql", "mermaid"),
        # What the demo shows, which its own tests compare.
        "text",
    }


@pytest.mark.parametrize("block", of("python"), ids=name)
def test_python_in_the_manual_runs_without_a_warning(block: Block, home: Path) -> None:
    run([sys.executable, "-W", "error", "-c", block.text], home)


def test_the_processor_example_prints_the_cost_it_promises(home: Path) -> None:
    example = next(block for block in of("python") if "ConsoleSpanExporter" in block.text)
    promised = re.search(r'"otel_costing\.cost\.usd": "([0-9.]+)"', example.text)
    assert promised is not None

    assert f'"otel_costing.cost.usd": "{promised[1]}"' in run(
        [sys.executable, "-c", example.text], home
    )


def test_the_commands_and_the_query_of_the_manual_run_on_one_ledger(home: Path) -> None:
    """The commands in their order, then the analyst's query on the ledger they made."""
    for block in of("bash"):
        for line in block.text.splitlines():
            command = line.partition("  #")[0].strip()
            if command and not command.startswith(("make ", "pip ")):
                run(["bash", "-euc", command], home)
    (query,) = (block for block in of("sql") if block.page == "README.md")
    ledger = str(home / "otel-costing" / "ledger")
    assert "gpt-5-mini" in run([sys.executable, "-c", QUERY, ledger, query.text], home)


QUERY = """
import sys
import clickhouse_connect
client = clickhouse_connect.get_client(dsn=f"chdb://{sys.argv[1]}")
print(client.query(sys.argv[2]).result_rows)
"""


def test_commands_left_to_ci_are_named_there() -> None:
    """What this module does not execute, .ci/run and the Makefile do."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    ci = (ROOT / ".ci/run").read_text(encoding="utf-8")
    for block in of("bash"):
        for target in re.findall(r"^make (\w+)", block.text, re.MULTILINE):
            assert f"\n{target}:" in makefile
            assert f"make {target}" in ci


def test_every_attribute_and_metric_we_write_is_documented() -> None:
    """A cost attribute nobody can look up is a bug."""
    page = (ROOT / "docs/attributes.md").read_text(encoding="utf-8")

    assert [written for written in semconv.written() if f"`{written}`" not in page] == []


def test_every_table_and_column_of_the_ledger_is_documented(dsn: str) -> None:
    """The columns are a contract with analysts: all that the engine has, but for what only the store reads."""
    page = (ROOT / "docs/ledger.md").read_text(encoding="utf-8")
    with Store.open(dsn) as store:
        columns = store.connection.query(COLUMNS).rows
    names = {name for pair in columns for name in pair}

    assert len(columns) > 200
    assert sorted(name for name in names if f"`{name}`" not in page) == []


COLUMNS = """
SELECT table, name
FROM system.columns
WHERE database = currentDatabase()
  AND default_kind != 'MATERIALIZED'
  AND table NOT IN ('schema_versions', 'schema_views', 'rollup_rows', 'rollup_builds', 'rollup_checks')
"""


def test_every_linked_page_is_there() -> None:
    for page in [ROOT / "README.md", *ROOT.glob("docs/**/*.md"), ROOT / "rates/README.md"]:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
