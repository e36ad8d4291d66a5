"""The scheduled refresh runs commands that exist, and keeps the past and the age of the tables in check."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest
import yaml

from otel_costing.cli.main import cli

WORKFLOW = Path(__file__).parents[2] / ".github" / "workflows" / "refresh-rates.yml"
pytestmark = pytest.mark.skipif(not WORKFLOW.exists(), reason="not a checkout of the repository")


def commands() -> list[list[str]]:
    """Each `otel-costing` command of the workflow, as the shell splits it."""
    steps = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))["jobs"]["refresh"]["steps"]
    scripts = "\n".join(step.get("run", "") for step in steps)
    return [shlex.split(line) for line in re.findall(r"^otel-costing (.+)$", scripts, re.MULTILINE)]


@pytest.mark.parametrize("arguments", commands() if WORKFLOW.exists() else [])
def test_every_command_of_the_workflow_is_understood(arguments: list[str]) -> None:
    group = cli.get_command(click.Context(cli), arguments[0])
    assert isinstance(group, click.Group)
    command = group.get_command(click.Context(group), arguments[1])
    assert command is not None
    command.make_context(arguments[1], arguments[2:])


def test_a_refresh_is_checked_against_the_past_before_it_is_proposed() -> None:
    names = [(command[1], set(command[2:])) for command in commands()]
    assert [name for name, _ in names] == ["refresh", "check"]
    assert names[1][1] >= {"--against", "HEAD", "--max-age", "35d"}
