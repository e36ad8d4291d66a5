"""The collector that holds an embedded ledger, as it makes itself known beside the ledger.

It writes `collector.json` into the directory once it listens. Whoever takes the directory's lock removes what an earlier
holder left, so that a file which is there speaks of the process that has the lock; its process id must say the same.
Who may read the file may read the ledger: the token in it allows all that the collector does.
"""

from __future__ import annotations

import json
import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

HOLDER_FILE = "collector.json"
_LARGEST_BYTES = 64 * 1024


class Holder(NamedTuple):
    """A collector, and how to speak to it."""

    pid: int
    sql: str
    """Where it answers queries, such as `http://127.0.0.1:8123`; empty where it does not."""
    admin: str
    """Where it takes jobs; empty where it takes none."""
    token: str

    def __repr__(self) -> str:
        """Leave the token out: this stands in messages and logs."""
        return f"Holder({self.pid}, {self.sql}, {self.admin})"


def new_token() -> str:
    """Return a token for as long as a collector runs."""
    return secrets.token_urlsafe(32)


def announce(directory: Path, holder: Holder) -> None:
    """Make a collector known in the directory that it holds, to whoever may read as its user may.

    Raises:
        OSError: the directory cannot be written.
    """
    written = directory / f"{HOLDER_FILE}.{os.getpid()}"
    written.unlink(missing_ok=True)
    descriptor = os.open(written, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:  # noqa: PTH123 - of a descriptor
        json.dump(holder._asdict(), file)
    written.replace(directory / HOLDER_FILE)


def withdraw(directory: Path) -> None:
    """Remove what `announce` wrote. Twice is safe."""
    with suppress(OSError):
        (directory / HOLDER_FILE).unlink(missing_ok=True)


def holder_of(directory: Path, pid: str) -> Holder | None:
    """Return the collector that holds a directory; None where the process that does is none.

    Args:
        directory: the ledger's.
        pid: of the process that has the lock, as the lock says it.

    Raises:
        PermissionError: it is one, of another user.
    """
    try:
        with (directory / HOLDER_FILE).open("rb") as file:
            read = json.loads(file.read(_LARGEST_BYTES))
    except PermissionError:
        raise
    except (OSError, ValueError):
        return None
    holder = _holder(read)
    return holder if holder is not None and str(holder.pid) == pid else None


def _holder(read: Any) -> Holder | None:
    if not isinstance(read, dict) or read.keys() != set(Holder._fields):
        return None
    told = Holder(**read)
    is_text = all(isinstance(one, str) for one in told[1:])
    return told if isinstance(told.pid, int) and is_text else None
