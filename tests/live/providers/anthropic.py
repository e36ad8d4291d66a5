"""Anthropic's answers: messages, whole and streamed, with the lifetimes of cache writes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import uuid4

from tests.live.billed import Answer, Billed, Quantities

RICH: Quantities = {
    "input": 1000,
    "cache_read": 300,
    "cache_write_5m": 400,
    "cache_write_1h": 100,
    "output": 150,
    "reasoning": 50,
}
REFUSALS = {
    400: {"type": "error", "error": {"type": "invalid_request_error", "message": "Unknown field"}},
    429: {"type": "error", "error": {"type": "rate_limit_error", "message": "Slow down"}},
}
_PLACEHOLDER_OUTPUT = 1
"""A stream begins with the input's tokens and this; the output's come at its end."""
_TOLD_AT_THE_START = {"cache_creation", "service_tier"}
_TEXT = {"type": "text", "text": "All is well."}


def answer(path: str, body: Mapping[str, Any], quantities: Quantities) -> tuple[Answer, Billed]:
    """Answer `POST .../v1/messages`."""
    del path
    model: str = body["model"]
    told = message(model, body, quantities)
    billed = Billed("anthropic", model, quantities, told["id"])
    headers = (("request-id", f"req_{uuid4().hex[:24]}"),)
    if not body.get("stream"):
        return Answer(json.dumps(told).encode(), headers=headers), billed
    stream = "".join(
        f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events(told)
    )
    return Answer(stream.encode(), "text/event-stream", headers=headers), billed


def message(model: str, body: Mapping[str, Any], quantities: Quantities) -> dict[str, Any]:
    """Return the message of an answer."""
    content, reason = _content(body)
    return {
        "id": f"msg_01{uuid4().hex[:22]}",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [content],
        "stop_reason": reason,
        "stop_sequence": None,
        "usage": _usage(quantities),
    }


def events(told: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    """Yield a message in the events of a stream."""
    usage, (content,) = told["usage"], told["content"]
    begun: dict[str, Any] = {"content": [], "stop_reason": None}
    first = {**usage, "output_tokens": _PLACEHOLDER_OUTPUT, "output_tokens_details": None}
    empty, delta = _in_two(content)
    yield {"type": "message_start", "message": {**told, **begun, "usage": first}}
    yield {"type": "content_block_start", "index": 0, "content_block": empty}
    yield {"type": "content_block_delta", "index": 0, "delta": delta}
    yield {"type": "content_block_stop", "index": 0}
    last = {name: tokens for name, tokens in usage.items() if name not in _TOLD_AT_THE_START}
    end = {"stop_reason": told["stop_reason"], "stop_sequence": None}
    yield {"type": "message_delta", "delta": end, "usage": last}
    yield {"type": "message_stop"}


def _in_two(content: Mapping[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, str]]:
    if content["type"] == "text":
        return {**content, "text": ""}, {"type": "text_delta", "text": content["text"]}
    return content, {"type": "input_json_delta", "partial_json": "{}"}


def _content(body: Mapping[str, Any]) -> tuple[Mapping[str, Any], str]:
    asked = body["messages"][-1]["content"]
    has_result = not isinstance(asked, str) and any(part["type"] == "tool_result" for part in asked)
    if not body.get("tools") or has_result:
        return _TEXT, "end_turn"
    tool_use = {
        "type": "tool_use",
        "id": f"toolu_01{uuid4().hex[:22]}",
        "name": body["tools"][0]["name"],
        "input": {},
    }
    return tool_use, "tool_use"


def _usage(quantities: Quantities) -> dict[str, Any]:
    lifetimes = {
        f"ephemeral_{lifetime}_input_tokens": quantities.get(f"cache_write_{lifetime}", 0)
        for lifetime in ("5m", "1h")
    }
    reasoning = quantities.get("reasoning", 0)
    return {
        "input_tokens": quantities["input"],
        "cache_read_input_tokens": quantities.get("cache_read", 0),
        "cache_creation_input_tokens": sum(lifetimes.values()),
        "cache_creation": lifetimes,
        "output_tokens": quantities["output"] + reasoning,
        "output_tokens_details": {"thinking_tokens": reasoning},
        "service_tier": "standard",
    }
