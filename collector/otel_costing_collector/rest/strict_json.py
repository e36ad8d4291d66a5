"""JSON as RFC 8259 has it and nothing more, as what it says becomes money: no NaN, no name twice in one object."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any, NoReturn

from otel_costing_collector.refusals import Reason, Refused


def value_of(body: bytes) -> Any:
    """Read JSON.

    Raises:
        Refused: this is none.
    """
    try:
        return json.loads(
            body.decode("utf-8"), object_pairs_hook=_each_once, parse_constant=_no_number
        )
    except RecursionError:
        raise Refused(Reason.UNDECODABLE, "the JSON nests too deeply") from None
    except ValueError as error:
        said = str(error).splitlines()[0][:200]
        raise Refused(Reason.UNDECODABLE, f"the body is no JSON in UTF-8: {said}") from None


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        times = Counter(name for name, _ in pairs)
        twice = next(name for name in times if times[name] > 1)
        raise ValueError(f"{twice[:80]!r} stands twice in one object")
    return found


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")
