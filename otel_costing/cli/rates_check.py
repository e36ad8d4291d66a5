"""`otel-costing rates check`: what is wrong with the tables, and whether their past was changed."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from otel_costing.cli.options import BadInput, overrides_option
from otel_costing.instants import ns_of
from otel_costing.problems import Problem
from otel_costing.rates import RateBook, packaged_rates, tables_directory

if TYPE_CHECKING:
    from otel_costing.rate_book.compile import Sources
    from otel_costing.rate_book.located_yaml import Value


def _days(ctx: click.Context, param: click.Parameter, value: str | None) -> timedelta | None:
    """Read an option that is a number of days, `35` or `35d`."""
    del ctx, param
    if value is None:
        return None
    digits = value.removesuffix("d")
    if not digits.isdecimal():
        raise click.BadParameter(f"{value!r} is no number of days; write 35d")
    return timedelta(days=int(digits))


@click.command("check", short_help="Check rate tables, and files of your own against them.")
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--max-age",
    callback=_days,
    default=None,
    metavar="DAYS",
    help="Fail where a provider was not checked for longer, for example 35d.",
)
@click.option(
    "--against",
    default=None,
    metavar="REV",
    help="Fail where the past of a table was changed since this git revision, without a correction.",
)
@overrides_option
def check_command(
    paths: tuple[Path, ...],
    max_age: timedelta | None,
    against: str | None,
    overrides: tuple[Path, ...],
) -> None:
    """Check rate tables, and a team's own files against them: every problem at once, each with its file and line.

    Without PATHS, the packaged tables. Leaves with status 1 where there is a problem.
    """
    from otel_costing.rate_keeping.check import check

    given = paths or (tables_directory(),)
    problems = check(given, max_age=max_age, today=datetime.now(UTC).date())
    if against is not None:
        problems += _past_changes(given, against)
    book = RateBook.load(paths)[0] if paths else packaged_rates()
    if overrides and book is not None:
        problems += book.with_overrides(overrides)[1]
    for problem in problems:
        click.echo(str(problem))
    if problems:
        click.echo(f"{len(problems)} problem{'s' if len(problems) > 1 else ''}.", err=True)
        raise SystemExit(1)
    click.echo("No problem.")


def _past_changes(given: Sequence[Path], revision: str) -> list[Problem]:
    from otel_costing.rate_book.compile import read_sources
    from otel_costing.rate_keeping.history import name_changes, past_changes

    for path in given:
        if not path.is_dir():
            raise BadInput(f"--against compares whole directories; {path} is not one.")
    before = sources_at(given, revision)
    if not before.tables:
        raise BadInput(f"--against: {revision} has no rate tables in {', '.join(map(str, given))}.")
    after, _ = read_sources(given)
    now_ns = ns_of(datetime.now(UTC))
    return [*past_changes(before.tables, after.tables, now_ns), *name_changes(before, after)]


def sources_at(directories: Iterable[Path], revision: str) -> Sources:
    """Return the tables and names that directories held at a git revision."""
    from otel_costing.rate_book.compile import NAMES_FILE, Sources
    from otel_costing.rate_book.files import read_table
    from otel_costing.rate_book.names import NameRules, read_names

    problems: list[Problem] = []
    names, tables = NameRules({}, {}, ()), []
    for name, value in _yaml_at(directories, revision, problems):
        if name == NAMES_FILE:
            names = read_names(value, f"{revision}:{name}", problems) or names
        elif table := read_table(value, f"{revision}:{name}", problems):
            tables.append(table)
    return Sources(tuple(tables), names)


def _yaml_at(
    directories: Iterable[Path], revision: str, problems: list[Problem]
) -> Iterator[tuple[str, Value]]:
    from otel_costing.rate_book.located_yaml import parse_yaml

    for directory in directories:
        # In the directory itself, git lists and names what it holds.
        for name in _git(directory, revision, "ls-tree", "--name-only", revision).splitlines():
            if name.endswith(".yaml"):
                text = _git(directory, revision, "show", f"{revision}:./{name}")
                value = parse_yaml(text, f"{revision}:{name}", problems)
                if value is not None:
                    yield name, value


def _git(directory: Path, revision: str, *arguments: str) -> str:
    if revision.startswith("-"):
        raise BadInput(f"--against: {revision!r} is not a revision.")
    try:
        done = subprocess.run(  # noqa: S603 - fixed program, arguments as a list, no shell
            ["git", "-C", str(directory), *arguments],  # noqa: S607 - the person's own git
            capture_output=True,
            check=True,
            encoding="utf-8",
        )
    except FileNotFoundError:
        raise BadInput("--against needs git, which is not installed.") from None
    except subprocess.CalledProcessError as error:
        said = error.stderr.strip().splitlines()[-1:] or ["no reason given"]
        raise BadInput(f"--against: git cannot read {revision!r}: {said[0]}") from None
    return done.stdout
