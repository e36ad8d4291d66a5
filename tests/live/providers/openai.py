"""OpenAI's answers: chat completions, responses and embeddings, whole and streamed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import uuid4

from tests.live.billed import Answer, Billed, Quantities

RICH: Quantities = {"input": 700, "cache_read": 300, "output": 150, "reasoning": 50}
REFUSALS = {
    400: {"error": {"message": "Unknown parameter", "type": "invalid_request_error"}},
    429: {"error": {"message": "Rate limit reached", "type": "requests"}},
}
_SNAPSHOTS = {"gpt-5-mini": "gpt-5-mini-2025-08-07"}
_CREATED = 1_790_000_000
_TEXT = "All is well."


def answer(path: str, body: Mapping[str, Any], quantities: Quantities) -> tuple[Answer, Billed]:
    """Answer `POST .../chat/completions`, `.../responses` or `.../embeddings`."""
    model = _SNAPSHOTS.get(body["model"], body["model"])
    if path.endswith("/embeddings"):
        return _embeddings(model, quantities)
    if path.endswith("/responses"):
        return _responses(model, body, quantities)
    return _chat(model, body, quantities)


def _embeddings(model: str, quantities: Quantities) -> tuple[Answer, Billed]:
    tokens = quantities["input"]
    told = {
        "object": "list",
        "model": model,
        "data": [{"object": "embedding", "index": 0, "embedding": [0.25, -0.5]}],
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    }
    return _whole(told), Billed("openai", model, quantities, "")


def _chat(model: str, body: Mapping[str, Any], quantities: Quantities) -> tuple[Answer, Billed]:
    response_id = f"chatcmpl-{uuid4().hex[:29]}"
    billed = Billed("openai", model, quantities, response_id)
    usage = _usage(quantities, "prompt_tokens", "completion_tokens")
    envelope = {
        "id": response_id,
        "created": _CREATED,
        "model": model,
        "service_tier": "default",
    }
    if body.get("stream"):
        asked = (body.get("stream_options") or {}).get("include_usage")
        return _events(_chunks(envelope, _message(body), usage if asked else None)), billed
    message, reason = _message(body)
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": reason}
    return _whole(
        {**envelope, "object": "chat.completion", "choices": [choice], "usage": usage}
    ), billed


def _message(body: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    message: dict[str, Any] = {"role": "assistant", "content": _TEXT, "refusal": None}
    if not body.get("tools") or body["messages"][-1]["role"] == "tool":
        return message, "stop"
    function = {"name": body["tools"][0]["function"]["name"], "arguments": "{}"}
    call = {"id": f"call_{uuid4().hex[:24]}", "type": "function", "function": function}
    return {**message, "content": None, "tool_calls": [call]}, "tool_calls"


def _chunks(
    envelope: Mapping[str, Any], told: tuple[dict[str, Any], str], usage: Mapping[str, Any] | None
) -> Iterable[Mapping[str, Any]]:
    chunk = {**envelope, "object": "chat.completion.chunk"}
    message, reason = told
    calls = [{"index": n, **call} for n, call in enumerate(message.get("tool_calls", ()))]
    yield {**chunk, "choices": [_delta({"role": "assistant", "content": ""}, None)]}
    for word in (message["content"] or "").split():
        yield {**chunk, "choices": [_delta({"content": f"{word} "}, None)]}
    yield {**chunk, "choices": [_delta({"tool_calls": calls} if calls else {}, None)]}
    yield {**chunk, "choices": [_delta({}, reason)]}
    if usage is not None:
        yield {**chunk, "choices": [], "usage": usage}


def _delta(content: Mapping[str, Any], finish_reason: str | None) -> Mapping[str, Any]:
    return {"index": 0, "delta": content, "logprobs": None, "finish_reason": finish_reason}


def _responses(
    model: str, body: Mapping[str, Any], quantities: Quantities
) -> tuple[Answer, Billed]:
    response_id = f"resp_{uuid4().hex}"
    billed = Billed("openai", model, quantities, response_id)
    output = _output(body)
    begun = {
        "id": response_id,
        "object": "response",
        "created_at": _CREATED,
        "model": model,
        "status": "in_progress",
        "service_tier": "default",
        "output": [],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
    }
    usage = _usage(quantities, "input_tokens", "output_tokens")
    done = {**begun, "status": "completed", "output": [output], "usage": usage}
    if not body.get("stream"):
        return _whole(done), billed
    place = {"item_id": output["id"], "output_index": 0, "content_index": 0, "logprobs": []}
    steps: tuple[Mapping[str, Any], ...] = (
        {"type": "response.created", "response": begun},
        {"type": "response.output_text.delta", "delta": _TEXT, **place},
        {"type": "response.completed", "response": done},
    )
    return _events([{**step, "sequence_number": n} for n, step in enumerate(steps)]), billed


def _output(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the call of a tool where there is one that has not been used, else a message."""
    asked = body["input"]
    used = not isinstance(asked, str) and asked[-1].get("type") == "function_call_output"
    if body.get("tools") and not used:
        return {
            "type": "function_call",
            "id": f"fc_{uuid4().hex}",
            "call_id": f"call_{uuid4().hex[:24]}",
            "name": body["tools"][0]["name"],
            "arguments": "{}",
            "status": "completed",
        }
    part = {"type": "output_text", "text": _TEXT, "annotations": []}
    return {
        "type": "message",
        "id": f"msg_{uuid4().hex}",
        "role": "assistant",
        "status": "completed",
        "content": [part],
    }


def _usage(quantities: Quantities, prompt: str, completion: str) -> dict[str, Any]:
    cached, reasoning = quantities.get("cache_read", 0), quantities.get("reasoning", 0)
    asked, told = quantities["input"] + cached, quantities["output"] + reasoning
    return {
        prompt: asked,
        completion: told,
        "total_tokens": asked + told,
        f"{prompt}_details": {"cached_tokens": cached},
        f"{completion}_details": {"reasoning_tokens": reasoning},
    }


def _whole(body: Mapping[str, Any]) -> Answer:
    return Answer(json.dumps(body).encode())


def _events(events: Iterable[Mapping[str, Any]]) -> Answer:
    lines = [_event(event) for event in events]
    return Answer("".join([*lines, "data: [DONE]\n\n"]).encode(), "text/event-stream")


def _event(event: Mapping[str, Any]) -> str:
    named = f"event: {event['type']}\n" if "type" in event else ""
    return f"{named}data: {json.dumps(event)}\n\n"
