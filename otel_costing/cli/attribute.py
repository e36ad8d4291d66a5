"""`otel-costing attribute`: set right who caused some calls, by offsetting entries."""

from __future__ import annotations

from datetime import datetime

import click

from otel_costing.cli.job import done
from otel_costing.cli.options import BadInput, between_options, dsn_option, format_option
from otel_costing.cli.output import console, write_csv, write_json
from otel_costing.documents.values import bounds_text

_COUNTS = ("calls", "changed", "entries")


@click.command("attribute", short_help="Set right who caused some calls.")
@click.argument("call_ids", nargs=-1, metavar="[CALL_ID]...")
@click.option(
    "--set",
    "fields",
    multiple=True,
    required=True,
    metavar="FIELD=VALUE",
    help="What to set: team, project, workflow, feature, environment, ...; may be repeated.",
)
@click.option(
    "--where",
    multiple=True,
    metavar="DIM=VALUE",
    help="The calls of which this holds; may be repeated. An empty value means unattributed.",
)
@click.option("--quarantined", is_flag=True, help="Only calls in quarantine.")
@between_options
@dsn_option
@format_option
def attribute_command(
    call_ids: tuple[str, ...],
    fields: tuple[str, ...],
    where: tuple[str, ...],
    quarantined: bool,  # noqa: FBT001 - click passes flags by name
    since: datetime | None,
    until: datetime | None,
    dsn: str,
    style: str,
) -> None:
    """Say who caused some calls, where their spans did not or said it wrong.

    Each changed call is taken back and charged anew; settling keeps what is set here. A call leaves the quarantine
    once nothing that its environment demands is missing.

    Example: otel-costing attribute --quarantined --where service=checkout --set team=payments
    """
    for text in (*fields, *where):
        if "=" not in text:
            raise BadInput(f"{text!r} is no NAME=VALUE; write for example team=search.")
    names = [text.partition("=")[0] for text in fields]
    if len(set(names)) < len(names):
        raise BadInput("--set names one field twice; a call has one of each.")
    document = done(
        dsn,
        "attribute",
        {
            "set": list(fields),
            "call_ids": list(call_ids),
            "where": list(where),
            **bounds_text(since, until),
            "quarantined": quarantined,
        },
        style=style,
    )
    if style == "json":
        write_json(document)
    elif style == "csv":
        write_csv(_COUNTS, [document])
    else:
        console().print(
            f"{document['calls']:,} calls looked at, {document['changed']:,} set right by "
            f"{document['entries']:,} entries."
        )
