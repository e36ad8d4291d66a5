"""Which scenarios each client library goes through; the modules of app/calls say how."""

from __future__ import annotations

ALONE = "alone"
"""The only scenario without a span of the application's own around it."""
NODE = "node"
"""The only scenario in which the code that asks says who it is."""
_EVERYWHERE = ("plain", "cached", "parallel", "twins", "retried", "refused", ALONE)

SCENARIOS = {
    "openai_calls": (
        *_EVERYWHERE,
        "chat_stream",
        "stream_unasked",
        "responses",
        "responses_stream",
        "embeddings",
    ),
    "anthropic_calls": (*_EVERYWHERE, "create_stream", "stream"),
    "gemini_calls": (*_EVERYWHERE, "stream"),
    "bedrock_calls": (*_EVERYWHERE, "converse_stream", "invoke", "invoke_stream"),
    "langchain_calls": (*_EVERYWHERE, "stream", "agent", NODE),
    "pydantic_ai_calls": (*_EVERYWHERE, "stream", "agent"),
    "strands_calls": (*_EVERYWHERE, "agent"),
}
"""Scenarios by module of calls.

`cached` and all that are not named here bill every meter the provider has. `plain` bills input and output only.
`parallel` asks for several answers at once, `twins` for several that bill the same. `retried` is refused once and asked
again by the client library itself, `refused` is refused for good. A stream that is `unasked` was not asked for usage.
`agent` uses its tool, and then answers: two calls. `node` asks in a node of a graph, in a block of its own. `alone` is
a stream, where the client has one, in no span of the application's: what emitters say of one call may then stand in
several traces.
"""
