"""The ten likely mistakes of `docs/troubleshooting.md`: each is made, and says what the page says it does.

Blocks of a section are what a person does: files by their first line, commands and Python with what comes of them.
"""

from __future__ import annotations

import os
import re
import shlex
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from math import ceil
from pathlib import Path
from typing import NamedTuple

import pytest

from otel_costing import CostSpanProcessor, receipt
from otel_costing.clickhouse.store import Store
from tests.cli.conftest import Answer, command
from tests.clickhouse.test_connection import HOLDER
from tests.collector.running import JSON, Running

__all__ = ["command"]

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/troubleshooting.md").read_text("utf-8")
SECTIONS = dict(re.findall(r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SCREEN = (80, 24)
WITHOUT = """
import os, sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in os.environ["WITHOUT"].split():
            raise ModuleNotFoundError(f"no module named {name!r}", name=name)

sys.meta_path.insert(0, Missing())
"""
BAKERY = """
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

trace.set_tracer_provider(TracerProvider())
"""
Commanded = Callable[..., Answer]


class Made(NamedTuple):
    """What somebody did, and what the page says came of it."""

    done: str
    told: str


def commands(heading: str) -> list[Made]:
    """The commands of a section with what they print."""
    texts = [text for kind, text in BLOCK.findall(SECTIONS[heading]) if kind == "console"]
    each = [one for text in texts for one in re.split(r"^\$ ", text, flags=re.MULTILINE) if one]
    return [Made(done, told) for done, _, told in (one.partition("\n") for one in each)]


def python(heading: str) -> Made:
    """The program of a section with what it prints."""
    found = dict(BLOCK.findall(SECTIONS[heading]))
    return Made(found["python"], found["text"])


def run(*arguments: str, **environment: str) -> Answer:
    """Run a program of its own to its end; `otel-costing` is this checkout's."""
    program = [sys.executable, "-m", "otel_costing.cli"]
    started = program if arguments[0] == "otel-costing" else [sys.executable, arguments[0]]
    path = os.pathsep.join((environment.pop("PYTHONPATH", ""), str(ROOT), str(ROOT / "collector")))
    done = subprocess.run(
        [*started, *arguments[1:]],
        env={**os.environ, **environment, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return Answer(done.returncode, done.stdout, done.stderr)


def said(answer: Answer, masks: Mapping[str, str] | None = None) -> str:
    """What a person reads, on one line, by the names of the page; never a traceback, and no more than a screen."""
    whole = answer.err + answer.out
    columns, rows = SCREEN
    assert "Traceback" not in whole
    assert sum(ceil(len(line) / columns) for line in whole.splitlines()) <= rows
    for ours, shown in (masks or {}).items():
        whole = whole.replace(ours, shown)
    return flat(whole)


def flat(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture(autouse=True)
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty directory to work in, a data directory, and nothing of ours in the environment."""
    for name in [name for name in os.environ if name.startswith(("OTEL_", "XDG_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_page_has_ten_mistakes_that_are_all_made_here() -> None:
    made = Path(__file__).read_text("utf-8")

    assert len(SECTIONS) == 10
    assert [heading for heading in SECTIONS if f'"{heading}"' not in made] == []


def test_an_extra_that_is_not_installed_is_named_with_how_to_install_it(at_home: Path) -> None:
    (at_home / "sitecustomize.py").write_text(WITHOUT)
    missing = ("click rich", "chdb clickhouse_connect", "grpc")
    made = commands("An extra is not installed")

    for without, (done, told) in zip(missing, made, strict=True):
        answer = run(*shlex.split(done), WITHOUT=without, PYTHONPATH=str(at_home))

        assert (answer.status, said(answer)) == (2, flat(told))


def test_commands_are_listed_where_one_of_them_is_not_installed(at_home: Path) -> None:
    (at_home / "sitecustomize.py").write_text(WITHOUT)
    answer = run("otel-costing", "--help", WITHOUT="grpc", PYTHONPATH=str(at_home))

    assert answer.status == 0
    assert "Not installed: pip install 'otel-costing[collector]'." in flat(answer.out)


def test_a_receipt_that_nothing_fills_says_so_once(at_home: Path) -> None:
    made = python("Spans without a provider, or a provider without the processor")
    (at_home / "work.py").write_text(f"{made.done}\nwith receipt() as again: ...\n")

    assert said(run("work.py")) == flat(made.told)


def test_the_doctor_names_the_lines_that_a_service_lacks(at_home: Path) -> None:
    (at_home / "shop.py").write_text("")
    (at_home / "bakery.py").write_text(BAKERY)

    for done, told in commands("Spans without a provider, or a provider without the processor"):
        answer = run(*shlex.split(done))

        assert answer.status == 1
        assert flat(told) in said(answer)


@pytest.mark.parametrize("made", commands("A wrong DSN"), ids=lambda made: made.done)
def test_a_wrong_dsn_says_what_one_looks_like(made: Made, command: Commanded) -> None:
    answer = command(*shlex.split(made.done)[1:])

    assert answer.status == 2
    assert said(answer, {_of_unknown_names(): "Name or service not known"}) == flat(made.told)
    assert "secret" not in answer.err


def _of_unknown_names() -> str:
    """How this system says that a name is not known; it depends on whether it can ask anybody."""
    try:
        socket.getaddrinfo("costs.invalid", 8123)
    except socket.gaierror as unknown:
        return unknown.strerror or ""
    raise AssertionError("costs.invalid is a name that nobody may have")


@pytest.fixture
def holder(at_home: Path) -> Iterator[int]:
    """A process that holds the ledger of the data directory."""
    ledger = at_home / "data/otel-costing/ledger"
    (ledger / "metadata").mkdir(parents=True)
    program = [sys.executable, "-c", HOLDER, str(ledger)]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        yield process.pid


def test_a_ledger_that_is_held_names_who_holds_it(
    at_home: Path, holder: int, command: Commanded
) -> None:
    ((done, told),) = commands("The embedded ledger is held by another process")
    answer = command(*shlex.split(done)[1:])
    masks = {str(at_home / "data"): "/home/you/.local/share", f"process {holder}": "process 4711"}

    assert (answer.status, said(answer, masks)) == (2, flat(told))


def test_a_model_without_a_rate_is_unpriced_with_the_way_to_a_price(command: Commanded) -> None:
    ((done, told),) = commands("No rate for a model")
    answer = command(*shlex.split(done)[1:])

    assert (answer.status, answer.out, said(answer)) == (1, "", flat(told))


def test_a_datetime_without_a_time_zone_is_refused_with_the_way_to_write_it(at_home: Path) -> None:
    made = python("A datetime without a time zone")
    (at_home / "at.py").write_text(made.done)
    answer = run("at.py")

    assert answer.status == 1
    assert answer.err.splitlines()[-1] == made.told.strip()


def test_a_taken_port_is_told_with_the_setting_that_says_another(dsn: str, at_home: Path) -> None:
    ((done, told),) = commands("A port that is taken")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        free = {f"OTEL_COSTING_COLLECTOR_{door}_ADDRESS": "127.0.0.1:0" for door in DOORS}
        answer = run(
            *shlex.split(done),
            **free,
            OTEL_COSTING_COLLECTOR_HTTP_ADDRESS=f"localhost:{port}",
            OTEL_COSTING_DSN=dsn,
        )

    assert (answer.status, said(answer, {f":{port}": ":4318"})) == (2, flat(told))
    assert list((at_home / "data/otel-costing").iterdir()) == [at_home / "data/otel-costing/spool"]


DOORS = ("GRPC", "ADMIN", "SQL")


@pytest.fixture
def guarded(at_home: Path, dsn: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """A collector that asks for a token."""
    monkeypatch.setenv("THE_TOKENS", "the-only-token-there-is")
    settings = ("tokens.variable=THE_TOKENS", f"store.dsn={dsn}")
    with Store.open(dsn):
        running = Running(at_home / "spool", *settings, open_ledger=partial(Store.open, dsn))
        yield running
        running.stop()


def test_a_bad_token_is_refused_with_the_way_to_make_one(
    guarded: Running, command: Commanded
) -> None:
    sent, asked = commands("A bad token")
    refused = guarded.request(body=b"{}", content_type=JSON)
    answer = command(*shlex.split(asked.done.replace(":8123", f":{guarded.ports.sql}"))[1:])

    assert sent.done.startswith("curl http://localhost:4318/v1/traces")
    assert (refused.status, refused.body.decode()) == (401, sent.told.strip())
    assert answer.status == 2
    assert said(answer, {f":{guarded.ports.sql}": ":8123"}) == flat(asked.told)


def test_a_token_that_is_taken_for_the_user_is_not_shown(
    guarded: Running, command: Commanded
) -> None:
    dsn = f"http://the-only-token-there-is@localhost:{guarded.ports.sql}/otel_costing"
    answer = command("report", "--dsn", dsn)

    assert answer.status == 2
    assert "does not admit a DSN without a password, " in answer.err
    assert "the-only-token-there-is" not in answer.err


def test_bad_yaml_is_told_with_every_place(at_home: Path, command: Commanded) -> None:
    for kind, text in BLOCK.findall(SECTIONS["Bad YAML"]):
        if kind == "yaml":
            (at_home / text.split()[1]).write_text(text)

    for done, told in commands("Bad YAML"):
        answer = command(*shlex.split(done)[1:])

        assert (answer.status, said(answer)) == (2, flat(told))


def test_what_the_page_says_to_ask_can_be_asked(
    at_home: Path, dsn: str, command: Commanded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_COSTING_DSN", dsn)
    (at_home / "YOURS.yaml").write_text("name: acme-2026\n")
    lines = [
        line for kind, text in BLOCK.findall(PAGE) if kind == "bash" for line in text.splitlines()
    ]
    asked = [line.partition("  #")[0].split()[1:] for line in lines if "MODULE" not in line]

    assert [" ".join(one[:1]) for one in asked] == ["doctor", "reprice"]
    assert [command(*one).status for one in asked] == [0, 0]


@pytest.mark.parametrize(
    "asked",
    ["report --format json", "runs", "paths", "scores", "outcomes", "coverage", "report --matrix"],
)
def test_every_report_of_an_empty_ledger_has_an_end(
    asked: str, dsn: str, command: Commanded
) -> None:
    answer = command(*asked.split(), "--dsn", dsn)

    assert answer.status == 0
    assert answer.err.startswith("The ledger is empty: ")
    assert "The ledger" not in answer.out


def test_a_receipt_of_a_process_with_a_processor_may_stay_empty(
    caplog: pytest.LogCaptureFixture,
) -> None:
    CostSpanProcessor().shutdown()
    with receipt() as so_far:
        pass

    assert so_far.calls == 0
    assert caplog.messages == []


def test_an_empty_ledger_says_how_calls_come_into_it(
    dsn: str, command: Commanded, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty, missing = commands("An empty ledger")
    monkeypatch.setenv("OTEL_COSTING_DSN", dsn)
    of_empty = command(*shlex.split(empty.done)[1:])
    of_missing = command(*shlex.split(missing.done)[1:])

    assert (of_empty.status, said(of_empty)) == (0, flat(empty.told))
    assert (of_missing.status, said(of_missing)) == (2, flat(missing.told))
