"""`otel-costing collect dead-letters`: what no ledger took, why, and back into the spool or away."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import click
from rich.text import Text

from otel_costing.cli.options import BadInput, format_option
from otel_costing.cli.output import console, table, write_csv, write_json
from otel_costing.cli.rate_texts import instant
from otel_costing_collector.dead_letters import DEAD_LETTERS, DeadLetter, DeadLetters, Refusal
from otel_costing_collector.outline import outline_of
from otel_costing_collector.settings import spool_directory

Command = TypeVar("Command", bound=Callable[..., Any])
_COLUMNS = (
    "number",
    "received_at",
    "sender",
    "trace_id",
    "span_id",
    "reason",
    "replay_asked",
)


class Given(NamedTuple):
    """The settings that stand before `dead-letters` on the command line."""

    file: Path | None
    options: tuple[str, ...]


@click.group("dead-letters")
def dead_letters_group() -> None:
    """List, show, put back or drop what the ledger refused."""


def place_options(command: Command) -> Command:
    """Add `--config` and `--spool`: whose dead letters."""
    spool = click.option(
        "--spool",
        "directory",
        type=click.Path(file_okay=False, path_type=Path),
        help="The collector's spool directory; without it, that of its settings.",
    )
    config = click.option(
        "--config",
        "file",
        type=click.Path(dir_okay=False, path_type=Path),
        help="The collector's YAML file of settings.",
    )
    return config(spool(command))


@dead_letters_group.command("list")
@place_options
@format_option
@click.pass_context
def list_command(ctx: click.Context, file: Path | None, directory: Path | None, style: str) -> None:
    """List them in the order of receipt, with every reason."""
    letters = list(_opened(ctx, file, directory).list())
    if style == "json":
        write_json({"dead_letters": [letter_document(letter) for letter in letters]})
    elif style == "csv":
        write_csv(_COLUMNS, [row for letter in letters for row in _rows(letter)])
    else:
        _show_list(letters)


@dead_letters_group.command("show", short_help="Show one as JSON: why, from whom, its spans.")
@click.argument("number", type=click.IntRange(min=0))
@click.option(
    "--attributes", is_flag=True, help="Quote what the spans say, prompts and all if they hold any."
)
@place_options
@click.pass_context
def show_command(
    ctx: click.Context,
    number: int,
    attributes: bool,  # noqa: FBT001 - click passes flags by name
    file: Path | None,
    directory: Path | None,
) -> None:
    """Show one as JSON: why it lies here, from whom, and its spans by name and id."""
    kept = _opened(ctx, file, directory)
    document = letter_document(_known(kept, number))
    request = kept.request(number)
    if request is None:
        document |= {"spans": None, "unread": "its record cannot be read"}
    else:
        about = {"kind": request.kind.name.lower(), "bytes": len(request.body)}
        document |= {**about, **outline_of(request, attributes=attributes)}
    write_json(document)


@dead_letters_group.command("replay", short_help="Put one, or all, back into the spool.")
@click.argument("number", type=click.IntRange(min=0), required=False)
@click.option("--all", "everything", is_flag=True, help="All that are listed.")
@place_options
@click.pass_context
def replay_command(
    ctx: click.Context,
    number: int | None,
    everything: bool,  # noqa: FBT001 - click passes flags by name
    file: Path | None,
    directory: Path | None,
) -> None:
    """Put one, or all, back into the spool, to be booked as if it came anew.

    The collector that holds the spool takes them in within seconds, else the next one that starts on it. What was
    booked of the same request is not booked again.
    """
    if everything == (number is not None):
        raise BadInput("Name the number of one dead letter, or say --all.")
    kept = _opened(ctx, file, directory)
    numbers = [letter.number for letter in kept.list()]
    if number is not None:
        numbers = [_known(kept, number).number]
    for one in numbers:
        kept.ask_replay(one)
    click.echo(f"{len(numbers)} will be put back by the collector that holds the spool.")


@dead_letters_group.command("drop")
@click.argument("number", type=click.IntRange(min=0))
@place_options
@click.pass_context
def drop_command(
    ctx: click.Context, number: int, file: Path | None, directory: Path | None
) -> None:
    """Delete one for good; the call it tells of stays out of the ledger."""
    kept = _opened(ctx, file, directory)
    kept.remove(_known(kept, number).number)
    click.echo(f"{number} is deleted.")


def letter_document(letter: DeadLetter) -> dict[str, Any]:
    """Return one as JSON has it; absent is null."""
    return {
        "number": letter.number,
        "received_at": instant(letter.received_ns),
        "sender": letter.sender or None,
        "replay_asked": letter.replay_asked,
        "refusals": [_refusal_document(refusal) for refusal in letter.refusals],
    }


def _refusal_document(refusal: Refusal) -> dict[str, str | None]:
    return {
        "reason": refusal.reason,
        "trace_id": refusal.trace_id or None,
        "span_id": refusal.span_id or None,
    }


def _rows(letter: DeadLetter) -> list[dict[str, Any]]:
    document = letter_document(letter)
    refusals = document.pop("refusals")
    return [{**document, **refusal} for refusal in refusals]


def _show_list(letters: list[DeadLetter]) -> None:
    if not letters:
        console().print("There are none.")
        return
    shown = table()
    for title in ("number", "received", "sender", "span", "why"):
        shown.add_column(title, overflow="fold")
    for letter in letters:
        for row in _rows(letter):
            why = f"{row['reason']} (to be put back)" if letter.replay_asked else row["reason"]
            cells = (row["number"], row["received_at"], row["sender"], row["span_id"], why)
            shown.add_row(*(Text("-" if cell is None else str(cell)) for cell in cells))
    console().print(shown)


def _known(kept: DeadLetters, number: int) -> DeadLetter:
    letter = kept.letter(number)
    if letter is None:
        raise BadInput(f"There is no dead letter {number}; `dead-letters list` shows them.")
    return letter


def _opened(ctx: click.Context, file: Path | None, directory: Path | None) -> DeadLetters:
    """Return those of the directory that was named here, or of the settings, or of those before `dead-letters`."""
    if directory is None:
        before = ctx.find_object(Given) or Given(None, ())
        found = spool_directory(file or before.file, environment=os.environ, options=before.options)
        if isinstance(found, list):
            raise BadInput("\n".join(map(str, found)))
        directory = found
    if not directory.is_dir():
        raise BadInput(f"There is no spool in {directory}.")
    return DeadLetters(directory / DEAD_LETTERS)
