"""Attributes that are read from their bytes are those that the protobuf library reads."""

from __future__ import annotations

from typing import Any

from google.protobuf.message import DecodeError
from hypothesis import example, given
from hypothesis import strategies as st
from opentelemetry.proto.common.v1.common_pb2 import KeyValue

from otel_costing.otlp_attributes import pb_attributes, reader_of
from tests.test_unread_attributes import pairs

NAMES = frozenset(("user.id", "count", "größe", "k" * 130))
texts = st.text(max_size=140)
values = st.one_of(
    texts,
    st.integers(-(2**63), 2**63 - 1),
    st.integers(0, 2**29),
    st.booleans(),
    st.floats(allow_nan=False),
    st.lists(texts, max_size=2).map(tuple),
)
keys = st.one_of(st.sampled_from(sorted(NAMES)), texts)


@given(st.dictionaries(keys, values))
@example({"count": 0, "user.id": ""})
def test_they_are_what_the_library_reads(said: dict[str, Any]) -> None:
    written = pairs(said)
    raw = [pair.SerializeToString() for pair in written]
    wanted = {key: value for key, value in pb_attributes(written).items() if key in NAMES}

    for _ in range(2):
        assert reader_of(NAMES)(raw) == wanted
        assert reader_of(None)(raw) == pb_attributes(written)


@given(st.sampled_from(sorted(NAMES)), st.binary(max_size=12))
@example("count", b"\x12\x03\x18\x80\x00")
@example("count", b"\x12\x02\x18\x80")
@example("user.id", b"\x12\x04\x0a\x02ab\x0a\x05count")
@example("user.id", b"\x12\x03\x0a\x01\xff")
def test_whatever_follows_the_key_is_read_as_the_library_does(key: str, rest: bytes) -> None:
    named = key.encode()
    raw = (KeyValue(key=key).SerializeToString() if named else b"") + rest

    assert _read(lambda: reader_of(NAMES)([raw])) == _read(lambda: _by_library(raw))


def _by_library(raw: bytes) -> dict[str, Any]:
    read = pb_attributes([KeyValue.FromString(raw)])
    return {key: value for key, value in read.items() if key in NAMES}


def _read(work: Any) -> Any:
    """Return what it comes to; a broken attribute is one, however it is said."""
    try:
        return work()
    except DecodeError:
        return "broken"
