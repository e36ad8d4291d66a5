"""Counters of applications, read for `otel-costing coverage --emitted`, beside what is booked."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import datetime
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from otel_costing.cli.coverage_rows import Row
from otel_costing.cli.options import BadInput
from otel_costing.emitted import Counted, Emitter, beside, emitted_calls

if TYPE_CHECKING:
    from otel_costing.clickhouse.store import Store

EMITTED = Counted._fields
"""The columns of the section."""
_PATIENCE_S = 10
_LARGEST_BYTES = 64 * 2**20
_OK = 200


def emitted_at(places: Sequence[str]) -> Mapping[Emitter, int]:
    """Return what the counters of some files and addresses say together.

    Raises:
        BadInput: one of them cannot be read, or is no text of Prometheus with such a counter.
    """
    together: Counter[Emitter] = Counter()
    for place in places:
        try:
            together.update(emitted_calls(_text_of(place)))
        except (OSError, HTTPException, ValueError) as unreadable:
            raise BadInput(f"--emitted {place}: {unreadable}.") from None
    return together


def emitted_rows(
    counted: Mapping[Emitter, int], store: Store, since: datetime | None, until: datetime | None
) -> list[Row]:
    """Return what was counted beside what is booked, the largest difference first."""
    from otel_costing.clickhouse.emission_reports import booked_by_emitter

    booked = booked_by_emitter(store, since=since, until=until)
    return [one._asdict() for one in beside(counted, booked)]


def _text_of(place: str) -> str:
    address = urlsplit(place)
    if address.scheme in {"http", "https"}:
        body = _answer(address)
    elif place == "-":
        body = sys.stdin.buffer.read(_LARGEST_BYTES + 1)
    else:
        with Path(place).open("rb") as file:
            body = file.read(_LARGEST_BYTES + 1)
    if len(body) > _LARGEST_BYTES:
        raise ValueError(f"it is longer than {_LARGEST_BYTES:,} bytes")
    return body.decode("utf-8")


def _answer(address: SplitResult) -> bytes:
    """Ask once, and follow nothing."""
    kind = HTTPSConnection if address.scheme == "https" else HTTPConnection
    with closing(kind(address.netloc, timeout=_PATIENCE_S)) as connection:
        target = f"{address.path or '/'}{f'?{address.query}' if address.query else ''}"
        connection.request("GET", target, headers={"Accept": "text/plain"})
        answer = connection.getresponse()
        if answer.status != _OK:
            raise ValueError(f"it answers {answer.status}")
        return answer.read(_LARGEST_BYTES + 1)
