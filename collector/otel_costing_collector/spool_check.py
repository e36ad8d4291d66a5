"""Walk a spool's tree of pages in a process of its own, because a damaged tree may abort the one that walks it.

Run as a program with the spool's directory; leaves with 0 where the tree is whole. Imports nothing of the
package: it is started by its path.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import lmdb

DATA_FILE = "data.mdb"


def damage_in(directory: Path) -> str:
    """Return what is wrong with the tree in one sentence; empty where it is whole."""
    checked = subprocess.run(  # noqa: S603 - this very file, by the running interpreter
        [sys.executable, __file__, str(directory)],
        capture_output=True,
        text=True,
        check=False,
    )
    if not checked.returncode:
        return ""
    last = checked.stderr.strip().splitlines()[-1:] or [f"status {checked.returncode}"]
    return f"the tree of pages cannot be walked: {last[0][:200]}"


def walk(directory: Path) -> None:
    """Read every key of every table.

    Raises:
        lmdb.Error: a page is not what it should be.
        EOFError: the file ends before its last page.
    """
    size = (directory / DATA_FILE).stat().st_size
    with lmdb.open(str(directory), readonly=True, lock=False, max_dbs=8, map_size=size) as file:
        if size < (file.info()["last_pgno"] + 1) * file.stat()["psize"]:
            raise EOFError("the file ends before its last page")
        with file.begin(buffers=True) as reading:
            names = [bytes(name) for name, _ in reading.cursor()]
        for name in names:
            table = file.open_db(name, create=False)
            with file.begin(table, buffers=True) as reading:
                for key, value in reading.cursor():
                    bytes(key), len(value)


if __name__ == "__main__":
    walk(Path(sys.argv[1]))
