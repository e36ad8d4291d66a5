"""What an embedded engine may keep in memory, and how it merges: its defaults are those of a machine of its own.

Source: ClickHouse, "Server Settings" and "MergeTree settings"; chdb takes them with the directory, those of tables from a file
alone. Each cache is by default gigabytes, or a part of them, and grows with the ledger until then.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files

_MIB = 2**20
ENGINE_OPTIONS: Mapping[str, int | str] = {
    "config-file": str(files("otel_costing.clickhouse").joinpath("engine.xml")),
    "mark_cache_size": 48 * _MIB,
    "primary_index_cache_size": 32 * _MIB,
    "index_mark_cache_size": 8 * _MIB,
    "query_condition_cache_size": 8 * _MIB,
    "compiled_expression_cache_size": 16 * _MIB,
    "text_index_header_cache_size": _MIB,
    "text_index_postings_cache_size": _MIB,
    "text_index_tokens_cache_size": _MIB,
    "vector_similarity_index_cache_size": _MIB,
    "parquet_metadata_cache_size": 8 * _MIB,
    "iceberg_metadata_files_cache_size": _MIB,
}
"""Sizes in bytes. Every handle on a directory names the same."""
