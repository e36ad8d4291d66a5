"""Options that several commands share, and what their values mean."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any, TypeVar

import click
from platformdirs import user_data_dir

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
        help="chdb:///directory, clickhouse://user:password@host:9000/database or http(s)://host:8123. Also OTEL_COSTING_DSN.",
    )(command)


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


class Instant(click.ParamType):
    """A date or an instant; one without an offset is UTC, said so in the help."""

    name = "instant"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Return a timezone-aware `datetime`."""
        if isinstance(value, datetime):
            return value
        try:
            parsed = datetime.fromisoformat(value)
        except ValueError:
            self.fail(
                f"{value!r} is no date or instant; write 2026-10-01 or 2026-10-01T12:00:00Z",
                param,
                ctx,
            )
        return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


class BillingMonth(click.ParamType):
    """A billing period, `2026-10`."""

    name = "month"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Return the month's first day."""
        if isinstance(value, date):
            return value
        try:
            return datetime.strptime(value, "%Y-%m").replace(tzinfo=UTC).date()
        except ValueError:
            self.fail(f"{value!r} is no month; write 2026-10", param, ctx)


def midnight(day: date) -> datetime:
    """Return the first instant of a UTC day."""
    return datetime.combine(day, time(), tzinfo=UTC)
