"""`python -m dashboards.generate`: write `dashboards/json`, and the alert rules in `dashboards/provisioning`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from dashboards import (
    alert_rules,
    pipeline_health,
    rates_and_corrections,
    spend,
    teams,
    trace,
    workflow_cost,
)
from dashboards.dashboard import Dashboard

FOLDER = Path(__file__).parent / "json"
DASHBOARDS: Mapping[str, Dashboard] = {
    "spend": spend.DASHBOARD,
    "workflow_cost": workflow_cost.DASHBOARD,
    "teams": teams.DASHBOARD,
    "trace": trace.DASHBOARD,
    "rates_and_corrections": rates_and_corrections.DASHBOARD,
    "pipeline_health": pipeline_health.DASHBOARD,
}
"""By the name of the file."""


def documents() -> dict[str, str]:
    """Return the text of each file in `json/`, by its name."""
    return {f"{name}.json": _text(dashboard) for name, dashboard in DASHBOARDS.items()}


def main() -> None:
    """Write them, and remove what is no dashboard any more."""
    made = documents()
    for path in FOLDER.glob("*.json"):
        if path.name not in made:
            path.unlink()
    for name, text in made.items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    alert_rules.FILE.write_text(alert_rules.text(), encoding="utf-8")


def _text(dashboard: Dashboard) -> str:
    return json.dumps(dashboard.to_json(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    main()
