"""How a macro's arguments are read: up to the bracket that closes it, divided at its own commas."""

from __future__ import annotations

from re import Pattern


class MacroError(ValueError):
    """A query that Grafana would send otherwise than it is meant, or not at all."""


def arguments(sql: str, opening: int, tokens: Pattern[str]) -> tuple[list[str], int]:
    """Read what stands between a bracket and the one that closes it.

    Args:
        sql: the query.
        opening: where the bracket stands.
        tokens: brackets and commas; what else it matches is skipped, such as a literal.

    Returns:
        The arguments as they stand, and where the text goes on.

    Raises:
        MacroError: nothing closes it.
    """
    told, depth, began = [], 0, opening + 1
    for token in tokens.finditer(sql, opening):
        depth += {"(": 1, ")": -1}.get(token[0], 0)
        if depth == 0 or (depth == 1 and token[0] == ","):
            told.append(sql[began : token.start()])
            began = token.end()
        if depth == 0:
            return told, began
    raise MacroError(f"no bracket closes {sql[opening:]}")
