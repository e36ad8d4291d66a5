"""A damaged file of the spool: put aside for a person, and searched for the requests that are whole in it."""

from __future__ import annotations

import mmap
import re
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from otel_costing_collector.spool_check import DATA_FILE, damage_in
from otel_costing_collector.spool_record import MARK, SpooledRequest, whole_records

_TOGETHER = 16


def put_aside(directory: Path) -> Path | None:
    """Rename the file of `directory` where its tree cannot be walked, and return its new name; None where it can."""
    file = directory / DATA_FILE
    if not file.exists() or not file.stat().st_size or not damage_in(directory):
        return None
    return file.rename(file.with_name(f"damaged-{time.time_ns()}.mdb"))


def whole_requests(damaged: Path) -> Iterator[list[SpooledRequest]]:
    """Yield what is whole in a file, a few requests at a time, in the order of the file."""
    found = _whole_in(damaged)
    while some := list(islice(found, _TOGETHER)):
        yield some


def _whole_in(file: Path) -> Iterator[SpooledRequest]:
    with (
        file.open("rb") as stream,
        mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as mapped,
        memoryview(mapped) as view,
    ):
        places = (match.start() for match in re.finditer(re.escape(MARK), mapped))
        yield from whole_records(view, mark_at=places)
