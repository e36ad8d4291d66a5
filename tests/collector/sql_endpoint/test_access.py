"""Where tokens are configured, asking in SQL takes one that reads everything."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from otel_costing.clickhouse.store import Store
from tests.collector.sql_endpoint.conftest import Asked

SENDS, READS = "sends-0123456789abcdef", "reads-0123456789abcdef"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory, directory: Path) -> Iterator[Asked]:
    """A collector with a token that sends and another that reads everything."""
    file = tmp_path_factory.mktemp("guarded") / "tokens.yaml"
    file.write_text(token("sender", SENDS, "send") + token("analyst", READS, "read:all"))
    dsn = f"chdb://{directory}?database=guarded"
    with Store.open(dsn):
        settings = (f"store.dsn={dsn}", f"tokens.file={file}")
        asked = Asked(file.parent / "spool", *settings, open_ledger=lambda: Store.open(dsn))
        yield asked
        asked.stop()


def token(name: str, plain: str, scope: str) -> str:
    digest = hashlib.sha256(plain.encode()).hexdigest()
    return f"- name: {name}\n  sha256: {digest}\n  scopes: [{scope}]\n"


@pytest.mark.parametrize(
    ("presented", "status", "code"),
    [
        (READS, 200, None),
        (SENDS, 403, "497"),
        ("guessed-0123456789abcdef", 403, "516"),
        ("", 403, "516"),
    ],
)
def test_only_a_token_that_reads_everything_asks(
    guarded: Asked, presented: str, status: int, code: str | None
) -> None:
    reply = guarded.ask("SELECT 1", headers={"X-ClickHouse-Key": presented})

    assert (reply.status, reply.headers.get("x-clickhouse-exception-code")) == (status, code)


def test_who_shows_a_token_may_ask_by_any_name_of_the_host_but_no_page_may(guarded: Asked) -> None:
    named = {"Host": "costs.example:8123", "X-ClickHouse-Key": READS}

    assert guarded.ask("SELECT 1", headers=named).status == 200
    assert guarded.ask("SELECT 1", headers={**named, "Origin": "https://a.example"}).status == 403


def test_being_alive_is_told_without_a_token(guarded: Asked) -> None:
    assert guarded.ask("", method="GET", path="/ping").status == 200
