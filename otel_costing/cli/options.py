"""Options that several commands share, and what their values mean."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from platformdirs import user_data_dir

from otel_costing.dimensions import zone_named

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


def time_zone_option(command: Command) -> Command:
    """Add `--time-zone`: whose hours, days, weeks and months are meant, also by dates without an offset."""
    return click.option(
        "--time-zone",
        envvar="OTEL_COSTING_TIME_ZONE",
        default="UTC",
        show_default=True,
        callback=_zone_name,
        is_eager=True,  # it says what the dates of other options mean
        metavar="NAME",
        help="Whose hours, days, weeks and months are shown, and what dates without an offset mean: Europe/Berlin. "
        "Also OTEL_COSTING_TIME_ZONE.",
    )(command)


def _zone_name(ctx: click.Context, param: click.Parameter, value: str) -> str:
    del ctx, param
    try:
        zone_named(value)
    except ValueError as unknown:
        raise click.BadParameter(str(unknown)) from None
    return value


def zone_of(ctx: click.Context) -> tzinfo:
    """Return the zone in which a command reads dates: of its `--time-zone`, UTC where it has none."""
    return zone_named(ctx.params.get("time_zone") or "UTC")


def between_options(command: Command) -> Command:
    """Add `--since` and `--until`: when the calls ended."""
    since = click.option(
        "--since",
        callback=instant,
        default=None,
        help="Calls that ended at or after this date or instant.",
    )
    until = click.option(
        "--until",
        callback=instant,
        default=None,
        help="Calls that ended before this date or instant.",
    )
    return since(until(command))


def where_option(command: Command) -> Command:
    """Add `--where`: which calls are looked at."""
    return click.option(
        "--where",
        multiple=True,
        callback=_conditions,
        metavar="DIM=VALUE",
        help="Only these; may be repeated. An empty value means unattributed.",
    )(command)


def _conditions(
    ctx: click.Context, param: click.Parameter, value: tuple[str, ...]
) -> list[tuple[str, str]]:
    del ctx, param
    return [_condition(each) for each in value]


def _condition(text: str) -> tuple[str, str]:
    dimension, equals, value = text.partition("=")
    if not equals:
        raise BadInput(f"--where: {text!r} is no DIM=VALUE; write for example team=search.")
    return dimension.strip(), value


def names_in(text: str) -> tuple[str, ...]:
    """Return the names of a list by commas."""
    return tuple(name for each in text.split(",") if (name := each.strip()))


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
    """Read an option that is a date or an instant; one without an offset is of the command's zone, see `zone_of`."""
    del param
    if value is None:
        return None
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError:
        raise click.BadParameter(
            f"{value!r} is no date or instant; write 2026-10-01 or 2026-10-01T12:00:00Z"
        ) from None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=zone_of(ctx))


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
