"""Why a figure misses its aim, as far as a profile told: `reasons.yaml`, read by people and by the page."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import yaml

UNKNOWN = "Not known yet."


class Reason(NamedTuple):
    """What holds some figures of an area back."""

    area: str
    figures: tuple[str, ...]
    """How their names begin."""
    why: str


class Reasons(NamedTuple):
    """All that are known."""

    known: tuple[Reason, ...]

    def why(self, area: str, what: str) -> str:
        """Return why a figure is missed, in a sentence or two."""
        fitting = (
            one.why for one in self.known if one.area == area and what.startswith(one.figures)
        )
        return next(fitting, UNKNOWN)


def reasons_of(path: Path) -> Reasons:
    """Read them."""
    said: Iterable[dict[str, str | list[str]]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return Reasons(
        tuple(
            Reason(str(one["area"]), tuple(one["figures"]), " ".join(str(one["why"]).split()))
            for one in said
        )
    )
