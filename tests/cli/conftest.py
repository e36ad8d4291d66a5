"""The command, run in this process as a person would."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from click.testing import CliRunner

from otel_costing.cli.main import cli


class Answer(NamedTuple):
    """What a command said."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The JSON it printed."""
        return json.loads(self.out)


Command = Callable[..., Answer]


@pytest.fixture(scope="session")
def command() -> Command:
    """Run `otel-costing` with these arguments; an exception that escapes fails the test."""

    def run(*arguments: str, input: bytes | None = None) -> Answer:  # noqa: A002 - click's own word
        result = CliRunner().invoke(cli, list(arguments), input=input)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Answer(result.exit_code, result.stdout, result.stderr)

    return run
