"""Disks that lie and disks that are full: what is whole is kept, what is not is set aside, nothing blocks."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from otel_costing_collector.spool import Spool
from otel_costing_collector.spool_record import (
    DamagedRecordError,
    Encoding,
    Kind,
    SpooledRequest,
    pack,
    unpack,
)

MIB = 2**20
BODIES = [os.urandom(size) for size in (100, 900, 5_000, 70_000, 300, 20_000)]


def filled(directory: Path) -> Path:
    spool = Spool(directory, 16 * MIB)
    for body in BODIES:
        spool.append(body, Kind.TRACES, received_ns=1).result(10)
    spool.close()
    return directory / "data.mdb"


def rewrite(file: Path, change: Callable[[bytearray], None]) -> None:
    data = bytearray(file.read_bytes())
    change(data)
    file.write_bytes(data)


def test_a_record_whose_bytes_changed_is_set_aside_with_its_reason(tmp_path: Path) -> None:
    def flip(data: bytearray) -> None:
        data[data.index(BODIES[3]) + 40_000] ^= 1

    rewrite(filled(tmp_path), flip)
    spool = Spool(tmp_path, 16 * MIB)
    read = [request.body for request in spool.unbooked()]
    aside = spool.set_aside()
    state = spool.state()
    spool.close()

    assert read == BODIES[:3] + BODIES[4:]
    assert aside == [(3, "the record's checksum does not match its bytes")]
    assert len(BODIES) - 1 == state.requests


def test_from_a_torn_file_every_whole_request_comes_back(tmp_path: Path) -> None:
    file = filled(tmp_path)
    last = max(file.read_bytes().index(body) for body in BODIES)
    os.truncate(file, last)

    spool = Spool(tmp_path, 16 * MIB)
    read = [request.body for request in spool.unbooked()]
    put_aside = spool.put_aside
    number = spool.append(b"new", Kind.TRACES, received_ns=1).result(10)
    spool.close()

    assert put_aside is not None
    assert put_aside.exists()
    assert len(read) == len(BODIES) - 1
    assert set(read) < set(BODIES)
    # The highest number that was given may be among what is lost.
    assert number > 10**12


@pytest.mark.parametrize("seed", range(4))
def test_whatever_pages_are_lost_it_opens_and_gives_only_what_is_true(
    tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 - damage, not secrets

    def scribble(data: bytearray) -> None:
        for _ in range(6):
            page = chance.randrange(len(data) // 4096) * 4096
            data[page : page + 4096] = chance.randbytes(4096)

    rewrite(filled(tmp_path), scribble)
    spool = Spool(tmp_path, 16 * MIB)
    read = [request.body for request in spool.unbooked()]
    spool.append(b"new", Kind.TRACES, received_ns=1).result(10)
    spool.close()

    assert set(read) <= set(BODIES)


def test_a_file_of_nothing_but_noise_is_put_aside(tmp_path: Path) -> None:
    (tmp_path / "data.mdb").write_bytes(os.urandom(50_000))

    spool = Spool(tmp_path, 16 * MIB)
    read, put_aside = spool.unbooked(), spool.put_aside
    spool.close()

    assert read == []
    assert put_aside is not None


ON_A_FULL_DISK = """
import resource, sys
from pathlib import Path
from otel_costing_collector.spool import Kind, Spool, SpoolFull
spool = Spool(Path(sys.argv[1]), 2**30)
kept = []
resource.setrlimit(resource.RLIMIT_FSIZE, (8 * 2**20, resource.RLIM_INFINITY))
try:
    while True:
        kept.append(spool.append(b"x" * 100_000, Kind.TRACES, received_ns=1).result(10))
except SpoolFull as full:
    print("refused", len(kept) > 50, "nothing was stored" in str(full))
print("kept", [request.id for request in spool.unbooked(most_bytes=2**30)] == kept)
spool.forget(kept[:40])
more = [spool.append(b"y" * 100_000, Kind.TRACES, received_ns=1).result(10) for _ in range(10)]
print("again", len(more))
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
for _ in range(50):
    more.append(spool.append(b"z" * 100_000, Kind.TRACES, received_ns=1).result(10))
print("all", [request.id for request in spool.unbooked(most_bytes=2**30)] == kept[40:] + more)
spool.close()
"""


def test_a_full_disk_refuses_loses_nothing_and_recovers_by_itself(tmp_path: Path) -> None:
    """A limit on the size of files stands for the disk: writing beyond it fails in the same way."""
    ran = subprocess.run(
        [sys.executable, "-c", ON_A_FULL_DISK, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.stderr == ""
    assert ran.stdout.splitlines() == ["refused True True", "kept True", "again 10", "all True"]


@pytest.mark.parametrize("damage", ["cut", "mark", "body", "kind"])
def test_a_record_says_what_is_wrong_with_it(damage: str) -> None:
    record = bytearray(pack(SpooledRequest(1, 2, Kind.TRACES, Encoding.JSON, "me", b"body")))
    if damage == "cut":
        del record[-1:]
    elif damage == "mark":
        record[0] ^= 1
    elif damage == "body":
        record[-1] ^= 1
    else:
        record = bytearray(
            pack(SpooledRequest(1, 2, 9, Encoding.JSON, "me", b"body"))  # type: ignore[arg-type]  # a later version's
        )

    with pytest.raises(DamagedRecordError, match="the record"):
        unpack(bytes(record))


def test_a_record_holds_its_own_length_whatever_lies_behind_it() -> None:
    request = SpooledRequest(1, 2, Kind.LOGS, Encoding.PROTOBUF, "", b"body")

    assert request == unpack(pack(request) + b"more")
