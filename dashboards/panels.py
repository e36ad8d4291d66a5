"""The kinds of panels that dashboards are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from string import ascii_uppercase
from typing import Any, NamedTuple

from dashboards.fields import NONE, Field
from dashboards.targets import LEDGER, DataSource, Format, Json, Target

NOTHING_BOOKED = (
    "No call is booked in this time with these filters: widen the time or choose All. "
    "A new ledger fills with otel-costing ingest or otel-costing collect."
)

NAMED_SERIES: Mapping[str, Any] = {"displayName": "${__field.labels.name}"}
"""`defaults` of a graph whose question has a column `name`: a series is called that, without the column of its figures."""


class Panel(NamedTuple):
    """One panel; what it shows in general stands here, of single columns in `fields`."""

    type: str
    title: str
    description: str
    targets: Sequence[Any]
    """Whatever says by `to_json(ref_id)` what it asks: `Target`, or one of another data source."""
    unit: str = NONE
    decimals: int | None = None
    fields: Sequence[Field] = ()
    empty: str = NOTHING_BOOKED
    """What stands there when nothing is found: what to do."""
    options: Mapping[str, Any] = {}
    custom: Mapping[str, Any] = {}
    """`fieldConfig.defaults.custom`: how a graph is drawn."""
    defaults: Mapping[str, Any] = {}
    """Others of `fieldConfig.defaults`: thresholds, colours, the least and the most."""
    transformations: Sequence[Json] = ()
    width: int = 0
    """Columns of twenty-four; 0 for an equal part of what the row has left."""
    source: DataSource = LEDGER
    interval: str = ""
    """The least that a point of a graph stands for, `1h` for example."""

    def to_json(self) -> Json:
        """Return it as a dashboard has it, but for its id and place."""
        defaults = {
            "custom": dict(self.custom),
            "decimals": self.decimals,
            "noValue": self.empty,
            "unit": self.unit,
            **self.defaults,
        }
        return {
            "datasource": self.source.to_json(),
            "description": self.description,
            "fieldConfig": {
                "defaults": {name: value for name, value in defaults.items() if value is not None},
                "overrides": [field.to_json() for field in self.fields],
            },
            **({"interval": self.interval} if self.interval else {}),
            "options": dict(self.options),
            "targets": [
                target.to_json(letter)
                for letter, target in zip(ascii_uppercase, self.targets, strict=False)
            ],
            "title": self.title,
            "transformations": list(self.transformations),
            "type": self.type,
        }


def stat(title: str, description: str, sql: str, **rest: Any) -> Panel:
    """Return a panel of the one row that a query answers, a figure for each column."""
    options = {
        "colorMode": "none",
        "graphMode": "none",
        "justifyMode": "auto",
        "orientation": "auto",
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "/.*/", "values": False},
        "textMode": "auto",
        "wideLayout": True,
    }
    return Panel("stat", title, description, [Target(sql)], options=options, **rest)


def table(title: str, description: str, sql: str, fields: Sequence[Field], **rest: Any) -> Panel:
    """Return a table, in the order of the answer."""
    options = {
        "cellHeight": "sm",
        "footer": {"show": False, "reducer": ["sum"], "countRows": False, "fields": ""},
        "showHeader": True,
        "sortBy": [],
    }
    custom = {
        "align": "auto",
        "cellOptions": {"type": "auto"},
        "filterable": True,
        "inspect": False,
    }
    return Panel(
        "table",
        title,
        description,
        [Target(sql)],
        fields=fields,
        options=options,
        custom=custom,
        **rest,
    )


def bars(title: str, description: str, sql: str, **rest: Any) -> Panel:
    """Return stacked bars over time: a column of times and a number for each series, or a name beside the number."""
    return _graph("bars", title, description, sql, **rest)


def lines(title: str, description: str, sql: str, **rest: Any) -> Panel:
    """Return lines over time, as `bars`."""
    return _graph("line", title, description, sql, **rest)


def _graph(
    style: str,
    title: str,
    description: str,
    sql: str,
    *,
    custom: Mapping[str, Any] | None = None,
    **rest: Any,
) -> Panel:
    drawn = {
        "drawStyle": style,
        "fillOpacity": 80 if style == "bars" else 0,
        "lineWidth": 1 if style == "bars" else 2,
        "showPoints": "never" if style == "bars" else "always",
        "spanNulls": False,
        "stacking": {"group": "A", "mode": "normal" if style == "bars" else "none"},
        **(custom or {}),
    }
    options = {
        "legend": {
            "calcs": ["sum"] if style == "bars" else ["last"],
            "displayMode": "table",
            "placement": "right",
            "showLegend": True,
        },
        "tooltip": {"mode": "multi", "sort": "desc"},
    }
    target = Target(sql, Format.TIME_SERIES)
    return Panel("timeseries", title, description, [target], options=options, custom=drawn, **rest)


def bar_chart(title: str, description: str, sql: str, *, names: str, **rest: Any) -> Panel:
    """Return one bar for each row of an answer; `names` is the column that names it."""
    options = {
        "barWidth": 0.9,
        "groupWidth": 0.8,
        "legend": {"calcs": [], "displayMode": "list", "placement": "bottom", "showLegend": False},
        "orientation": "horizontal",
        "showValue": "auto",
        "stacking": "none",
        "tooltip": {"mode": "multi", "sort": "none"},
        "xField": names,
    }
    custom = {"fillOpacity": 80, "lineWidth": 1}
    return Panel(
        "barchart", title, description, [Target(sql)], options=options, custom=custom, **rest
    )
