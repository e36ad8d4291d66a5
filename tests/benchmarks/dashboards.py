"""`python -m tests.benchmarks.dashboards DSN [DASHBOARD ...]`: how long every question of the dashboards takes on a ledger.

Of the time that each dashboard opens with, ending with the ledger's last day that is whole, and of the same less an hour at
either end, which cuts two days; with nothing chosen, and the owner or the caller paying. On one thread, as the collector's SQL
endpoint asks, by the processor's clock: on an idle machine that is the time a panel waits. Nothing is written.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta

from dashboards.generate import DASHBOARDS
from otel_costing.clickhouse.connection import Connection, connect
from otel_costing.clickhouse.target import StoreUnavailable
from tests.benchmarks.measure import cpu_us, spread_of
from tests.dashboards.asked_panels import ASKED_ONCE, NOTHING_CHOSEN, Question, Time
from tests.dashboards.macros import expand

_AS_THE_ENDPOINT = "\nSETTINGS max_threads = 1, max_memory_usage = 536870912"
_DAYS_BACK = re.compile(r"now-(\d+)d/d")
_LAST_DAY = "SELECT toDate(max(occurred_at)) - 1 FROM ledger"
_ROUNDS = 1
_HEAD = f"{'ms':<52} {'rows':>6} {'whole':>7} {'caller':>7} {'cut':>7}"


def main() -> None:
    """Measure and print."""
    dsn, *only = sys.argv[1:]
    connection = connect(dsn, create=False)
    try:
        for line in _lines(connection, only or list(DASHBOARDS)):
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
    finally:
        connection.close()


def _lines(connection: Connection, dashboards: list[str]) -> Iterator[str]:
    yield _HEAD
    ((last_day,),) = connection.query(_LAST_DAY).rows
    ends = datetime.combine(last_day, time.max, UTC)
    for one in ASKED_ONCE:
        if one.dashboard in dashboards:
            yield f"{one.name[:52]:<52} {_figures(connection, one, ends)}"


def _figures(connection: Connection, one: Question, ends: datetime) -> str:
    whole = Time(_begins(one, ends), ends)
    hour = timedelta(hours=1)
    cut = Time(whole.begins + hour, whole.ends - hour)
    asked = [_sql(one, whole, "owner"), _sql(one, whole, "caller"), _sql(one, cut, "caller")]
    try:
        rows = len(connection.query(asked[0]).rows)
        taken = [_taken_ms(connection, sql) for sql in asked]
    except StoreUnavailable as refused:
        return str(refused)
    return f"{rows:>6} " + " ".join(f"{ms:>7.0f}" for ms in taken)


def _begins(one: Question, ends: datetime) -> datetime:
    back = _DAYS_BACK.fullmatch(DASHBOARDS[one.dashboard].time_from)
    days = int(back[1]) if back else 0
    return datetime.combine(ends.date() - timedelta(days=days), time.min, UTC)


def _sql(one: Question, asked_time: Time, payer: str) -> str:
    chosen = {**NOTHING_CHOSEN, "payer": payer}
    text = expand(
        one.sql,
        time_from=asked_time.begins,
        time_to=asked_time.ends,
        interval_s=3600,
        variables=chosen,
    )
    return text + _AS_THE_ENDPOINT


def _taken_ms(connection: Connection, sql: str) -> float:
    taken = [cpu_us(lambda: connection.query(sql), 1) / 1000 for _ in range(_ROUNDS)]
    return spread_of(taken).median


if __name__ == "__main__":
    main()
