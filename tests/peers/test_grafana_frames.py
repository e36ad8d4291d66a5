"""Grafana's SDK for data sources makes a frame of every answer that a dashboard asks for, with the same sums.

The data source itself is to be had only as a plugin, so its way stands here in short: clickhouse-go over HTTP, the SDK's
`FrameFromRows`, and for graphs `LongToWide`, which wants times in order.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from otel_costing.clickhouse.store import Store
from tests.clickhouse.three_teams import worked
from tests.collector.sql_endpoint.conftest import Asked
from tests.dashboards.asked_panels import ASKED_ONCE, NOTHING_CHOSEN, WEEK, Question, answer
from tests.dashboards.macros import expand
from tests.peers.grafana import FRAMES, installed

NUMBER = re.compile(r"(Nullable\()?(Decimal|U?Int|Float)")
pytestmark = [
    installed,
    pytest.mark.skipif(
        not FRAMES.exists(), reason="no program in .peers/grafana that makes frames"
    ),
]


class Made(NamedTuple):
    """A collector, and what was made of its answers."""

    collector: Asked
    frames: dict[str, Any]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    """All questions of all dashboards, asked of what three teams did."""
    directory = tmp_path_factory.mktemp("frames")
    dsn = f"chdb://{directory}/ledger"
    with Store.open(dsn) as store:
        for each in worked(directory):
            store.book(each)
        store.rebuild_rollups()
        collector = Asked(
            directory / "spool",
            f"store.dsn={dsn}",
            # Settling would correct what the three teams' ledger states on purpose, between one answer and the other.
            "booking.settle_seconds=86400",
            open_ledger=lambda: Store.open(dsn),
        )
        yield Made(collector, frames_of(collector))
        collector.stop()


def frames_of(collector: Asked) -> dict[str, Any]:
    asked = [
        {"name": one.name, "sql": sent(one.sql), "is_time_series": one.type == "timeseries"}
        for one in ASKED_ONCE
    ]
    told = subprocess.run(
        [FRAMES, f"127.0.0.1:{collector.sql}"],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert told.returncode == 0, told.stderr
    frames: dict[str, Any] = json.loads(told.stdout)
    return frames


def sent(sql: str) -> str:
    return expand(
        sql,
        time_from=WEEK.begins,
        time_to=WEEK.ends,
        interval_s=3600,
        variables=NOTHING_CHOSEN,
    )


@pytest.mark.parametrize("one", ASKED_ONCE, ids=lambda one: one.name)
def test_a_frame_has_what_the_answer_says(made: Made, one: Question) -> None:
    frame = made.frames[one.name]
    told = answer(made.collector, one.sql)

    assert frame["error"] == ""
    if one.type != "timeseries":
        assert frame["rows"] == len(told.rows)
    if one.type != "timeseries" and told.rows:
        assert [field["name"] for field in frame["fields"]] == list(told.types)
    for name in (name for name, kind in told.types.items() if NUMBER.match(kind)):
        expected = sum(float(row[name] or 0) for row in told.rows)
        assert summed(frame, name) == pytest.approx(expected), name


def summed(frame: dict[str, Any], name: str) -> float:
    """Return the sum of all numbers of a column: of a graph, of each of its series."""
    return float(sum(field["sum"] for field in frame["fields"] if field["name"] == name))
