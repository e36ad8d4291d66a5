"""One collector with a few calls in its ledger, asked in SQL by all the tests of this folder."""

from __future__ import annotations

import http.client
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from otel_costing.clickhouse.store import Store
from tests.collector.bench import calls
from tests.collector.running import PROTOBUF, Reply, Running

CALLS = 3
CALL_USD = "0.0045"


class Asked(Running):
    """A collector whose ledger is asked."""

    dsn = ""

    @property
    def sql(self) -> int:
        """Where it is asked."""
        assert self.ports.sql is not None
        return self.ports.sql

    def ask(
        self,
        text: str | bytes,
        *,
        headers: Mapping[str, str] | None = None,
        method: str = "POST",
        path: str = "/",
        **fields: Any,
    ) -> Reply:
        """Ask in the body of a request; `fields` stand in its URL."""
        connection = http.client.HTTPConnection("127.0.0.1", self.sql, timeout=30)
        body = text.encode() if isinstance(text, str) else text
        try:
            connection.request(method, f"{path}?{urlencode(fields)}", body, dict(headers or {}))
            response = connection.getresponse()
            named = {name.lower(): value for name, value in response.getheaders()}
            return Reply(response.status, named, response.read())
        finally:
            connection.close()

    def told(self, text: str, **fields: Any) -> str:
        """Ask, and return the answer's text."""
        reply = self.ask(text, **fields)
        assert reply.status == 200, reply.body
        return reply.body.decode()


@pytest.fixture(scope="package")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the ledgers of all of these tests are: the collector below holds it until the last."""
    return tmp_path_factory.mktemp("ledgers")


@pytest.fixture
def dsn(new_dsn: str) -> str:
    """The address of a ledger beside the other."""
    return new_dsn


@pytest.fixture(scope="package")
def shared_asked(tmp_path_factory: pytest.TempPathFactory, directory: Path) -> Iterator[Asked]:
    """Starting one for each test would take longer than the tests."""
    dsn = f"chdb://{directory}?database=asked"
    with Store.open(dsn):
        asked = Asked(
            tmp_path_factory.mktemp("asked") / "spool",
            f"store.dsn={dsn}",
            "booking.linger_seconds=0.05",
            "sql.max_seconds=4",
            "sql.max_memory_bytes=200 MiB",
            "sql.max_rows=100000",
            "sql.max_result_bytes=50 MiB",
            "sql.max_waiting=2",
            open_ledger=lambda: Store.open(dsn),
        )
        asked.dsn = dsn
        asked.request(body=calls(*range(1, CALLS + 1)), content_type=PROTOBUF)
        asked.until(lambda: not asked.spooled())
        yield asked
        asked.stop()


@pytest.fixture
def asked(shared_asked: Asked) -> Asked:
    """The collector."""
    return shared_asked
