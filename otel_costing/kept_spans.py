"""Which skeletons a ledger keeps: all, those of AI work, or none. Pure.

The calls, and what settles them within their batch, are the same in each case; `collector/README.md` says
what is lost later.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum

from otel_costing.batch import SealedBatch
from otel_costing.examined import Examined


class KeptSpans(StrEnum):
    """The values of `store.spans` and `ingest --spans`."""

    ALL = "all"
    GENAI = "genai"
    """Model calls, agents, tools: whatever carries an attribute of AI work."""
    NONE = "none"


def with_kept_spans(
    sealed: Sequence[SealedBatch], examined: Iterable[Examined], kept: KeptSpans
) -> list[SealedBatch]:
    """Return batches without the skeletons that are not kept.

    Args:
        sealed: of `examined`.
        examined: all of them.
        kept: which skeletons stay.
    """
    if kept is KeptSpans.ALL:
        return list(sealed)
    wanted = {
        (one.skeleton.trace_id, one.skeleton.span_id)
        for one in examined
        if kept is KeptSpans.GENAI and one.genai
    }
    return [
        batch._replace(
            spans=tuple(span for span in batch.spans if (span.trace_id, span.span_id) in wanted)
        )
        for batch in sealed
    ]
