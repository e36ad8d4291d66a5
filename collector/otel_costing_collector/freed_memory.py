"""Memory that is freed goes back to the system: glibc keeps it by default, in as many pools as there are threads.

Source: mallopt(3). Blocks and requests of megabytes come and go all the time; without a fixed threshold the first that is freed
teaches glibc to keep the later ones. Elsewhere than on glibc nothing is changed.
"""

from __future__ import annotations

import ctypes

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
_BYTES = 256 * 1024
_ARENAS = 2


def give_back_freed_memory() -> None:
    """Set it for this process; to be called before its threads begin."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return
    for option, value in (
        (_MMAP_THRESHOLD, _BYTES),
        (_TRIM_THRESHOLD, _BYTES),
        (_ARENA_MAX, _ARENAS),
    ):
        mallopt(option, value)
