"""A store whose settings would lose or double money is refused before anything is booked, and told how to be mended."""

from __future__ import annotations

import pytest

from otel_costing.clickhouse.store import Store
from otel_costing.clickhouse.store_settings import (
    OLDEST_VERSION,
    tables_written,
    version_of,
    wrong_settings,
)
from otel_costing.clickhouse.target import StoreUnusable
from tests.calls import batch, entry

pytestmark = pytest.mark.usefixtures("engine")
SAFE = {
    "name": "ledger",
    "is_replicated": 0,
    "non_replicated_window": 10_000,
    "replicated_window": 10_000,
    "fsync_after_insert": 1,
    "fsync_part_directory": 1,
}


@pytest.mark.parametrize(
    "setting",
    [
        "ledger MODIFY SETTING non_replicated_deduplication_window = 0",
        "spans MODIFY SETTING non_replicated_deduplication_window = 5",
        "rollup_rows RESET SETTING non_replicated_deduplication_window",
        "ledger MODIFY SETTING fsync_after_insert = 0",
        "batches RESET SETTING fsync_part_directory",
    ],
)
def test_a_table_that_was_made_unsafe_is_refused_until_it_is_mended(dsn: str, setting: str) -> None:
    with Store.open(dsn) as store:
        store.connection.command(f"ALTER TABLE {setting}")
        with pytest.raises(StoreUnusable, match="not safe to book into") as refused:
            Store.open(dsn)

        store.connection.command(str(refused.value).split(": ", 1)[1])
    with Store.open(dsn) as mended:
        assert mended.book(batch([entry(1)])).booked == 1


def test_reading_an_unsafe_ledger_is_no_risk(dsn: str) -> None:
    with Store.open(dsn) as store:
        store.connection.command("ALTER TABLE ledger MODIFY SETTING fsync_after_insert = 0")
        Store.open(dsn, create=False).close()


def test_every_mistake_is_told_at_once(dsn: str) -> None:
    with Store.open(dsn) as store:
        for table in ("ledger", "spans"):
            store.connection.command(
                f"ALTER TABLE {table} MODIFY SETTING non_replicated_deduplication_window = 0"
            )
        with pytest.raises(StoreUnusable) as refused:
            Store.open(dsn)

    assert all(f"ALTER TABLE {table} " in str(refused.value) for table in ("ledger", "spans"))


@pytest.mark.parametrize(
    ("changed", "embedded", "told"),
    [
        ({}, True, []),
        ({"fsync_after_insert": 0}, False, []),
        ({"fsync_after_insert": 0}, True, ["fsync_after_insert = 1"]),
        ({"non_replicated_window": 99}, False, ["non_replicated_deduplication_window = 10000"]),
        ({"is_replicated": 1, "non_replicated_window": 0}, False, []),
        (
            {"is_replicated": 1, "replicated_window": 0},
            False,
            ["replicated_deduplication_window = 10000"],
        ),
        ({"name": "rollup_rows", "fsync_after_insert": 0}, True, []),
    ],
)
def test_what_is_asked_of_a_table_depends_on_who_keeps_it(
    changed: dict[str, object], *, embedded: bool, told: list[str]
) -> None:
    table = {**SAFE, **changed}

    assert list(wrong_settings([table], is_embedded=embedded)) == [
        f"ALTER TABLE {table['name']} MODIFY SETTING {remedy}" for remedy in told
    ]


def test_every_table_that_is_booked_into_is_looked_at() -> None:
    assert {"ledger", "sightings", "spans", "findings", "rates", "batches", "settlements"} <= set(
        tables_written()
    )


@pytest.mark.parametrize(
    ("version", "is_old"),
    [("24.3.9.5", True), ("24.7.1", True), ("24.8.1.1-lts", False), ("26.9.2.1", False)],
)
def test_versions_are_compared_by_their_numbers(version: str, *, is_old: bool) -> None:
    assert (version_of(version) < OLDEST_VERSION) is is_old


def test_an_old_engine_is_refused_in_one_sentence(
    dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("otel_costing.clickhouse.store_settings.OLDEST_VERSION", (99, 1))

    with pytest.raises(StoreUnusable, match=r"^the ledger needs ClickHouse 99\.1 or newer, and"):
        Store.open(dsn)
