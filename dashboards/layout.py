"""Where panels stand: a grid of twenty-four columns, filled row by row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from dashboards.panels import Panel
from dashboards.targets import Json

COLUMNS = 24


class Row(NamedTuple):
    """Panels of one height, side by side, under a heading if there is one."""

    panels: Sequence[Panel]
    height: int
    heading: str = ""

    def widths(self) -> list[int]:
        """Return how many columns each panel has: what it asks for, else its share of the rest.

        Raises:
            ValueError: the row has not that many columns.
        """
        asked = [panel.width for panel in self.panels]
        open_ = asked.count(0)
        rest = COLUMNS - sum(asked)
        if rest < open_ or (rest and not open_) or (open_ and rest % open_):
            raise ValueError(f"{asked} do not fill {COLUMNS} columns")
        return [width or rest // open_ for width in asked]


def placed(rows: Sequence[Row]) -> list[Json]:
    """Return all panels with their ids and places."""
    return [{"id": number, **panel} for number, panel in enumerate(_placed(rows), start=1)]


def _placed(rows: Sequence[Row]) -> Iterator[Json]:
    y = 0
    for row in rows:
        if row.heading:
            yield _heading(row.heading, y)
            y += 1
        x = 0
        for panel, width in zip(row.panels, row.widths(), strict=True):
            yield {**panel.to_json(), "gridPos": {"h": row.height, "w": width, "x": x, "y": y}}
            x += width
        y += row.height


def _heading(title: str, y: int) -> Json:
    place = {"h": 1, "w": COLUMNS, "x": 0, "y": y}
    return {"collapsed": False, "gridPos": place, "panels": [], "title": title, "type": "row"}
