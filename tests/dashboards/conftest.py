"""A collector with three teams' ledger, asked by all the tests of a module."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import pytest

from otel_costing.attribution import Attribution
from otel_costing.batch import SealedBatch
from otel_costing.clickhouse.store import Store
from tests.calls import batch, entry
from tests.clickhouse.three_teams import DAY, MONDAY, Ledger, worked
from tests.collector.sql_endpoint.conftest import Asked
from tests.dashboards.asked_panels import Time

HOSTILE_DAY = MONDAY + 60 * DAY
"""Long after what the three teams did."""
HOSTILE_NAMES = (
    "x' OR 1=1 --",
    "\\' OR 1=1 --",
    "\\",
    'x" OR "1"="1',
    "a,b",
    "a",
    "&var-team=a",
    "%27",
    "{a}",
    "',' OR team != '",
    "Ünïcode 🙂 + %20",
)
HOSTILE_TIME = Time.of_ns(HOSTILE_DAY, HOSTILE_DAY + DAY)


class Dashboards(NamedTuple):
    """What is asked, and what it should say."""

    collector: Asked
    ledger: Ledger


@pytest.fixture(scope="module")
def collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    """A collector with an empty ledger; starting one takes longer than asking it."""
    directory = tmp_path_factory.mktemp("dashboards")
    dsn = f"chdb://{directory}/ledger"
    with Store.open(dsn):
        running = Asked(
            directory / "spool",
            f"store.dsn={dsn}",
            # Settling would correct what the three teams' ledger states on purpose.
            "booking.settle_seconds=86400",
            open_ledger=lambda: Store.open(dsn),
        )
        running.dsn = dsn
        yield running
        running.stop()


@pytest.fixture(scope="module")
def dashboards(collector: Asked, tmp_path_factory: pytest.TempPathFactory) -> Dashboards:
    """The same with what three teams did, and a day of names that were made to do harm."""
    ledger = worked(tmp_path_factory.mktemp("rates"))
    with Store.open(collector.dsn) as store:
        for each in (*ledger, _hostile()):
            store.book(each)
        store.rebuild_rollups()
    return Dashboards(collector, ledger)


def _hostile() -> SealedBatch:
    """Return a call of each name; each costs ten times what the one before it does."""
    entries = [
        entry(
            number,
            {"input": 10**number},
            end_ns=HOSTILE_DAY + number,
            attribution=Attribution(team=name),
        )
        for number, name in enumerate(HOSTILE_NAMES)
    ]
    return batch(entries, name="hostile")
