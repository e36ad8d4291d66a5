"""What docs/operating.md and docs/cluster.md tell an operator to watch and to say is there to be watched and said."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from otel_costing.cli.main import COMMANDS
from otel_costing.clickhouse.connection import connect
from otel_costing_collector.telemetry import Telemetry
from tests.collector.running import Running
from tests.deploy.sql_files import DEPLOY, statements

DOCS = Path(__file__).parents[2] / "docs"
PAGES = {
    name: (DOCS / f"{name}.md").read_text(encoding="utf-8") for name in ("operating", "cluster")
}
INDENTED = [
    line.strip()
    for page in PAGES.values()
    for line in re.findall(r"^ {4,}(\S.*)$", page, re.MULTILINE)
]
SQL = [
    line.rstrip(";")
    for line in [*INDENTED, *re.findall(r"`(ALTER TABLE [^`]+)`", PAGES["operating"])]
    if re.match(r"(SELECT|BACKUP|RESTORE|ALTER) ", line)
]


@pytest.fixture
def telemetry(tmp_path: Path) -> Telemetry:
    """What a collector counts."""
    running = Running(tmp_path / "spool")
    running.stop()
    return running.service.telemetry


def test_every_metric_that_is_to_be_watched_is_there(telemetry: Telemetry) -> None:
    """By the names that Prometheus gives their samples."""
    there = {
        name
        for metric in telemetry.registry.collect()
        for name in (metric.name, f"{metric.name}_total", f"{metric.name}_bucket")
    }
    there |= {"otel_costing_ledger_up"}  # of a collector that books, which this one does not
    watched = set(re.findall(r"\botel_costing_\w+", table_of("What to watch")))

    assert len(watched) > 8
    assert watched <= there


def table_of(section: str) -> str:
    return PAGES["operating"].split(f"## {section}\n")[1].split("\n## ")[0]


def test_every_statement_is_one_that_the_engine_reads(dsn: str) -> None:
    engine = connect(dsn, create=True)
    try:
        for statement in SQL:
            assert engine.query("SELECT formatQuery({sql:String})", {"sql": statement}).rows[0][0]
    finally:
        engine.close()
    assert {statement.split()[0] for statement in SQL} == {"SELECT", "BACKUP", "RESTORE", "ALTER"}


def test_every_command_is_there() -> None:
    named = set(re.findall(r"(?:`|    )otel-costing ([a-z]+)\b", "".join(PAGES.values())))

    assert named <= {*COMMANDS, "collect"}


def test_every_file_that_is_to_be_run_is_there() -> None:
    named = re.findall(r"collector/deploy/[\w./-]+", "".join(PAGES.values()))

    assert named
    assert all((DEPLOY.parents[1] / one).exists() for one in named)


def test_every_anchor_is_a_heading() -> None:
    for name, text in PAGES.items():
        for page, anchor in re.findall(r"\(([\w./]*?)#([\w-]+)\)", text):
            of = (DOCS / (page or f"{name}.md")).read_text(encoding="utf-8")
            headings = re.findall(r"^#+ (.*)$", of, re.MULTILINE)

            assert anchor in {slug(heading) for heading in headings}, f"{name}: {page}#{anchor}"


def slug(heading: str) -> str:
    """Return a heading's anchor, as renderers of Markdown make it."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def test_every_table_that_forgets_is_named_with_its_retention() -> None:
    made = statements(DEPLOY / "clickhouse" / "cluster" / "replicated.sql")
    forget = {re.findall(r"EXISTS (\w+)", one)[0] for one in made if "\nTTL " in one}

    assert "spans" in forget
    assert all(f"| `{table}` |" in table_of("Retention") for table in forget)
