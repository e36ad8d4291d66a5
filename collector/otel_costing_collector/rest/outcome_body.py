"""An outcome as it is sent: its fields and their bounds, for the reader of a request and for the OpenAPI document."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic import StringConstraints as Bounds
from pydantic.alias_generators import to_camel

from otel_costing.attribution import FIELDS, Attribution, clean
from otel_costing.counts import LARGEST_QUANTITY
from otel_costing.instants import storable_ns
from otel_costing.ledger import storable_text
from otel_costing.money import AMOUNT_PATTERN
from otel_costing.outcomes import Outcome
from otel_costing_collector.rest.event_body import Instant, Name, RequestId, Text, TraceId

SCOPE = "rest"
"""Of every outcome that a request tells of."""
Value = Annotated[str, Bounds(pattern=rf"^{AMOUNT_PATTERN}$")]
Quantity = Annotated[int, Field(ge=-LARGEST_QUANTITY, le=LARGEST_QUANTITY)]
_EXAMPLE: dict[str, Any] = {
    "outcomeKey": "ticket-4711-resolved",
    "name": "ticket_resolved",
    "valueUsd": "12.50",
    "quantity": 1,
    "success": True,
    "occurredAt": "2026-10-01T12:00:00Z",
    "workflowRunId": "0f5c2a8e4b1d4c0e9a7b6d5c4e3f2a1b",
    "customerId": "acme",
}


class OutcomeBody(BaseModel):
    """What came of one run. Optional fields may be left out or null."""

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        alias_generator=to_camel,
        title="Outcome",
        json_schema_extra={"examples": [_EXAMPLE]},
    )

    outcome_key: RequestId = Field(
        description="Names it within your token's team, or else your token. Sent again it is the same outcome."
    )
    name: Name = Field(description="For example `ticket_resolved`.")
    occurred_at: Instant = Field(description="With its offset.")
    value_usd: Value | None = Field(
        None, description="Of all of them together, as text, exact; negative takes back."
    )
    quantity: Quantity | None = Field(
        None, description="How many; 1 if left out, negative takes back."
    )
    success: bool | None = Field(
        None, description="False where it was tried and did not come about; true if left out."
    )
    workflow_run_id: Name | None = Field(
        None, description="The run that it came of; this or traceId."
    )
    trace_id: TraceId | None = Field(None, description="A trace of that run.")
    service: Text | None = Field(None, description="The service that tells of it.")
    team: Text | None = Field(None, description="A token that is bound to a team overrules it.")
    project: Text | None = None
    workflow: Text | None = Field(None, description="Of the run.")
    feature: Text | None = Field(None, description="Of the run.")
    customer_id: Text | None = None
    user_id: Text | None = None
    session_id: Text | None = None
    environment: Text | None = None
    purpose: Text | None = None
    release: Text | None = None

    def outcome(self) -> Outcome:
        """Return it, not yet known by its key."""
        return Outcome(
            outcome_id="",
            content_digest="",
            outcome_key=self.outcome_key,
            name=storable_text(self.name),
            quantity=1 if self.quantity is None else self.quantity,
            value_usd=None if self.value_usd is None else Decimal(self.value_usd),
            success=True if self.success is None else self.success,
            occurred_ns=storable_ns(self.occurred_at),
            trace_id=self.trace_id or "",
            span_id="",
            attribution=self._attribution(),
            service=storable_text(self.service or ""),
            scope=SCOPE,
        )

    def _attribution(self) -> Attribution:
        """Return what is said of the run: whoever names it stands on its caller's side."""
        names = [name for name in FIELDS if name in OutcomeBody.model_fields]
        said = Attribution(**{name: clean(getattr(self, name) or "") for name in names})
        return said._replace(
            origin_workflow=said.workflow,
            origin_workflow_run_id=said.workflow_run_id,
            origin_feature=said.feature,
            origin_source="baggage" if said.workflow_run_id else "none",
        )
