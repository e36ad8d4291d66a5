"""Work that writes to the ledger: done here where the ledger is free, else by the collector that holds it, to the same end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from otel_costing.cli.ledger import collector_in_the_way, said_in_a_sentence, sentence
from otel_costing.cli.options import BadInput
from otel_costing.cli.output import console

if TYPE_CHECKING:
    from otel_costing.clickhouse.holder import Holder
    from otel_costing.jobs.work import Content
    from otel_costing.progress import Progress


def done(
    dsn: str,
    kind: str,
    arguments: Mapping[str, Any],
    content: Content | None = None,
    *,
    style: str = "table",
    to_write: bool = False,
) -> Mapping[str, Any]:
    """Do some work and return the document that came of it.

    Args:
        dsn: the ledger.
        kind: one of `otel_costing.jobs.kinds`.
        arguments: as JSON, for its reader.
        content: what the command reads for it.
        style: the `--format`; a table is for people, who see a bar on a terminal.
        to_write: whether it is the first step of a command that writes, though it does not itself.

    Raises:
        BadInput: it cannot be done; says why.
    """
    from otel_costing.clickhouse.directory_lock import DirectoryHeld
    from otel_costing.jobs.work import JobRefused

    given = content or {}
    try:
        with said_in_a_sentence():
            try:
                return _here(dsn, kind, arguments, given, style, to_write=to_write)
            except DirectoryHeld as held:
                holder = collector_in_the_way(held)
            return _there(holder, dsn, kind, arguments, given, style)
    except JobRefused as refused:
        raise BadInput(sentence(str(refused))) from None


def _here(
    dsn: str,
    kind: str,
    arguments: Mapping[str, Any],
    content: Content,
    style: str,
    *,
    to_write: bool,
) -> Mapping[str, Any]:
    from otel_costing.clickhouse import Store
    from otel_costing.cyclic_garbage import looking_seldom
    from otel_costing.jobs.kinds import KINDS
    from otel_costing.jobs.work import finished

    work = KINDS[kind]
    read = work.read(arguments)
    with (
        looking_seldom(),
        Store.open(dsn, create=work.makes_ledger, bring_up=to_write or work.writes(read)) as store,
        _bar(kind, style) as show,
    ):
        return finished(work.run(store, read, content, time.time_ns()), show)


def _there(
    holder: Holder,
    dsn: str,
    kind: str,
    arguments: Mapping[str, Any],
    content: Content,
    style: str,
) -> Mapping[str, Any]:
    from otel_costing.cli.collector_jobs import CollectorJobs
    from otel_costing.clickhouse.target import target_of

    click.echo(f"done by the collector that holds the ledger, process {holder.pid}", err=True)
    with CollectorJobs(holder) as jobs, _bar(kind, style) as show:
        return jobs.done(kind, target_of(dsn).database, arguments, content, show)


@contextmanager
def _bar(kind: str, style: str) -> Iterator[Callable[[Progress], None]]:
    """Yield what moves a progress bar on a terminal and does nothing elsewhere."""
    out = console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[unit]}"),
        TimeRemainingColumn(),
    )
    with Bar(
        *columns, console=out, transient=True, disable=style != "table" or not out.is_terminal
    ) as bar:
        task = bar.add_task(kind.replace("_", " "), total=None, unit="")

        def show(progress: Progress) -> None:
            bar.update(task, completed=progress.done, total=progress.of or None, unit=progress.unit)

        yield show
