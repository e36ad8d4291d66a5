"""A starter set of alert rules over the ledger, as Grafana is provisioned with them. The limits are yours to change."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import yaml

from dashboards.links import TAG
from dashboards.queries import question
from dashboards.targets import CLICKHOUSE, Json, Target

PROVISIONING = Path(__file__).parent / "provisioning"
FILE = PROVISIONING / "alerting" / "rules.yaml"
DATA_SOURCE_UID = "otel-costing"
"""Of `provisioning/datasources`: a rule has no variable to choose a data source by."""
_EXPRESSIONS = {"type": "__expr__", "uid": "__expr__"}
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_HEADING = (
    "# Made by `python -m dashboards.generate` from dashboards/alert_rules.py and dashboards/sql/alert_*.sql.\n"
    "# Limits are examples: copy this file and say your own.\n"
)


class AlertRule(NamedTuple):
    """A figure of the ledger that must not be above a limit."""

    uid: str
    title: str
    question: str
    limit: float
    of_seconds: int
    """Until now: the time that the question is about."""
    lasting: str
    """How long it must be above the limit before anybody is told."""
    severity: str
    summary: str
    description: str
    """What to do."""

    def to_json(self) -> Json:
        """Return it as a rule of a provisioned group."""
        return {
            "uid": self.uid,
            "title": self.title,
            "condition": "C",
            "data": [self._asked(), self._reduced(), self._above()],
            "noDataState": "OK",
            "execErrState": "Error",
            "for": self.lasting,
            "annotations": {"summary": self.summary, "description": self.description},
            "labels": {"service": TAG, "severity": self.severity},
            "isPaused": False,
        }

    def _asked(self) -> Json:
        model = {
            **Target(question(self.question)).to_json("A"),
            "datasource": {"type": CLICKHOUSE, "uid": DATA_SOURCE_UID},
        }
        return self._step("A", DATA_SOURCE_UID, model)

    def _reduced(self) -> Json:
        return self._step(
            "B",
            "__expr__",
            {"type": "reduce", "reducer": "last", "expression": "A", "refId": "B"},
        )

    def _above(self) -> Json:
        condition = {"evaluator": {"type": "gt", "params": [self.limit]}}
        return self._step(
            "C",
            "__expr__",
            {"type": "threshold", "expression": "B", "conditions": [condition], "refId": "C"},
        )

    def _step(self, ref_id: str, source: str, model: Json) -> Json:
        told = model if "datasource" in model else {"datasource": _EXPRESSIONS, **model}
        return {
            "refId": ref_id,
            "relativeTimeRange": {"from": self.of_seconds, "to": 0},
            "datasourceUid": source,
            "model": dict(told),
        }


RULES = (
    AlertRule(
        "otel-costing-spend-hour",
        "Spend of an hour",
        "alert_spend",
        100,
        _HOUR,
        "0s",
        "warning",
        "More than 100 USD were spent within an hour.",
        "Open the spend overview: by team, workflow and model.",
    ),
    AlertRule(
        "otel-costing-spend-day",
        "Spend of a day",
        "alert_spend",
        1000,
        _DAY,
        "0s",
        "warning",
        "More than 1,000 USD were spent within a day.",
        "Open the spend overview: by team, workflow and model.",
    ),
    AlertRule(
        "otel-costing-unpriced",
        "Calls without a price",
        "alert_unpriced",
        5,
        _DAY,
        "15m",
        "warning",
        "More than 5 of 100 calls of a day have no price: no total has what they cost.",
        "otel-costing coverage --section unpriced names the reasons and what mends each.",
    ),
    AlertRule(
        "otel-costing-rates-age",
        "Age of the prices",
        "alert_rates",
        45,
        7 * _DAY,
        "1h",
        "info",
        "Calls are charged by prices that nobody has checked for more than 45 days.",
        "otel-costing rates refresh, or update the package; then otel-costing reprice --dry-run.",
    ),
    AlertRule(
        "otel-costing-lag",
        "Calls are booked late",
        "alert_lag",
        300,
        15 * _MINUTE,
        "5m",
        "critical",
        "One in twenty calls waits for more than five minutes between its receipt and its booking.",
        "Open the pipeline's dashboard; the collector's log says why the ledger does not take what waits on disk.",
    ),
)


def text() -> str:
    """Return the file that provisions them."""
    group = {
        "orgId": 1,
        "name": TAG,
        "folder": TAG,
        "interval": "1m",
        "rules": [rule.to_json() for rule in RULES],
    }
    document = {"apiVersion": 1, "groups": [group]}
    return _HEADING + yaml.dump(document, Dumper=_Readable, sort_keys=False, width=120)


class _Readable(yaml.SafeDumper):
    """SQL as the lines that it has, and nothing by reference."""

    def ignore_aliases(self, _: object) -> bool:
        """Write everything where it stands."""
        return True


def _lines(dumper: yaml.SafeDumper, said: str) -> yaml.ScalarNode:
    style = "|" if "\n" in said else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", said, style=style)


_Readable.add_representer(str, _lines)
