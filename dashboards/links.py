"""Ways from one dashboard to another: the time and what is chosen go along."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from dashboards.targets import LEDGER, Json

TAG = "otel-costing"
SPEND = "otel-costing-spend"
WORKFLOW_COST = "otel-costing-workflow-cost"
TEAMS = "otel-costing-teams"
TRACE = "otel-costing-trace"
RATES_AND_CORRECTIONS = "otel-costing-rates-and-corrections"
PIPELINE_HEALTH = "otel-costing-pipeline-health"
FILTERED = (
    "team",
    "project",
    "feature",
    "workflow",
    "environment",
    "purpose",
    "provider",
    "model",
)
"""Columns of the rollup that whoever looks chooses names of, by variables that are called as they are."""
CARRIED = (LEDGER.variable, *FILTERED)
"""Variables that dashboards have in common."""


class Link(NamedTuple):
    """What a click on a value opens."""

    title: str
    url: str

    def to_json(self) -> Json:
        """Return it as a field has it."""
        return {"title": self.title, "url": self.url}


def to_dashboard(
    title: str, uid: str, *, chosen: Mapping[str, str], carried: Sequence[str] = CARRIED
) -> Link:
    """Return a link from a row of a table.

    Args:
        title: what a menu says.
        uid: of the other dashboard.
        chosen: by variable of the other one, the column of the row that says its value.
        carried: variables of this dashboard that the other one has too.
    """
    kept = [f"${{{name}:queryparam}}" for name in carried if name not in chosen]
    said = [
        f"var-{name}=${{__data.fields.{column}:percentencode}}" for name, column in chosen.items()
    ]
    return Link(title, f"/d/{uid}?" + "&".join(["${__url_time_range}", *kept, *said]))


def to_trace() -> Link:
    """Return a link to the trace that the column `trace_id` names."""
    return to_dashboard(
        "Open the trace", TRACE, carried=(LEDGER.variable,), chosen={"trace_id": "trace_id"}
    )


def to_the_others() -> list[Json]:
    """Return the links at the top of every dashboard: to all that bear the tag."""
    return [
        {
            "asDropdown": False,
            "icon": "external link",
            "includeVars": True,
            "keepTime": True,
            "tags": [TAG],
            "targetBlank": False,
            "title": "",
            "tooltip": "",
            "type": "dashboards",
            "url": "",
        }
    ]
