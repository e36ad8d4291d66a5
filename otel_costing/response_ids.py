"""Which response ids identify a response, and how far apart two accounts of one call may lie.

One rule for the process, which must say at once, and for the ledger, which sees whole traces.
"""

from __future__ import annotations

SAME_CALL_NS = 600 * 10**9
"""Two accounts of one response lie within this of each other."""
REPORT_NS = 10**9
"""A span of no duration tells of a call that ended at most this long before."""
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
