"""`otel-costing collect token`: make a token, and say what to write into the file of tokens."""

from __future__ import annotations

import hashlib
import json
import secrets

import click

from otel_costing.problems import Problem
from otel_costing.rate_book.located_yaml import parse_yaml
from otel_costing_collector.token_file import SCOPES, known_in

_BYTES = 32


@click.command("token", short_help="Make a token and the lines that admit it.")
@click.option("--name", required=True, help="Who it is for; the ledger's `sender`.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    required=True,
    metavar="SCOPE",
    help=f"One of {', '.join(SCOPES)}; may be repeated.",
)
@click.option("--team-from", metavar="ATTRIBUTE", help="Of a gateway: the resource attribute.")
@click.option(
    "--service",
    "services",
    multiple=True,
    metavar="SERVICE=TEAM",
    help="Of a gateway: whose a service is; may be repeated.",
)
def token_command(
    name: str, scopes: tuple[str, ...], team_from: str | None, services: tuple[str, ...]
) -> None:
    """Make a token, show it once, and print the lines for `tokens.file` that admit it.

    Example: otel-costing collect token --name search-backend --scope team:search --scope send
    """
    token = secrets.token_urlsafe(_BYTES)
    entry = token_entry(name, token, scopes, team_from or "", _teams_of(services))
    problems: list[Problem] = []
    document = parse_yaml(entry, "the token", problems)
    if document is not None:
        known_in(document, "the token", problems)
    if problems:
        raise _Unusable("\n".join(problem.what for problem in problems))
    click.echo("The token, which is shown this once:", err=True)
    click.echo(token)
    click.echo("What to write into the file that tokens.file names:", err=True)
    click.echo(entry, nl=False)


class _Unusable(click.ClickException):
    exit_code = 2


def _teams_of(texts: tuple[str, ...]) -> dict[str, str]:
    teams: dict[str, str] = {}
    for text in texts:
        service, equals, team = text.partition("=")
        if not equals:
            raise _Unusable(f"--service: {text!r} is no SERVICE=TEAM.")
        if teams.setdefault(service, team) != team:
            raise _Unusable(f"--service: {service!r} is given two teams; a service is of one.")
    return teams


def token_entry(
    name: str, token: str, scopes: tuple[str, ...], team_from: str, services: dict[str, str]
) -> str:
    """Return the lines of YAML that admit a token; of the token itself they hold the digest alone."""
    digest = hashlib.sha256(token.encode()).hexdigest()
    lines = [f"- name: {_quoted(name)}", f"  sha256: {digest}"]
    lines.append(f"  scopes: [{', '.join(map(_quoted, scopes))}]")
    if team_from:
        lines.append(f"  team_from: {{resource_attribute: {_quoted(team_from)}}}")
    if services:
        lines.append("  services:")
        lines += [f"    {_quoted(one)}: {_quoted(team)}" for one, team in services.items()]
    return "".join(f"{line}\n" for line in lines)


def _quoted(text: str) -> str:
    """Return a text as YAML reads it back: JSON strings are YAML, but for characters escaped as two."""
    return json.dumps(text, ensure_ascii=False)
