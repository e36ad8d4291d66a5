"""What an embedded engine keeps in memory is bounded by megabytes, however long it runs, and its merges are few."""

from __future__ import annotations

from pathlib import Path

from otel_costing.clickhouse.engine_options import ENGINE_OPTIONS
from otel_costing.clickhouse.store import Store
from tests.clickhouse.tables import rows

MIB = 2**20
IN_BYTES = (
    "SELECT name, toUInt64(value) FROM system.server_settings "
    "WHERE name LIKE '%cache_size' AND name NOT IN ('mmap_cache_size', 's3_credentials_provider_max_cache_size')"
)


def test_every_cache_of_the_engine_is_small_and_all_of_them_together(directory: Path) -> None:
    with Store.open(f"chdb://{directory}?database=engine_options") as store:
        sizes = dict(rows(store, IN_BYTES))

    assert len(sizes) > 10
    assert max(sizes.values()) <= 48 * MIB
    assert sum(sizes.values()) <= 160 * MIB


def test_whichever_handle_asks_the_options_are_those_of_the_process(directory: Path) -> None:
    dsn = f"chdb://{directory}?database=engine_options"
    with Store.open(dsn) as one, Store.open(dsn) as other:
        asked = "SELECT toUInt64(value) FROM system.server_settings WHERE name = 'mark_cache_size'"
        assert rows(one, asked) == rows(other, asked) == [(ENGINE_OPTIONS["mark_cache_size"],)]


def test_many_parts_are_merged_at_once_and_one_column_after_the_other(directory: Path) -> None:
    asked = "SELECT name, toUInt64(value) FROM system.merge_tree_settings WHERE changed"
    with Store.open(f"chdb://{directory}?database=engine_options") as store:
        settings = dict(rows(store, asked))

    assert settings["merge_selector_base"] == 16
    assert settings["vertical_merge_algorithm_min_rows_to_activate"] == 1
