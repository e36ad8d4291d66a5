"""One dashboard, as Grafana's classic JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from dashboards.layout import Row, placed
from dashboards.links import TAG, to_the_others
from dashboards.targets import Json
from dashboards.variables import Variable

SCHEMA_VERSION = 41


class Dashboard(NamedTuple):
    """What stands on one page."""

    uid: str
    """Never changes: links name it."""
    title: str
    description: str
    variables: Sequence[Variable]
    rows: Sequence[Row]
    time_from: str = "now-29d/d"
    """Whole days: the rollup answers for those."""
    time_to: str = "now/d"

    def to_json(self) -> Json:
        """Return it as Grafana imports it."""
        return {
            "annotations": {"list": []},
            "description": self.description,
            "editable": False,
            "fiscalYearStartMonth": 0,
            "graphTooltip": 1,
            "id": None,
            "links": to_the_others(),
            "panels": placed(self.rows),
            "refresh": "",
            "schemaVersion": SCHEMA_VERSION,
            "tags": [TAG],
            "templating": {"list": [variable.to_json() for variable in self.variables]},
            "time": {"from": self.time_from, "to": self.time_to},
            "timepicker": {},
            "timezone": "utc",
            "title": self.title,
            "uid": self.uid,
            "version": 1,
            "weekStart": "monday",
        }
