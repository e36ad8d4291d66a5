"""A count as an emitter sent it, whatever its type: ints come as digits (OTLP/JSON), as floats, or as nonsense."""

from __future__ import annotations

LARGEST_COUNT = 2**63 - 1
"""The wire's integers end here."""
LARGEST_QUANTITY = 10**12
"""Of outcomes told at once, and as many taken back."""


def count_of(value: object) -> int | None:
    """Return a count, also one that arrived as digits or as a float without fraction; None for anything else."""
    if isinstance(value, float):
        return int(value) if 0 <= value <= 2**53 and value.is_integer() else None
    if isinstance(value, str) and len(value) <= 20 and value.isascii() and value.isdigit():
        value = int(value)
    if type(value) is int and 0 <= value <= LARGEST_COUNT:
        return value
    return None


def shown(value: object) -> str:
    """Return a value that is no count as a person may read it: short, whatever it is."""
    if isinstance(value, int) and abs(value) > 10**18:
        return "a number of over 18 digits"
    if isinstance(value, str):
        return repr(value[:40])[:40]
    return repr(value) if isinstance(value, int | float) else f"a {type(value).__name__}"
