"""The shapes of answers, for the OpenAPI document. Those of traces and costs are the command's own (DESIGN section 8)."""

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
    lines: list[Line]
    children: list[TraceNode]


class TraceAnswer(BaseModel):
    """The tree of one trace."""

    trace_id: str
    total_usd: Usd | None
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
