"""The command, run in this process as a person would."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from click.testing import CliRunner

from otel_costing.cli.main import cli
from otel_costing.clickhouse.connection import connect
from otel_costing.clickhouse.store import Store
from tests.clickhouse.tables import emptied


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


@pytest.fixture(scope="module")
def directory(directory: Path, empty_ledger: Path) -> Iterator[Path]:
    """The same, with a ledger in it, and the engine running until a module's last test: each command would start it."""
    shutil.copytree(empty_ledger, directory, symlinks=True, dirs_exist_ok=True)
    with closing(connect(f"chdb://{directory}", create=True)):
        yield directory


@pytest.fixture
def dsn(directory: Path) -> str:
    """The address of an empty ledger."""
    with Store.open(f"chdb://{directory}") as store:
        emptied(store)
    return f"chdb://{directory}"


@pytest.fixture(scope="session")
def command() -> Command:
    """Run `otel-costing` with these arguments; an exception that escapes fails the test."""

    def run(*arguments: str, input: bytes | None = None) -> Answer:  # noqa: A002 - click's own word
        result = CliRunner().invoke(cli, list(arguments), input=input)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Answer(result.exit_code, result.stdout, result.stderr)

    return run
