"""`otel-costing demo`: three teams' agents, one workflow, its cost from every side, on this machine."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import click
from platformdirs import user_data_dir
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from otel_costing.cli.coverage_rows import rows_of
from otel_costing.cli.coverage_tables import show_attribution
from otel_costing.cli.demo_checks import (
    TOTAL_IN_SQL,
    calls_booked,
    check_kept,
    check_receipts,
    total_from_every_side,
)
from otel_costing.cli.ledger import open_ledger, sentence
from otel_costing.cli.options import BadInput
from otel_costing.cli.output import console
from otel_costing.cli.report_rows import report_rows
from otel_costing.cli.report_tables import show_report
from otel_costing.cli.trace_table import show_tree
from otel_costing.documents.report import Row

if TYPE_CHECKING:
    from otel_costing.clickhouse.store import Store
    from otel_costing.demo.run import DemoRun

_LEFT = "logs", "ledger", "spool"
_MARK = "otel-costing-demo"
"""A file that lies where a demo was made: what it left may be removed there."""


@click.command("demo", short_help="See all of it on this machine, in a minute.")
@click.option(
    "--directory",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    help="Where the demo keeps its files: a new directory, or an earlier demo's, which is made anew.",
)
@click.option(
    "--tickets",
    type=click.IntRange(3, 200),
    default=8,
    show_default=True,
    help="How many customers ask.",
)
def demo_command(directory: Path | None, tickets: int) -> None:
    """Run three teams' services, a stand-in for the providers and a collector, and show what it cost.

    No key and no network: everything runs on loopback. The ledger stays, for you to ask.
    """
    home = directory or Path(user_data_dir("otel-costing")) / "demo"
    out = console()
    _refuse_without_packages()
    if directory:
        _refuse_what_no_demo_left(directory)
    _clear(home)
    with _said_in_a_sentence():
        run = shown_run(home, tickets, out)
    _farewell(out, run)


@contextmanager
def _said_in_a_sentence() -> Iterator[None]:
    from otel_costing.demo.processes import DemoError

    try:
        yield
    except DemoError as failed:
        raise BadInput(str(failed)) from failed


def _refuse_without_packages() -> None:
    from otel_costing.demo import packages

    if missing := packages.missing():
        raise BadInput(
            f"The demo needs more packages ({', '.join(missing)}): pip install 'otel-costing[demo]'"
        )


def _refuse_what_no_demo_left(directory: Path) -> None:
    """Raise where somebody's ledger, spool or logs would be removed."""
    found = [name for name in _LEFT if (directory / name).exists()]
    if found and not (directory / _MARK).exists():
        raise BadInput(
            f"{directory} has {' and '.join(found)} that no demo is known to have left: say another --directory."
        )


def _clear(home: Path) -> None:
    """Remove what an earlier demo left, unless somebody has it open, and nothing else that may lie there."""
    from otel_costing.clickhouse.directory_lock import DirectoryHeld, acquire, release
    from otel_costing.clickhouse.target import StoreUnusable

    ledger = home.resolve() / "ledger"
    try:
        acquire(ledger)
    except DirectoryHeld as held:
        raise BadInput(
            f"The ledger of another demo is in use by process {held.pid}: stop that first, or say another --directory."
        ) from None
    except StoreUnusable as unusable:
        raise BadInput(f"{sentence(str(unusable))} Say another --directory.") from None
    release(ledger)
    (home / _MARK).touch()
    for name in _LEFT:
        shutil.rmtree(home / name, ignore_errors=True)


def shown_run(home: Path, tickets: int, out: Console) -> DemoRun:
    """Run the demo in an existing directory and show what it comes to.

    Raises:
        DemoError: something did not work.
        BadInput: what must be the same is not.
    """
    from otel_costing.demo.run import finished_run

    out.print(
        "[bold]Three services of three teams[/] answer tickets, with the client libraries of OpenAI and Anthropic, against a "
        "stand-in for both on this machine. Their spans go by OTLP to `otel-costing collect`, which is killed amid them.\n"
    )
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    bar = Progress(*columns, console=console(stderr=True), transient=True)
    with ExitStack() as stack:
        with bar:
            task = bar.add_task("starting", total=None)
            run = stack.enter_context(
                finished_run(
                    home,
                    tickets,
                    progress=lambda what, done, of: bar.update(
                        task, description=what, completed=done, total=of
                    ),
                )
            )
        with open_ledger(run.dsn) as store:
            total = _show(store, run, out)
    with open_ledger(run.dsn) as store:
        _show_kept(store, total, out)
    return run


def _show(store: Store, run: DemoRun, out: Console) -> Decimal:
    """Show what the collector answers; return what all of it cost."""
    _show_booked(store, run, out)
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
    show_attribution(out, rows_of("attribution", store, None, None))
    _section(out, "What could not be priced, and why: never shown as 0")
    unpriced = _report(store, "status_reason", "provider", "model", where=[("status", "unpriced")])
    show_report(out, ("status_reason", "provider", "model"), unpriced, "unpriced calls")
    return _show_same(store, run, out)


def _show_booked(store: Store, run: DemoRun, out: Console) -> None:
    calls, waiting = calls_booked(store, run), run.kill.waiting
    out.print(
        f"After ticket {run.kill.after_tickets} the collector was killed (SIGKILL), with {waiting} acknowledged "
        f"{'request' if waiting == 1 else 'requests'} still to be booked, and started again while the services went on. "
        f"The providers answered {calls} times, and the ledger has [bold]{calls} calls[/], each answer once: "
        "nothing is lost, nothing is counted twice."
    )


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


def _show_same(store: Store, run: DemoRun, out: Console) -> Decimal:
    total = total_from_every_side(store, run)
    check_receipts(store, run)
    _section(out, "The same number from every side")
    out.print(f"by workflow, team, model, service, meter, whoever pays = [bold]{total:f} USD[/]")
    out.print(f'= curl {run.sql_url} -d "{TOTAL_IN_SQL}"')
    out.print("Each of the assistant's receipts is what is booked for its process.")
    return total


def _show_kept(store: Store, total: Decimal, out: Console) -> None:
    check_kept(store, total)
    out.print("The collector has stopped; the directory it leaves says the same.")


def _farewell(out: Console, run: DemoRun) -> None:
    took = (datetime.now(UTC) - run.started_at).total_seconds()
    _section(out, f"Done in {took:.0f} seconds. The ledger stays")
    out.print(f"  export OTEL_COSTING_DSN={run.dsn}", soft_wrap=True)
    program = _program()
    for command in (
        "report --by feature,model",
        "report --by meter --where team=content-ai",
        f"trace {run.trace_ids[-1]}",
        "report --by day,workflow --pays caller --format json",
        "scores --by model",
        "outcomes --by workflow",
        "audit",
        "doctor",
    ):
        out.print(f"  {program} {command}", soft_wrap=True)


def _program() -> str:
    """Return how to call the command from here: by its name where that is on the path."""
    if shutil.which("otel-costing"):
        return "otel-costing"
    beside = Path(sys.executable).parent / "otel-costing"
    return os.path.relpath(beside) if beside.is_relative_to(Path.cwd()) else str(beside)
