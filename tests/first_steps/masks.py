"""What of an output may differ from one run to the next: ids, times, process numbers. Amounts may not."""

from __future__ import annotations

import re

_MASKS = (
    (re.compile(r"\b(?:0x)?(?:[0-9a-f]{32}|[0-9a-f]{16})\b"), "ID"),
    (re.compile(r"\b\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|\+00:00)?)?"), "TIME"),
    (re.compile(r" +[\d.,]+ (?:ms|s)\b"), " TOOK"),
    (re.compile(r"\bprocess \d+"), "process NUMBER"),
)


def comparable(text: str) -> str:
    """Return an output without what may differ, and without blanks at the ends of lines."""
    for pattern, instead in _MASKS:
        text = pattern.sub(instead, text)
    return "\n".join(line.rstrip() for line in text.strip().splitlines())
