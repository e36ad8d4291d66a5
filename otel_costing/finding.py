"""What was noticed while spans became entries, and people should be able to look up."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import NamedTuple

from otel_costing.instants import day_of
from otel_costing.ledger import LedgerEntry, digest


class Finding(NamedTuple):
    """Something that people should be able to look up later."""

    kind: str
    """`duplicate` and `wrapper`: this call is not booked, as it tells of another; `conflict`: what was
    booked and what was said later differ, or one response id was seen with several totals; `uncovered_usage`: an
    agent's span sums up more than the calls that are known beneath it. Of one call's, the latest holds.
    `team_claim`, `unknown_service` and `missing_tags` are about no one call, see `once_a_day`."""
    call_id: str
    of_call_id: str
    """The call that was booked instead; empty for conflicts."""
    entry_id: str
    trace_id: str
    span_id: str
    ended_ns: int
    detail: str
    """JSON."""

    @property
    def finding_id(self) -> str:
        """Identity: the same finding made twice is one."""
        return digest(
            "finding", self.kind, self.call_id, self.of_call_id, self.entry_id, self.detail
        )


def contradiction(said: LedgerEntry, kept_digest: str) -> Finding:
    """Return the finding that `said` states something else than what its id already stands for."""
    detail = {
        "content_digest": said.content_digest,
        "kept_content_digest": kept_digest,
        "total_usd": None if said.total_usd is None else f"{said.total_usd:f}",
        "status": said.status,
        "model": said.model,
    }
    return Finding(
        kind="conflict",
        call_id=said.call_id,
        of_call_id="",
        entry_id=said.entry_id,
        trace_id=said.trace_id,
        span_id=said.span_id,
        ended_ns=said.ended_ns,
        detail=json.dumps(detail),
    )


def once_a_day(
    kind: str, said: Mapping[str, object], trace_id: str, span_id: str, ended_ns: int
) -> Finding:
    """Return a finding that is about no one call: the same said again of the same day is the same finding.

    Its `call_id` stands for what was said and the day; the span is the first it was seen on.
    """
    detail = json.dumps(said)
    return Finding(
        kind=kind,
        call_id=digest(kind, detail, str(day_of(ended_ns))),
        of_call_id="",
        entry_id="",
        trace_id=trace_id,
        span_id=span_id,
        ended_ns=ended_ns,
        detail=detail,
    )
