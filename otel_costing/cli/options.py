"""Options that several commands share, and what their values mean."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from platformdirs import user_data_dir

if TYPE_CHECKING:
    from otel_costing.rates import RateBook

Command = TypeVar("Command", bound=Callable[..., Any])
FORMATS = ("table", "json", "csv")


class BadInput(click.ClickException):
    """Input that cannot be used; leaves with status 2 and one sentence."""

    exit_code = 2


def default_dsn() -> str:
    """Return the embedded ledger in the user's data directory."""
    return f"chdb://{Path(user_data_dir('otel-costing')) / 'ledger'}"


def dsn_option(command: Command) -> Command:
    """Add `--dsn`: where the ledger is."""
    return click.option(
        "--dsn",
        envvar="OTEL_COSTING_DSN",
        default=default_dsn,
        show_default="an embedded ledger in your data directory",
        help="chdb:///directory, clickhouse://user:password@host/database or http(s)://host:8123. Also OTEL_COSTING_DSN.",
    )(command)


def between_options(command: Command) -> Command:
    """Add `--since` and `--until`: when the calls ended."""
    since = click.option(
        "--since",
        callback=instant,
        default=None,
        help="Calls that ended at or after this instant (UTC).",
    )
    until = click.option(
        "--until",
        callback=instant,
        default=None,
        help="Calls that ended before this instant (UTC).",
    )
    return since(until(command))


def overrides_option(command: Command) -> Command:
    """Add `--overrides`: a team's own files, in order."""
    return click.option(
        "--overrides",
        envvar="OTEL_COSTING_OVERRIDES",
        multiple=True,
        type=click.Path(path_type=Path),
        help="Your own file of contracts, deployments and models; may be repeated, a later one wins. Also OTEL_COSTING_OVERRIDES.",
    )(command)


def book_under(overrides: Sequence[Path]) -> RateBook:
    """Return the packaged book as a team's files change it.

    Raises:
        BadInput: with every problem of the files.
    """
    from otel_costing.rates import packaged_rates

    book, problems = packaged_rates().with_overrides(overrides)
    if book is None:
        raise BadInput("--overrides cannot be used.\n" + "\n".join(map(str, problems)))
    return book


def format_option(command: Command) -> Command:
    """Add `--format`: for people, for programs, for spreadsheets."""
    return click.option(
        "--format",
        "style",
        type=click.Choice(FORMATS),
        default="table",
        show_default=True,
        help="table for people; json and csv carry exact amounts as strings.",
    )(command)


def instant(ctx: click.Context, param: click.Parameter, value: str | None) -> datetime | None:
    """Read an option that is a date or an instant; one without an offset is UTC."""
    del ctx, param
    if value is None:
        return None
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError:
        raise click.BadParameter(
            f"{value!r} is no date or instant; write 2026-10-01 or 2026-10-01T12:00:00Z"
        ) from None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def instants(
    ctx: click.Context, param: click.Parameter, value: tuple[str, ...] | None
) -> tuple[datetime, ...] | None:
    """Read an option of several instants; see `instant`."""
    read = [instant(ctx, param, one) for one in value or ()]
    return tuple(one for one in read if one is not None) or None


def month(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """Read an option that is a billing period, `2026-10`."""
    del ctx, param
    if value is None:
        return None
    try:
        return f"{datetime.strptime(value, '%Y-%m').replace(tzinfo=UTC):%Y-%m}"
    except ValueError:
        raise click.BadParameter(f"{value!r} is no month; write 2026-10") from None
