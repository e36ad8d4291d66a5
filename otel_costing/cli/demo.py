"""`otel-costing demo`: three teams' agents, one workflow, its cost from every side, on this machine."""

from __future__ import annotations

import os
import shutil
import sys
import time
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import click
from platformdirs import user_data_dir
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from otel_costing.cli.coverage import show_coverage
from otel_costing.cli.ledger import open_ledger
from otel_costing.cli.options import BadInput
from otel_costing.cli.output import console
from otel_costing.cli.report_rows import report_rows
from otel_costing.cli.report_tables import Row, show_report, total_usd
from otel_costing.cli.trace_table import show_tree

if TYPE_CHECKING:
    from otel_costing.clickhouse.store import Store
    from otel_costing.demo.run import DemoRun

_LEFT = "otlp", "logs", "ledger"


@click.command("demo", short_help="See all of it on this machine, in a minute.")
@click.option(
    "--directory",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    help="Where the demo keeps its files; made anew each time.",
)
@click.option(
    "--tickets",
    type=click.IntRange(3, 200),
    default=8,
    show_default=True,
    help="How many customers ask.",
)
def demo_command(directory: Path | None, tickets: int) -> None:
    """Run three teams' services against a stand-in for the providers, and show what it cost.

    No key and no network: everything runs on loopback. The ledger stays, for you to ask.
    """
    home = directory or Path(user_data_dir("otel-costing")) / "demo"
    _clear(home)
    out = console()
    run = _run(home, tickets, out)
    dsn = f"chdb://{home.resolve() / 'ledger'}"
    with open_ledger(dsn, create=True) as store:
        _book(store, run, out)
        _show(store, run, out)
    _farewell(out, dsn, run)


def _clear(home: Path) -> None:
    """Remove what an earlier demo left, and nothing else that may lie there."""
    for name in _LEFT:
        shutil.rmtree(home / name, ignore_errors=True)
    home.mkdir(parents=True, exist_ok=True)


def _run(home: Path, tickets: int, out: Console) -> DemoRun:
    try:
        from otel_costing.demo.processes import DemoError
        from otel_costing.demo.run import run_services
    except ImportError as missing:
        raise BadInput(
            f"The demo needs more packages ({missing.name} is missing): pip install 'otel-costing[demo]'"
        ) from None
    out.print("[bold]Three services of three teams[/] answer tickets, with the client libraries of")
    out.print("OpenAI and Anthropic, against a stand-in for both on this machine. Their spans")
    out.print("go by OTLP to files, as they would go to a collector.\n")
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    bar = Progress(*columns, console=console(stderr=True), transient=True)
    try:
        with bar:
            task = bar.add_task("starting services", total=None)
            return run_services(
                home,
                tickets,
                progress=lambda what, done, of: bar.update(
                    task, description=what, completed=done, total=of
                ),
            )
    except DemoError as failed:
        raise BadInput(str(failed)) from failed


def _book(store: Store, run: DemoRun, out: Console) -> None:
    from otel_costing.ingest import ingest

    booked = ingest([run.otlp_dir], store, received_ns=time.time_ns())
    out.print(f"{booked.requests} OTLP requests with {booked.spans} spans, and in them")
    out.print(
        f"[bold]{booked.billable_calls} model calls[/]: {booked.priced} priced, {booked.unpriced} unpriced."
    )
    again = ingest([run.otlp_dir], store, received_ns=time.time_ns())
    new = again.billable_calls - again.duplicates
    out.print(f"The same files once more: {new} booked. Every call is counted once.")


def _show(store: Store, run: DemoRun, out: Console) -> None:
    _section(out, "What did each workflow cost?")
    everything = _report(store, "workflow", "purpose", pays="caller")
    show_report(
        out,
        ("workflow", "purpose"),
        everything,
        "by workflow and purpose: production and evaluation apart",
    )
    _section(out, "Who pays? The caller's view and the owner's, over the same calls")
    for pays, who in (("caller", "whose customer asked"), ("owner", "whose code called the model")):
        show_report(out, ("team",), _report(store, "team", pays=pays), f"{pays} pays ({who})")
        out.print()
    _section(out, "Where did it go?")
    show_report(
        out, ("provider", "model"), _report(store, "provider", "model"), "by provider and model"
    )
    _section(out, "One ticket, across three teams")
    _show_trace(store, run, out)
    _section(out, "Who caused it: how much is attributed")
    _show_coverage(store, out)
    _section(out, "What could not be priced, and why: never shown as 0")
    unpriced = _report(store, "status_reason", "provider", "model", where=[("status", "unpriced")])
    show_report(out, ("status_reason", "provider", "model"), unpriced, "unpriced calls")
    _check(out, everything, store)


def _section(out: Console, title: str) -> None:
    out.print()
    out.rule(f"[bold]{title}[/]", align="left", style="dim")


def _report(
    store: Store, *by: str, pays: str = "owner", where: list[tuple[str, str]] | None = None
) -> list[Row]:
    return report_rows(store, by, pays=pays, where=where or ())


def _show_trace(store: Store, run: DemoRun, out: Console) -> None:
    from otel_costing.clickhouse.reports import trace_tree

    trace_id = run.trace_ids[0]
    show_tree(out, trace_id, trace_tree(store, trace_id))
    out.print(f"Before it answered, the assistant's receipt said {run.receipts[trace_id]:f} USD")
    out.print("for the calls of its own process.")


def _show_coverage(store: Store, out: Console) -> None:
    from otel_costing.clickhouse.reports import coverage

    show_coverage(out, coverage(store))


def _check(out: Console, rows: list[Row], store: Store) -> None:
    totals = {
        total_usd(rows),
        *(
            total_usd(_report(store, by, pays=pays))
            for by in ("team", "model", "service")
            for pays in ("caller", "owner")
        ),
    }
    _section(out, "The same number from every side")
    amount = totals.pop() or Decimal()
    if totals:
        raise BadInput(
            f"The totals differ: {amount} and {', '.join(map(str, totals))}. This is a bug."
        )
    out.print(
        f"by workflow = by team, whoever pays = by model = by service = [bold]{amount:f} USD[/]"
    )


def _farewell(out: Console, dsn: str, run: DemoRun) -> None:
    took = (datetime.now(UTC) - run.started_at).total_seconds()
    _section(out, f"Done in {took:.0f} seconds. The ledger stays")
    out.print(f"  export OTEL_COSTING_DSN={dsn}", soft_wrap=True)
    program = _program()
    for command in (
        "report --by feature,model",
        "report --by meter --where team=content-ai",
        f"trace {run.trace_ids[-1]}",
        "report --by day,workflow --pays caller --format json",
        "scores --by model",
        "outcomes --by workflow",
        "doctor",
    ):
        out.print(f"  {program} {command}", soft_wrap=True)


def _program() -> str:
    """Return how to call the command from here: by its name where that is on the path."""
    if shutil.which("otel-costing"):
        return "otel-costing"
    beside = Path(sys.executable).parent / "otel-costing"
    return os.path.relpath(beside) if beside.is_relative_to(Path.cwd()) else str(beside)
