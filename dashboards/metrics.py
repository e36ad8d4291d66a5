"""What panels ask of Prometheus: what collectors say of themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from dashboards.panels import Panel
from dashboards.targets import DataSource, Json
from dashboards.variables import DataSourceVariable

METRICS = DataSource("prometheus", "metrics")
THE_METRICS = DataSourceVariable(
    METRICS, "Metrics", "The Prometheus data source that reads the collectors' /metrics."
)
_NO_METRICS = (
    "No such metric in this time: choose the Prometheus data source that reads /metrics of the collector, "
    "on port 4319 unless admin.address says otherwise."
)
_LEGEND = {"calcs": ["max"], "displayMode": "table", "placement": "right", "showLegend": True}


class Metric(NamedTuple):
    """A question in PromQL."""

    expression: str
    legend: str = ""
    """What a series is called; `{{label}}` stands for what its label says."""
    instant: bool = False
    """Only as it stands at the end of the time."""

    def to_json(self, ref_id: str) -> Json:
        """Return it as a panel has it; `ref_id` is its letter."""
        return {
            "datasource": METRICS.to_json(),
            "editorMode": "code",
            "expr": self.expression,
            "instant": self.instant,
            "legendFormat": self.legend or "__auto",
            "range": not self.instant,
            "refId": ref_id,
        }


def now(title: str, description: str, expression: str, **rest: Any) -> Panel:
    """Return one figure as it stands."""
    options = {
        "colorMode": "value",
        "graphMode": "none",
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "textMode": "value",
    }
    target = Metric(expression, instant=True)
    return _panel("stat", title, description, [target], options=options, **rest)


def over_time(title: str, description: str, *metrics: Metric, **rest: Any) -> Panel:
    """Return lines over time."""
    options = {"legend": _LEGEND, "tooltip": {"mode": "multi", "sort": "desc"}}
    custom = {"drawStyle": "line", "fillOpacity": 10, "lineWidth": 1, "showPoints": "never"}
    return _panel("timeseries", title, description, metrics, options=options, custom=custom, **rest)


def above(limit: float) -> Mapping[str, Any]:
    """Return what colours a figure that is over a limit."""
    steps = [{"color": "green", "value": None}, {"color": "red", "value": limit}]
    return {"thresholds": {"mode": "absolute", "steps": steps}}


def _panel(kind: str, title: str, description: str, targets: Any, **rest: Any) -> Panel:
    return Panel(kind, title, description, targets, source=METRICS, empty=_NO_METRICS, **rest)
