"""The ledger keeps what made a contracted rate, also where it is older than contracts."""

from __future__ import annotations

from typing import Any

from otel_costing.clickhouse.sql import migrations
from otel_costing.clickhouse.store import Store

ADDED = [
    "prices.list_unit_price",
    *(f"contracts.{name}" for name in ("name", "terms", "source", "checked")),
    *(f"exchanges.{name}" for name in ("currency", "usd", "source")),
]
KEPT: dict[str, list[Any]] = {
    "rate_id": ["acme/m#1"],
    "rates_digest": ["b"],
    "prices.meter": [["input", "output"]],
    "prices.unit_price": [["1", "2"]],
    "prices.per": [[10**6, 10**6]],
}


READ = """
SELECT prices.list_unit_price, contracts.name, contracts.terms, contracts.source, contracts.checked,
       exchanges.currency, exchanges.usd, exchanges.source
FROM rates
"""


def test_a_rate_kept_before_contracts_has_no_list_price_rather_than_a_wrong_one(dsn: str) -> None:
    with Store.open(dsn) as store:
        for name in ADDED:
            store.connection.command(f"ALTER TABLE rates DROP COLUMN `{name}`")
        store.connection.insert("rates", KEPT, token=dsn)
        (migration,) = [each for each in migrations() if each.name.endswith("contracted_rates")]
        for _ in range(2):
            store.connection.command(migration.statement)
        (row,) = store.connection.query(READ).rows

    assert row == ([None, None], [], [], [], [], [], [], [])
