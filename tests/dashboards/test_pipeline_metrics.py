"""The pipeline's dashboard asks Prometheus for what a running collector says of itself, by the names that it says."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from dashboards.alert_rules import PROVISIONING
from dashboards.metrics import METRICS, Metric
from dashboards.pipeline_health import DASHBOARD
from otel_costing.clickhouse.settling import SettleReport
from otel_costing.clickhouse.store import Store
from tests.collector.bench import calls
from tests.collector.running import PROTOBUF, Running, ask

EXPRESSIONS = sorted(
    {
        target.expression
        for row in DASHBOARD.rows
        for panel in row.panels
        for target in panel.targets
        if isinstance(target, Metric)
    }
)
GIVEN_BY_PROMETHEUS = {"instance", "job"}
_NAME = re.compile(r"\b(?:otel_costing|process)_\w+")
_LABELS = re.compile(r"\b(?:by|on) \(([^)]*)\)")


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, set[str]]]:
    """The names of the samples of a collector that has done all it counts, each with its labels."""
    directory = tmp_path_factory.mktemp("watched")
    dsn = f"chdb://{directory}/ledger"
    with Store.open(dsn):
        collector = Running(
            directory / "spool",
            f"store.dsn={dsn}",
            "booking.linger_seconds=0.05",
            open_ledger=lambda: Store.open(dsn),
        )
        do_all_that_is_counted(collector)
        yield labels_by_name(collector.admin("/metrics").body.decode())
        collector.stop()


def do_all_that_is_counted(collector: Running) -> None:
    collector.request(body=calls(1, 2), content_type=PROTOBUF)
    collector.request(body=calls(0), content_type=PROTOBUF)
    collector.request(body=b"no protobuf", content_type=PROTOBUF)
    assert collector.ports.sql is not None
    ask(collector.ports.sql, "POST", "/", b"SELECT 1", {}, None)
    collector.until(lambda: collector.counted("booked_calls_total", status="priced") == 2)
    collector.service.telemetry.settled(SettleReport(1, 1, 1, (), (("duplicate", 1),)))


def labels_by_name(metrics: str) -> Mapping[str, set[str]]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for family in text_string_to_metric_families(metrics):
        for sample in family.samples:
            found[sample.name] |= sample.labels.keys()
    return found


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_what_is_asked_is_what_a_collector_says(
    said: Mapping[str, set[str]], expression: str
) -> None:
    names = set(_NAME.findall(expression))
    labels = {label.strip() for told in _LABELS.findall(expression) for label in told.split(",")}

    assert names
    assert names <= said.keys()
    assert all(labels - GIVEN_BY_PROMETHEUS <= said[name] for name in names)


def test_the_data_source_that_is_provisioned_is_of_the_kind_that_panels_ask() -> None:
    told = yaml.safe_load((PROVISIONING / "prometheus" / "metrics.yaml").read_text("utf-8"))

    assert [source["type"] for source in told["datasources"]] == [METRICS.plugin]
