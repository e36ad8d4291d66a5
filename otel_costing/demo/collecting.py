"""The demo's collector: started, asked what waits in its spool, killed, started again on the same addresses, stopped."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import httpx2
from prometheus_client.parser import text_string_to_metric_families

from otel_costing.demo.processes import HOST, Process, running

_DOORS = ("grpc", "http", "admin", "sql")
_WAITING = "otel_costing_spool_requests"
_LOOK_SECONDS = 0.05
_ANSWER_SECONDS = 10.0


class Ports(NamedTuple):
    """Where a collector listens; 0 is any that is free."""

    grpc: int = 0
    http: int = 0
    admin: int = 0
    sql: int = 0


class Collector:
    """A collector with an embedded ledger; both keep all they have below one directory."""

    def __init__(
        self, home: Path, logs: Path, environment: Mapping[str, str], stack: ExitStack
    ) -> None:
        """Prepare it; `start` begins.

        Args:
            home: gets `ledger/` and `spool/`.
            logs: an existing directory; gets a log for each start.
            environment: of its process.
            stack: ends it, whatever happens.
        """
        self.dsn = f"chdb://{home.resolve() / 'ledger'}"
        self._spool = home.resolve() / "spool"
        self._logs = logs
        self._environment = environment
        self._stack = stack
        self._ports = Ports()
        self._starts = 0
        self._process: Process | None = None

    @property
    def otlp_url(self) -> str:
        """Where it takes OTLP over HTTP."""
        return f"http://{HOST}:{self._ports.http}"

    @property
    def sql_url(self) -> str:
        """Where it answers in SQL."""
        return f"http://{HOST}:{self._ports.sql}"

    @property
    def process(self) -> Process:
        """The one that runs, or ran last."""
        if self._process is None:
            raise RuntimeError("start it first")
        return self._process

    def start(self) -> None:
        """Start it, on the addresses that it had if this is not the first time, and return at once."""
        self._starts += 1
        log = self._logs / f"collector-{self._starts}.log"
        started = running("collector", tuple(self._settings()), self._environment, log)
        self._process = self._stack.enter_context(started)
        self._stack.callback(self._process.let_finish)

    def _settings(self) -> Iterator[str]:
        yield f"--set=store.dsn={self.dsn}"
        yield f"--set=spool.directory={self._spool}"
        for door, port in zip(_DOORS, self._ports, strict=True):
            yield f"--set={door}.address={HOST}:{port}"

    def wait_ready(self, deadline: float) -> None:
        """Return when its doors are open; DemoError if it ends, or has not said so at `deadline`."""
        while (ports := self._said_ready()) is None:
            self._look_again(deadline, "did not come up")
        self._ports = ports

    def _said_ready(self) -> Ports | None:
        said = _json_lines(self.process.log)
        ready = next((line for line in said if line.get("message") == "ready"), None)
        return Ports(**{door: ready[door] for door in _DOORS}) if ready else None

    def waiting(self) -> int:
        """Return how many requests are acknowledged and not booked."""
        url = f"http://{HOST}:{self._ports.admin}/metrics"
        try:
            text = httpx2.get(url, timeout=_ANSWER_SECONDS, trust_env=False).text
        except httpx2.TransportError as error:
            raise self.process.failed(f"does not answer ({type(error).__name__})") from error
        families = {family.name: family for family in text_string_to_metric_families(text)}
        return int(families[_WAITING].samples[0].value)

    def kill_amid_work(self, deadline: float) -> int:
        """Kill it, without a chance to finish anything, while acknowledged requests wait; return how many did."""
        while not (waiting := self.waiting()):
            self._look_again(deadline, "was sent nothing")
        self.process.popen.kill()
        self.process.popen.wait()
        return waiting

    def wait_booked(self, deadline: float) -> None:
        """Return when nothing waits any more; DemoError if something still does at `deadline`."""
        while waiting := self.waiting():
            self._look_again(deadline, f"has not booked {waiting} requests")

    def stop(self) -> None:
        """End it in the ordinary way; DemoError unless it ends soon and with exit status 0."""
        self.process.ask_to_stop()
        self.process.wait_stopped()

    def _look_again(self, deadline: float, failure: str) -> None:
        if self.process.popen.poll() is not None or time.monotonic() > deadline:
            raise self.process.failed(failure)
        time.sleep(_LOOK_SECONDS)


def asked_in_sql(sql_url: str, question: str) -> str:
    """Return what a collector answers, in text, as it would to curl."""
    answer = httpx2.post(sql_url, content=question, timeout=_ANSWER_SECONDS, trust_env=False)
    return answer.raise_for_status().text.strip()


def _json_lines(log: Path) -> Iterator[Mapping[str, Any]]:
    for line in log.read_text(errors="replace").splitlines():
        try:
            said = json.loads(line)
        except ValueError:
            continue
        if isinstance(said, dict):
            yield said
