"""A backlog lies on disk: how much of it counts as the collector's memory does not depend on its length."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import lmdb
import pytest

from otel_costing_collector.spool_file import SpoolFile
from otel_costing_collector.spool_record import Encoding, Kind, SpooledRequest

MIB = 2**20
REQUEST_BYTES, REQUESTS = 600_000, 350
"""Those of 512 spans each; 200 MB."""
MOST_BYTES = 32 * MIB
MAPS = Path("/proc/self/smaps")

pytestmark = pytest.mark.skipif(not MAPS.exists(), reason="reads what is mapped from /proc")


def mapped_bytes(directory: Path) -> int:
    """Return how many bytes of the spool's file are resident in this process."""
    file = str(directory / "data.mdb")
    (of_spool,) = MAPS.read_text().split(file)[1:]
    return int(of_spool.split("Rss:")[1].split()[0]) * 1024


def request(number: int) -> SpooledRequest:
    return SpooledRequest(number, 1, Kind.TRACES, Encoding.PROTOBUF, "", b"x" * REQUEST_BYTES)


def fill(file: SpoolFile) -> Iterator[None]:
    for _ in range(REQUESTS // 10):
        file.commit([request(file.next_id + at) for at in range(10)], [])
        yield


def read(file: SpoolFile) -> Iterator[None]:
    numbers = [-1]
    while numbers:
        numbers = [one.id for one in file.read(numbers[-1], 8 * MIB)]
        yield


def forget(file: SpoolFile) -> Iterator[None]:
    while file.oldest_id is not None:
        file.forget(range(file.oldest_id, file.oldest_id + 10))
        yield


def most_mapped(directory: Path, steps: Iterator[None]) -> int:
    return max(mapped_bytes(directory) for _ in steps)


def test_a_backlog_of_any_length_is_hardly_resident(tmp_path: Path) -> None:
    """Neither while it comes, nor at a start, nor while it is read and forgotten."""
    file = SpoolFile(tmp_path, 512 * MIB)
    while_it_came = most_mapped(tmp_path, fill(file))
    file.close()

    again = SpoolFile(tmp_path, 512 * MIB)
    at_the_start = mapped_bytes(tmp_path)
    assert again.requests == REQUESTS
    afterwards = [most_mapped(tmp_path, stage(again)) for stage in (read, forget)]
    again.close()

    assert again.requests == 0
    assert max(while_it_came, at_the_start, *afterwards) < MOST_BYTES


def test_a_file_that_cannot_be_opened_anew_at_once_is_opened_by_who_asks_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_path: object, **_options: object) -> None:
        raise lmdb.Error("too many open files")

    file = SpoolFile(tmp_path, 512 * MIB)
    with monkeypatch.context() as refusing:
        refusing.setattr(lmdb, "open", refuse)
        file.commit([request(number) for number in range(40)], [])

    assert len(file.read(-1, 64 * MIB)) == 40
    file.close()
