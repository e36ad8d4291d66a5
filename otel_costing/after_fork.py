"""Locks that a forked child can take: what another thread held when the process forked, nobody there would release."""

from __future__ import annotations

import os
import threading
from typing import Protocol
from weakref import WeakSet


class Owner(Protocol):
    """What keeps its lock as `_lock`."""

    _lock: threading.Lock


_owners: WeakSet[Owner] = WeakSet()


def lock_of(owner: Owner) -> threading.Lock:
    """Return a lock for `owner._lock`, which is another one in a forked child."""
    _owners.add(owner)
    return threading.Lock()


def _renew() -> None:
    for owner in list(_owners):
        owner._lock = threading.Lock()  # noqa: SLF001 - what it gave it for


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew)
