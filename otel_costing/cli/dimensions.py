"""`otel-costing dimensions`: what reports can be broken down by, and giving a resource attribute a column of its own."""

from __future__ import annotations

from typing import Any

import click

from otel_costing.cli.job import done
from otel_costing.cli.ledger import open_ledger
from otel_costing.cli.options import dsn_option, format_option
from otel_costing.cli.output import console, table, verbatim, write_csv, write_json
from otel_costing.dimensions import DIMENSIONS

_COLUMNS = ("name", "attribute", "column")


@click.group("dimensions", short_help="What reports can be broken down by.")
def dimensions_group() -> None:
    """Show what reports can be broken down by, and promote resource attributes to dimensions."""


@dimensions_group.command("list", short_help="Show what there is.")
@dsn_option
@format_option
def list_command(dsn: str, style: str) -> None:
    """Show the dimensions of every ledger, and the resource attributes that are promoted in this one."""
    with open_ledger(dsn) as store:
        promoted = [one._asdict() for one in store.promotions()]
    if style == "json":
        write_json({"dimensions": list(DIMENSIONS), "promoted": promoted})
    elif style == "csv":
        write_csv(_COLUMNS, promoted)
    else:
        _show(promoted)


def _show(promoted: list[dict[str, Any]]) -> None:
    out = console()
    out.print(f"In every ledger: {', '.join(DIMENSIONS)}.")
    if not promoted:
        out.print("No resource attribute is promoted: otel-costing dimensions add ATTRIBUTE")
        return
    shown = table()
    for name in ("dimension", "resource attribute", "column"):
        shown.add_column(name, overflow="fold")
    for one in promoted:
        shown.add_row(*(verbatim(one[name]) for name in _COLUMNS))
    out.print(shown)


@dimensions_group.command("add", short_help="Keep a resource attribute as a dimension.")
@click.argument("attribute")
@click.option(
    "--as",
    "name",
    default=None,
    help="What reports call it; its name with _ for . where omitted.",
)
@dsn_option
@format_option
def add_command(attribute: str, name: str | None, dsn: str, style: str) -> None:
    """Keep a resource attribute of every call that is booked from now on, in a column of its own.

    There are eight such columns, and one that is given away is never taken back: what was booked stays what it is.

    Example: otel-costing dimensions add k8s.namespace.name --as namespace
    """
    asked = {"attribute": attribute, "name": _name_of(attribute) if name is None else name}
    document = done(dsn, "promote", asked, style=style)
    if style == "json":
        write_json(document)
    elif style == "csv":
        write_csv(_COLUMNS, [document])
    else:
        console().print(
            f"{verbatim(document['attribute'])} is the dimension {verbatim(document['name'])} of calls that are booked from now "
            f"on, in the column {verbatim(document['column'])} of ledger and costs.",
        )


def _name_of(attribute: str) -> str:
    return "".join(one if one.isalnum() else "_" for one in attribute.lower())
