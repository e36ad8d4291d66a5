"""Every question that some dashboard asks of the ledger, and what a browser and the data source make of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from dashboards.generate import DASHBOARDS
from dashboards.targets import CLICKHOUSE
from tests.clickhouse.figures import SINCE_NS, UNTIL_NS
from tests.collector.sql_endpoint.conftest import Asked
from tests.dashboards.macros import expand
from tests.dashboards.template_variables import ALL

UNATTRIBUTED = "unattributed"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FILTERS = ("team", "project", "feature", "workflow", "environment", "purpose", "provider", "model")
NOTHING_CHOSEN: Mapping[str, list[str] | str] = {
    **{name: [ALL] for name in FILTERS},
    "payer": "owner",
    "trace_id": "",
}
_EXACTLY = {
    "output_format_json_quote_decimals": "1",
    "output_format_json_quote_64bit_integers": "0",
}
Row = dict[str, Any]


class Time(NamedTuple):
    """What the time picker says; both are asked for."""

    begins: datetime
    ends: datetime

    @classmethod
    def of_ns(cls, since_ns: int, until_ns: int) -> Time:
        """Return the time from an instant until just before another."""
        begins, ends = (EPOCH + timedelta(milliseconds=ns // 10**6) for ns in (since_ns, until_ns))
        return cls(begins, ends - timedelta(milliseconds=1))


WEEK = Time.of_ns(SINCE_NS, UNTIL_NS)


class Question(NamedTuple):
    """One query of a panel or a variable."""

    dashboard: str
    of: str
    """The title of the panel, or the name of the variable."""
    type: str
    sql: str
    panel: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Return what tests call it."""
        return f"{self.dashboard}: {self.of}"


class Answer(NamedTuple):
    """What came back."""

    types: Mapping[str, str]
    """Of ClickHouse, by column, in order."""
    rows: list[Row]


def questions() -> Iterator[Question]:
    """Yield all queries of the ClickHouse data source."""
    for name, dashboard in DASHBOARDS.items():
        told = json.loads(json.dumps(dashboard.to_json()))
        for one in told["templating"]["list"]:
            if one["type"] == "query":
                yield Question(name, f"${one['name']}", "variable", one["query"], one)
        for panel in told["panels"]:
            for target in panel.get("targets", ()):
                if target["datasource"]["type"] == CLICKHOUSE:
                    yield Question(name, panel["title"], panel["type"], target["rawSql"], panel)


QUESTIONS = {one.name: one for one in questions()}
ASKED_ONCE = {one.sql: one for one in reversed(QUESTIONS.values())}.values()
"""Of several that ask the same, as each dashboard has its variables, the first."""


def answer(asked: Asked, sql: str, time: Time = WEEK, **chosen: list[str] | str) -> Answer:
    """Ask through the collector as Grafana does; `chosen` are variables."""
    text = expand(
        sql,
        time_from=time.begins,
        time_to=time.ends,
        interval_s=3600,
        variables={**NOTHING_CHOSEN, **chosen},
    )
    told = json.loads(asked.told(text, default_format="JSON", **_EXACTLY))
    return Answer({one["name"]: one["type"] for one in told["meta"]}, told["data"])


def shown(asked: Asked, name: str, time: Time = WEEK, **chosen: list[str] | str) -> list[Row]:
    """Return the rows of a panel."""
    return answer(asked, QUESTIONS[name].sql, time, **chosen).rows


def usd(value: str | None) -> Decimal | None:
    """Return an amount as it came, exactly."""
    return None if value is None else Decimal(value)


def told(rows: list[Row], *columns: str) -> list[tuple[Any, ...]]:
    """Return some columns, amounts as exact as they came."""
    return [
        tuple(usd(row[name]) if name.endswith("usd") else row[name] for name in columns)
        for row in rows
    ]


def named(rows: list[tuple[Any, ...]], names: int = 1) -> list[tuple[Any, ...]]:
    """Return rows whose first columns are named as dashboards name what nobody said."""
    return [(*(name or UNATTRIBUTED for name in row[:names]), *row[names:]) for row in rows]


def just_now() -> Time:
    """Return the two hours around now."""
    now, hour = datetime.now(UTC), timedelta(hours=1)
    return Time(now - hour, now + hour)


def total_by_cause(rows: list[tuple[Any, ...]]) -> Mapping[str, Decimal]:
    """Add up changes; one of nothing that has a price is none."""
    sums: dict[str, Decimal] = {}
    for cause, change in rows:
        sums[cause] = sums.get(cause, Decimal(0)) + (change or 0)
    return sums
