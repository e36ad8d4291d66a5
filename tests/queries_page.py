"""The questions of `docs/queries.md`, by their headings, and parameters to ask them with."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

_PAGE = (Path(__file__).parents[1] / "docs/queries.md").read_text("utf-8")
_SECTION = re.compile(r"^### ([^\n]+)\n(?:(?!^##).)*?^```sql\n(.*?)^```$", re.MULTILINE | re.DOTALL)
QUESTIONS: Mapping[str, str] = dict(_SECTION.findall(_PAGE))
HEADINGS: list[str] = re.findall(r"^### (.+)$", _PAGE, re.MULTILINE)
ASKED: Mapping[str, str] = {
    "since": "2026-11-16 00:00:00",
    "until": "2026-11-23 00:00:00",
    "monday": "2026-11-16",
    "period": "2026-11",
    "user_id": "user-1",
    "workflow": "resolve-ticket",
    "provider": "acme",
    "model": "swift",
    "time_zone": "Europe/Berlin",
}
"""Of a week that `three_teams` worked in."""


def parameters_of(question: str, values: Mapping[str, str]) -> dict[str, str]:
    """Return those values that a question names."""
    return {name: values[name] for name in re.findall(r"\{(\w+):", QUESTIONS[question])}
