"""The command's entry: which module holds which command, and how a failure leaves."""

from __future__ import annotations

import logging
from importlib import import_module, metadata
from typing import NoReturn

import click

from otel_costing.cli.options import BadInput
from otel_costing.cyclic_garbage import look_seldom

ENTRY_POINTS = "otel_costing.commands"
"""Commands of packages that stand on this one, such as the collector's, so that nothing here imports them."""
COMMANDS = {
    "price": "otel_costing.cli.price:price_command",
    "rates": "otel_costing.cli.rates:rates_group",
    "ingest": "otel_costing.cli.ingest:ingest_command",
    "backfill": "otel_costing.cli.backfill:backfill_command",
    "report": "otel_costing.cli.report:report_command",
    "dimensions": "otel_costing.cli.dimensions:dimensions_group",
    "trace": "otel_costing.cli.trace:trace_command",
    "paths": "otel_costing.cli.paths:paths_command",
    "runs": "otel_costing.cli.runs:runs_command",
    "outcomes": "otel_costing.cli.outcomes:outcomes_command",
    "scores": "otel_costing.cli.scores:scores_command",
    "settle": "otel_costing.cli.settle:settle_command",
    "reconcile": "otel_costing.cli.reconcile:reconcile_command",
    "reprice": "otel_costing.cli.reprice:reprice_command",
    "attribute": "otel_costing.cli.attribute:attribute_command",
    "close": "otel_costing.cli.close:close_command",
    "reopen": "otel_costing.cli.close:reopen_command",
    "periods": "otel_costing.cli.close:periods_command",
    "audit": "otel_costing.cli.audit:audit_command",
    "explain": "otel_costing.cli.explain:explain_command",
    "erase": "otel_costing.cli.erase:erase_command",
    "coverage": "otel_costing.cli.coverage:coverage_command",
    "doctor": "otel_costing.cli.doctor:doctor_command",
    "demo": "otel_costing.cli.demo:demo_command",
}


class LazyGroup(click.Group):
    """Imports a command's module when that command is asked for, so that `price` waits for nothing else."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of `COMMANDS`, which is the order of use, then those of other packages."""
        del ctx
        return [*COMMANDS, *_of_other_packages()]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one command."""
        del ctx
        target = COMMANDS.get(cmd_name)
        if target is None:
            return _of_another_package(cmd_name)
        module, _, attribute = target.partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command


def _of_other_packages() -> list[str]:
    return sorted(one.name for one in metadata.entry_points(group=ENTRY_POINTS))


def _of_another_package(name: str) -> click.Command | None:
    found = metadata.entry_points(group=ENTRY_POINTS, name=name)
    for one in found:
        try:
            command: click.Command = one.load()
        except ImportError as missing:
            return _not_installed(name, missing.name)
        return command
    return None


def _not_installed(name: str, missing: str | None) -> click.Command:
    """Return a command that says what to install, so that the list of commands can still be read."""

    def say(arguments: tuple[str, ...]) -> NoReturn:
        del arguments
        raise BadInput(
            f"{name} needs more than is installed ({missing}): pip install 'otel-costing[collector]'"
        )

    return click.Command(
        name,
        callback=say,
        params=[click.Argument(["arguments"], nargs=-1)],
        short_help="Not installed: pip install 'otel-costing[collector]'.",
        add_help_option=False,
        context_settings={"ignore_unknown_options": True},
    )


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(metadata.version("otel-costing"), prog_name="otel-costing")
def cli() -> None:
    """What every AI call cost, in US dollars, exactly, and who caused it.

    Exit status: 0 done; 1 the answer is "no"; 2 bad usage or input, said in one sentence.
    """


def main() -> NoReturn:
    """Run the command, and let nobody speak but the command itself."""
    # The client logs beside what it raises, which is said in a sentence.
    logging.getLogger("clickhouse_connect").addHandler(logging.NullHandler())
    look_seldom()
    cli(prog_name="otel-costing")
    raise SystemExit(0)
