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
_ZONE = f"{__name__}.zone"
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
    return _time_zone(expose_value=True)(command)


def zone_of_dates_option(command: Command) -> Command:
    """Add `--time-zone` to a command that itself has no use for it: it says what dates without an offset mean."""
    return _time_zone(expose_value=False)(command)


def _time_zone(*, expose_value: bool) -> Callable[[Command], Command]:
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
        expose_value=expose_value,
    )


def _zone_name(ctx: click.Context, param: click.Parameter, value: str) -> str:
    del param
    try:
        ctx.meta[_ZONE] = zone_named(value)
    except ValueError as unknown:
        raise click.BadParameter(str(unknown)) from None
    return value


def zone_of(ctx: click.Context) -> tzinfo:
    """Return the zone in which a command reads dates: of its `--time-zone`, UTC where it has none."""
    zone: tzinfo = ctx.meta.get(_ZONE, UTC)
    return zone


def between_options(command: Command) -> Command:
    """Add `--since` and `--until`: when the calls ended."""
    since = click.option(
        "--since",
        callback=_bound,
        default=None,
        help="Calls that ended at or after this date or instant.",
    )
    until = click.option(
        "--until",
        callback=_bound,
        default=None,
        help="Calls that ended before this date or instant.",
    )
    return since(until(command))


def _bound(ctx: click.Context, param: click.Parameter, value: str | None) -> datetime | None:
    bound = instant(ctx, param, value)
    bounds = {**ctx.params, param.name: bound}
    since, until = bounds.get("since"), bounds.get("until")
    if since is not None and until is not None and since >= until:
        raise BadInput("--since is not before --until: no call ended between them.")
    return bound


def by_option(default: str, text: str) -> Callable[[Command], Command]:
    """Add `--by`: the dimensions of a breakdown, a tuple of names."""
    return click.option(
        "--by",
        default=default,
        show_default=bool(default),
        callback=_names,
        metavar="DIM[,DIM...]",
        help=text,
    )


def _names(ctx: click.Context, param: click.Parameter, value: str) -> tuple[str, ...]:
    del ctx, param
    return tuple(name for each in value.split(",") if (name := each.strip()))


def workflow_option(command: Command) -> Command:
    """Add `--workflow`: conditions as those of `--where`, one or none."""
    return click.option(
        "--workflow",
        callback=_of_workflow,
        default=None,
        help="Only calls for this workflow of the caller.",
    )(command)


def _of_workflow(
    ctx: click.Context, param: click.Parameter, value: str | None
) -> list[tuple[str, str]]:
    del ctx, param
    return [] if value is None else [("workflow", value)]


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


def provider_in(book: RateBook, name: str | None) -> str | None:
    """Return a provider of a book by any name it is known by, None for all.

    Raises:
        BadInput: the book has none of this name.
    """
    if name is None:
        return None
    canonical = book.provider(name)
    if canonical not in book.providers():
        known = ", ".join(book.providers())
        raise BadInput(f"--provider: no provider {name!r} in the rate book; it has {known}.")
    return canonical


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


def refuse_beside(ctx: click.Context, option: str, others: Sequence[str], why: str) -> None:
    """Refuse other options that mean nothing to one of them.

    Args:
        ctx: of the command.
        option: the one, by its name.
        others: by the names of their parameters.
        why: what follows a colon.
    """
    for name in others:
        if ctx.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE:
            raise BadInput(f"--{option} and --{name.replace('_', '-')} exclude each other: {why}.")
