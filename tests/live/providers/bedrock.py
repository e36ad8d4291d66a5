"""Amazon Bedrock's answers: Converse and InvokeModel, whole and as an event stream."""

from __future__ import annotations

import base64
import json
import struct
import zlib
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote

from tests.live.billed import Answer, Billed, Quantities
from tests.live.providers import anthropic

RICH: Quantities = {
    "input": 1000,
    "cache_read": 300,
    "cache_write_5m": 400,
    "cache_write_1h": 100,
    "output": 200,
}
"""Converse has no figure for reasoning."""
REFUSALS = {400: {"message": "Malformed input request"}, 429: {"message": "Too many requests"}}
REFUSAL_HEADERS = {400: "ValidationException", 429: "ThrottlingException"}
_STREAM = "application/vnd.amazon.eventstream"
_TEXT = "All is well."
_STRING = 7
"""The type of a header's value: a string with its length before it."""


def answer(path: str, body: Mapping[str, Any], quantities: Quantities) -> tuple[Answer, Billed]:
    """Answer `POST .../model/{id}/converse`, `/converse-stream`, `/invoke`, `/invoke-with-response-stream`."""
    *_, model, verb = path.split("/")
    billed = Billed("aws.bedrock", unquote(model), quantities, "")
    if verb == "converse":
        return Answer(json.dumps(_converse(quantities)).encode()), billed
    if verb == "converse-stream":
        return Answer(_framed(_converse_events(quantities)), _STREAM), billed
    told = anthropic.message(unquote(model), body, quantities)
    if verb == "invoke":
        return Answer(json.dumps(told).encode(), headers=_headers(quantities)), billed
    events = list(anthropic.events(told))
    events[-1] = {**events[-1], "amazon-bedrock-invocationMetrics": _metrics(quantities)}
    chunks = [("chunk", {"bytes": _base64(event)}) for event in events]
    return Answer(_framed(chunks), _STREAM), billed


def _converse(quantities: Quantities) -> Mapping[str, Any]:
    return {
        "output": {"message": {"role": "assistant", "content": [{"text": _TEXT}]}},
        "stopReason": "end_turn",
        "usage": _usage(quantities),
        "metrics": {"latencyMs": 1},
    }


def _converse_events(quantities: Quantities) -> Iterable[tuple[str, Mapping[str, Any]]]:
    yield "messageStart", {"role": "assistant"}
    yield "contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": _TEXT}}
    yield "contentBlockStop", {"contentBlockIndex": 0}
    yield "messageStop", {"stopReason": "end_turn"}
    yield "metadata", {"usage": _usage(quantities), "metrics": {"latencyMs": 1}}


def _usage(quantities: Quantities) -> Mapping[str, int]:
    read = quantities.get("cache_read", 0)
    written = quantities.get("cache_write_5m", 0) + quantities.get("cache_write_1h", 0)
    return {
        "inputTokens": quantities["input"],
        "outputTokens": quantities["output"],
        "totalTokens": quantities["input"] + read + written + quantities["output"],
        "cacheReadInputTokens": read,
        "cacheWriteInputTokens": written,
    }


def _headers(quantities: Quantities) -> tuple[tuple[str, str], ...]:
    usage = _usage(quantities)
    counts = {
        "input": usage["inputTokens"],
        "output": usage["outputTokens"],
        "cache-read-input": usage["cacheReadInputTokens"],
        "cache-write-input": usage["cacheWriteInputTokens"],
    }
    return tuple((f"x-amzn-bedrock-{kind}-token-count", str(n)) for kind, n in counts.items())


def _metrics(quantities: Quantities) -> Mapping[str, int]:
    """Return what Bedrock adds to the last chunk, whatever the model."""
    usage = _usage(quantities)
    return {
        "inputTokenCount": usage["inputTokens"],
        "outputTokenCount": usage["outputTokens"],
        "cacheReadInputTokenCount": usage["cacheReadInputTokens"],
        "cacheWriteInputTokenCount": usage["cacheWriteInputTokens"],
        "invocationLatency": 1,
        "firstByteLatency": 1,
    }


def _base64(event: Mapping[str, Any]) -> str:
    return base64.b64encode(json.dumps(event).encode()).decode()


def _framed(events: Iterable[tuple[str, Mapping[str, Any]]]) -> bytes:
    """Return events as `vnd.amazon.eventstream`: lengths, checksum, headers, payload, checksum."""
    return b"".join(_frame(name, json.dumps(payload).encode()) for name, payload in events)


def _frame(name: str, payload: bytes) -> bytes:
    headers = b"".join(
        _header(key, value)
        for key, value in (
            (":event-type", name),
            (":content-type", "application/json"),
            (":message-type", "event"),
        )
    )
    lengths = struct.pack(">II", 16 + len(headers) + len(payload), len(headers))
    frame = lengths + struct.pack(">I", zlib.crc32(lengths)) + headers + payload
    return frame + struct.pack(">I", zlib.crc32(frame))


def _header(name: str, value: str) -> bytes:
    return (
        struct.pack(">B", len(name))
        + name.encode()
        + struct.pack(">BH", _STRING, len(value))
        + value.encode()
    )
