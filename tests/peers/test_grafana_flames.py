"""Grafana's own flame graph draws what a trace cost, in a browser."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from otel_costing.clickhouse.store import Store
from tests.calls import batch, entry, skeleton
from tests.dashboards.traced import Row, shown
from tests.peers.grafana import PACKAGES, installed

BUNDLER = Path(__file__).parent / "grafana" / "js" / "bundle.cjs"
BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), ""
)
PAGE = """<!doctype html><meta charset="utf-8"><div id="panel" style="width: 1300px"></div>
<script type="application/json" id="rows">{rows}</script><script src="page.js"></script>"""
SPANS = [
    skeleton(0)._replace(name="answer a question"),
    skeleton(1, 0)._replace(name="look it up"),
    skeleton(4, 90)._replace(name="sum it up"),
]
CALLS = [
    entry(2, {"input": 2000}, parent=1),
    entry(3, {"output": 300}, parent=0),
    entry(4, {"output": 450}, parent=90),
    entry(5, parent=0, unpriced="unknown_model"),
]
pytestmark = [
    installed,
    pytest.mark.skipif(shutil.which("node") is None, reason="no node"),
    pytest.mark.skipif(not BROWSER, reason="no Chromium"),
]


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Row]]:
    """What the panel's query answers of a trace with two roots and a call without a price."""
    with Store.open(f"chdb://{tmp_path_factory.mktemp('ledger')}/ledger") as store:
        store.book(batch(CALLS, SPANS))
        yield shown(store, "trace_cost")


@pytest.fixture(scope="module")
def drawn(rows: list[Row], tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page's elements, once they have been drawn."""
    directory = tmp_path_factory.mktemp("page")
    subprocess.run(["node", BUNDLER, PACKAGES, directory / "page.js"], check=True, timeout=120)
    page = directory / "page.html"
    said = json.dumps(rows).replace("<", "\\u003c")
    page.write_text(PAGE.format(rows=said), encoding="utf-8")
    # A process of root's has no sandbox, and time is the page's own: it ends once nothing is left to do.
    options = ("--headless=new", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=8000")
    asked = subprocess.run(
        [BROWSER, *options, "--window-size=1340,900", "--dump-dom", page.as_uri()],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return asked.stdout


def test_the_whole_width_is_the_cost_of_the_trace(rows: list[Row], drawn: str) -> None:
    (said,) = re.findall(r"([\d.]+) \| ([\d.]+) samples", drawn)

    assert {float(one) for one in said} == {rows[0]["value"]} == {0.0125}
    assert "<canvas" in drawn


def test_spans_have_their_own_cost_and_that_of_all_below_them(rows: list[Row], drawn: str) -> None:
    """The table beside the graph has a line for each name; only what would be in sight is in the page, largest first."""
    text = re.sub(r"(<[^>]*>)+", "|", drawn)
    listed = {
        label: (float(own), float(total))
        for label, own, total in re.findall(r"\|([^|]+)\|([\d.]+)\|([\d.]+)(?=\|)", text)
    }

    own, total = summed(rows, "self"), summed(rows, "value")
    assert listed == {label: (own[label], total[label]) for label in listed}
    assert {label for label in own if own[label]} <= listed.keys()


def summed(rows: list[Row], column: str) -> dict[str, float]:
    sums: defaultdict[str, float] = defaultdict(float)
    for row in rows:
        sums[row["label"]] = round(sums[row["label"]] + row[column], 9)
    return sums
