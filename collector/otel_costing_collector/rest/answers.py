"""The shapes of answers, for the OpenAPI document. Those of traces and costs are the command's own."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

Usd = str


class AcceptedEvent(BaseModel):
    """What became of one event."""

    requestId: str  # noqa: N815 - as events spell it
    callId: str = Field(description="Identity of its call in the ledger.")  # noqa: N815 - as events spell it
    outcome: str = Field(description="`accepted`: on disk; it will be booked once.")


class Accepted(BaseModel):
    """Every event is on disk."""

    events: list[AcceptedEvent]


class AcceptedOutcome(BaseModel):
    """What became of one outcome."""

    outcomeKey: str  # noqa: N815 - as outcomes spell it
    outcomeId: str = Field(description="Its identity in the ledger.")  # noqa: N815 - as outcomes spell it
    outcome: str = Field(description="`accepted`: on disk; it will be booked once.")


class AcceptedOutcomes(BaseModel):
    """Every outcome is on disk."""

    outcomes: list[AcceptedOutcome]


class Line(BaseModel):
    """One line item."""

    meter: str
    quantity: int
    unit: str
    unit_price_usd: Usd | None
    per: int
    amount_usd: Usd | None


class State(StrEnum):
    """Where a call is."""

    BOOKED = "booked"
    PENDING = "pending"
    """On disk; it will be booked within seconds of the ledger's being there."""


class Net(BaseModel):
    """What stands now: the sum of the entries."""

    calls: int = Field(description="1, or 0 where the charge was taken back.")
    status: str | None = Field(
        description="`priced`, `partial`, `unpriced`; null without a charge."
    )
    total_usd: Usd | None


class EntryAnswer(BaseModel):
    """One entry of the ledger."""

    entry_id: str
    kind: str
    revision: int
    sign: int
    cause: str
    occurred_at: str
    provider: str
    model: str
    status: str
    status_reason: str | None
    total_usd: Usd | None
    lines: list[Line]
    rate_id: str | None
    rates_digest: str | None
    assumptions: list[str]
    team: str | None
    origin_team: str | None = Field(description="As the call itself says.")
    trace_id: str


class CallCost(BaseModel):
    """What one call cost."""

    callId: str  # noqa: N815 - as events spell it
    state: State
    countedAs: str | None = Field(  # noqa: N815 - as events spell it
        description="The call that was booked in its place, as both tell of one."
    )
    net: Net | None = Field(description="Null while it is pending.")
    entries: list[EntryAnswer]


class TraceNode(BaseModel):
    """One span of a trace."""

    span_id: str
    name: str
    service: str | None
    team: str | None
    status: str | None
    own_usd: Usd | None
    subtree_usd: Usd | None
    duration_ms: int
    calls: int
    tokens: dict[str, int] = Field(description="By meter, of those that count tokens.")
    subtree_calls: int
    subtree_unpriced_calls: int
    subtree_tokens: dict[str, int]
    failed: bool
    error_type: str | None
    is_retry: bool = Field(description="It tries again what had failed.")
    boundary: bool = Field(description="It runs in another team's code than what is above it.")
    missing_parent: str | None = Field(description="The id of its parent, where that is not known.")
    is_kept: bool = Field(description="False where the ledger has its call alone, not the span.")
    lines: list[Line]
    children: list[TraceNode]


class TraceSummary(BaseModel):
    """A trace as a whole."""

    spans: int
    calls: int
    unpriced_calls: int
    tokens: dict[str, int]
    depth: int
    widest: int = Field(description="The most spans directly below one.")
    teams: list[str]
    boundaries: int
    failed: int
    retries: int
    missing_parents: list[str]
    duration_ms: int


class TraceAnswer(BaseModel):
    """The tree of one trace."""

    trace_id: str
    total_usd: Usd | None
    summary: TraceSummary
    roots: list[TraceNode]


class CostsRow(BaseModel):
    """One row: the dimensions that were asked for, and their sums."""

    model_config = ConfigDict(extra="allow")

    usd: Usd | None
    calls: int
    unpriced_calls: int


class CostsAnswer(BaseModel):
    """A report; where the caller pays and tokens bind teams, `unverified_usd` is of callers that are claimed alone."""

    model_config = ConfigDict(extra="allow")

    rows: list[CostsRow]
    total_usd: Usd | None
    pays: str
    since: str | None
    until: str | None
    period: str | None
    period_status: str | None
    closed_at: str | None
    closed_by: str | None
    as_of: str | None
