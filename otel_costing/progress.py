"""How far some work is."""

from __future__ import annotations

from typing import NamedTuple


class Progress(NamedTuple):
    """A place where the work may be watched, given up, or left for a while."""

    done: int
    of: int
    """0 where nobody knows yet."""
    unit: str
    """What is counted, such as `files`."""
