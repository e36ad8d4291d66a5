"""What is wrong with data a person wrote: where, and how to mend it."""

from __future__ import annotations

from typing import NamedTuple


class Problem(NamedTuple):
    """One mistake in one place. Loaders collect all of them before anything fails."""

    place: str
    """File and line, or file and path within it."""
    what: str
    """What is wrong and the fix, as one sentence."""

    def __str__(self) -> str:
        return f"{self.place}: {self.what}"
