"""Files of tokens, as people write them."""

from __future__ import annotations

from collections.abc import Mapping

from otel_costing_collector.token_command import token_entry


def admitting(
    token: str,
    *scopes: str,
    name: str = "sender",
    team_from: str = "",
    services: Mapping[str, str] | None = None,
) -> str:
    """Return the lines that admit a token; it may send unless other scopes are given."""
    return token_entry(name, token, scopes or ("send",), team_from, dict(services or {}))
