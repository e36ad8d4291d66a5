"""Which response ids identify a response: a provider's do, a local server's counter does not."""

from __future__ import annotations

_SHORTEST_IDENTITY = 16
_FEWEST_DIGITS = 10
_NOT_DIGITS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_:."


def identifies(response_id: str) -> bool:
    """Tell an id that only one response has from a short counter (`chatcmpl-123`, as Ollama sends)."""
    if len(response_id) < _SHORTEST_IDENTITY:
        return False
    if not response_id[-1].isdecimal():
        return True
    digits = response_id.lstrip(_NOT_DIGITS)
    return len(digits) >= _FEWEST_DIGITS or not digits.isdecimal()
