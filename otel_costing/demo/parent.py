"""A process of the demo ends with the one that started it, however that one ends."""

from __future__ import annotations

import os
import signal
import sys
import threading


def stop_with_parent() -> None:
    """Take the end of standard input for a SIGTERM from now on: a parent that was killed leaves nothing behind."""
    threading.Thread(target=_wait_for_the_end, daemon=True).start()


def _wait_for_the_end() -> None:
    # os.read holds no lock that an interpreter shutting down would trip over.
    while os.read(sys.stdin.fileno(), 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
