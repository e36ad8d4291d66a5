"""How often Python looks for cycles among the objects that there are: seldom, where many are made that hold none."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_USUAL_OBJECTS = 700
_TIMES_AS_SELDOM = 100


def look_seldom() -> None:
    """Look for cycles in this process a hundredth as often, from now on: rows of a ledger hold none, and are many.

    For a process of our own alone: how often an application looks is not ours to say. The old are looked through as often
    among the looks as ever, so that what holds much and has come of age is not kept for good.
    """
    gc.set_threshold(_USUAL_OBJECTS * _TIMES_AS_SELDOM, 10, 10)


@contextmanager
def looking_seldom() -> Iterator[None]:
    """Do as `look_seldom` for a while; of a process that does one thing at a time."""
    before = gc.get_threshold()
    look_seldom()
    try:
        yield
    finally:
        gc.set_threshold(*before)
