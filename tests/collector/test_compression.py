"""Compressed bodies: every encoding reads back, a bomb costs what is allowed and no more."""

from __future__ import annotations

import gzip
import sys
import tracemalloc
import zlib
from collections.abc import Callable

import pytest

from otel_costing_collector.compression import decompressed
from otel_costing_collector.refusals import Reason, Refused

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

MIB = 2**20
COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "zstd": zstd.compress,
}


def reason_of(body: bytes, encoding: str) -> Reason:
    with pytest.raises(Refused) as refused:
        decompressed(body, encoding, MIB)
    return refused.value.reason


@pytest.mark.parametrize("encoding", COMPRESS)
@pytest.mark.parametrize("body", [b"x", b"x" * MIB], ids=["small", "as large as allowed"])
def test_what_was_compressed_comes_back(encoding: str, body: bytes) -> None:
    assert body == decompressed(COMPRESS[encoding](body), encoding, MIB)


@pytest.mark.parametrize("encoding", COMPRESS)
def test_an_empty_body_is_empty_in_every_encoding(encoding: str) -> None:
    assert decompressed(b"", encoding, MIB) == b""
    assert decompressed(COMPRESS[encoding](b""), encoding, MIB) == b""


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_members_one_after_another_are_one_body(encoding: str) -> None:
    body = COMPRESS[encoding](b"a") + COMPRESS[encoding](b"b")

    assert decompressed(body, encoding, MIB) == b"ab"


@pytest.mark.parametrize("encoding", COMPRESS)
@pytest.mark.parametrize("damage", ["cut", "noise", "more behind it"])
def test_broken_data_is_undecodable(encoding: str, damage: str) -> None:
    whole = COMPRESS[encoding](bytes(range(256)) * 8)
    body = {"cut": whole[:-3], "noise": b"\x01noise", "more behind it": whole + b"\x01more"}[damage]

    assert Reason.UNDECODABLE is reason_of(body, encoding)


@pytest.mark.parametrize("encoding", COMPRESS)
def test_a_bomb_is_too_large_and_takes_no_more_memory_than_is_allowed(encoding: str) -> None:
    bomb = COMPRESS[encoding](bytes(200 * MIB))
    tracemalloc.start()
    try:
        assert Reason.TOO_LARGE is reason_of(bomb, encoding)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 4 * MIB


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_many_members_together_are_bounded_too(encoding: str) -> None:
    assert Reason.TOO_LARGE is reason_of(COMPRESS[encoding](bytes(MIB // 2)) * 3, encoding)


def test_a_zstd_frame_that_wants_a_huge_window_is_refused() -> None:
    """Its window would be allocated before the first byte came out."""
    options = {int(zstd.CompressionParameter.window_log): 27}
    writer = zstd.ZstdCompressor(options=options)
    body = writer.compress(b"x") + writer.flush()

    assert Reason.UNDECODABLE is reason_of(body, "zstd")
