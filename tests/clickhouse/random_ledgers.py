"""Ledgers that hypothesis draws, and roots for some of their traces."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import strategies as st

from otel_costing.attribution import Attribution
from otel_costing.ledger import LedgerEntry, reversal
from otel_costing.usage import Unpriced
from tests.calls import NOON, SECOND, entry, hex_id, skeleton

HOUR = 3600 * SECOND
USAGES: st.SearchStrategy[Mapping[str, int] | Unpriced] = st.sampled_from(
    [{"input": 7}, {"input": 10**6, "output": 3}, Unpriced("no_usage")]
)
TEAMS = st.sampled_from(["", "search", "drafts"])
ORIGINS = st.builds(
    lambda team, workflow, source: (
        Attribution(origin_team=team, origin_workflow=workflow, origin_source=source)
        if source != "none"
        else Attribution()
    ),
    TEAMS,
    st.sampled_from(["", "resolve-ticket"]),
    st.sampled_from(["baggage", "none"]),
)


@st.composite
def ledgers(draw: st.DrawFn) -> list[LedgerEntry]:
    """Draw some calls of some traces; a few are taken back."""
    entries = []
    for number in range(draw(st.integers(1, 12))):
        origin = draw(ORIGINS)
        attribution = Attribution(
            team=draw(TEAMS),
            feature=draw(st.sampled_from(["", "tickets"])),
            origin_team=origin.origin_team,
            origin_workflow=origin.origin_workflow,
            origin_source=origin.origin_source,
        )
        meters = st.sampled_from(["input", "cache_read", "output"])
        one = entry(
            number,
            draw(st.dictionaries(meters, st.integers(1, 10**8))) or Unpriced("no_usage"),
            unpriced=draw(st.sampled_from(["", "", "unknown_model"])),
            trace=hex_id(draw(st.integers(1, 3)), 32),
            end_ns=NOON + draw(st.integers(-800, 800)) * HOUR,
            attribution=attribution,
        )
        entries.append(one)
        if draw(st.integers(0, 4)) == 0:
            entries.append(reversal(one, "duplicate"))
    return entries


ROOTS = [
    skeleton(900, trace=hex_id(1, 32), attribution=Attribution(team="support", workflow="w")),
    skeleton(901, trace=hex_id(1, 32), start_ns=NOON + 1, attribution=Attribution(team="late")),
    skeleton(902, trace=hex_id(2, 32), attribution=Attribution(workflow_run_id="run-2")),
    skeleton(903, 5, trace=hex_id(3, 32), attribution=Attribution(team="not a root")),
]
