"""A configuration -> the endpoint of the ledger that this process holds, if it holds one."""

from __future__ import annotations

import os
from collections.abc import Callable

from otel_costing.clickhouse.directory_lock import held_here
from otel_costing.clickhouse.target import StoreUnusable
from otel_costing_collector.config import Config
from otel_costing_collector.sql_endpoint.application import SqlEndpoint
from otel_costing_collector.sql_endpoint.asking import Asking, Capacity
from otel_costing_collector.sql_endpoint.limits import Limits
from otel_costing_collector.sql_endpoint.refusals import SqlRefused
from otel_costing_collector.telemetry import Telemetry
from otel_costing_collector.tokens import Tokens


def sql_endpoint_of(
    config: Config, tokens: Callable[[], Tokens], telemetry: Telemetry
) -> SqlEndpoint | None:
    """Return what answers in SQL; None where nothing listens for it, or the ledger is a server's, which answers itself.

    Args:
        config: the collector's.
        tokens: those of now.
        telemetry: where it counts.

    Raises:
        StoreUnusable: the engine is too old.
    """
    ledger = held_here(config.store_dsn)
    if config.sql_address is None or ledger is None:
        return None
    limits = Limits(
        config.sql_max_seconds,
        config.sql_max_memory_bytes,
        config.sql_max_rows,
        config.sql_max_result_bytes,
        # Half of the machine is the writer's.
        max(1, (os.cpu_count() or 1) // 2),
    )
    try:
        asking = Asking(ledger, limits, Capacity(config.sql_max_queries, config.sql_max_waiting))
    except SqlRefused as refused:
        raise StoreUnusable(
            f"this chdb does not answer in SQL safely; upgrade it, or set sql.address=off: {refused}"
        ) from None
    return SqlEndpoint(asking, tokens, config.sql_max_seconds, telemetry)
