"""A usage event as it is sent: its fields and their bounds, for the reader of a request and for the OpenAPI document."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    WithJsonSchema,
)
from pydantic import StringConstraints as Bounds
from pydantic.alias_generators import to_camel
from pydantic_core import CoreSchema, core_schema

from otel_costing.attribution import FIELDS, LONGEST_VALUE, Attribution, clean
from otel_costing.instants import ns_of_text
from otel_costing.meters import METERS
from otel_costing.usage_events import UsageEvent

MOST_TAGS = 32
_LONGEST_TAG_NAME = 64
ATTRIBUTION_FIELDS = tuple(name for name in FIELDS if name != "origin_source")


class Quantities(dict[str, int]):
    """What a call used, by meter, within what one call can believably use."""

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Return the schema that `meters.yaml` comes to."""
        del source, handler
        fields = {
            meter.name: core_schema.typed_dict_field(
                core_schema.int_schema(ge=0, le=meter.largest, strict=True), required=False
            )
            for meter in METERS.values()
        }
        return core_schema.typed_dict_schema(fields, extra_behavior="forbid")


def _instant_ns(value: object) -> int:
    if not isinstance(value, str):
        raise ValueError("write an instant as text, such as 2026-10-01T12:00:00Z")  # noqa: TRY004 - bad data, not a bug
    return ns_of_text(value)


def _id(digits: int) -> Bounds:
    return Bounds(pattern=rf"^[0-9a-f]{{{digits}}}$")


Text = Annotated[str, Bounds(max_length=LONGEST_VALUE)]
Name = Annotated[str, Bounds(min_length=1, max_length=LONGEST_VALUE)]
RequestId = Annotated[str, Bounds(pattern=r"^[A-Za-z0-9][A-Za-z0-9._~:@+=-]{0,199}$")]
TraceId = Annotated[str, _id(32)]
SpanId = Annotated[str, _id(16)]
Usd = Annotated[str, Bounds(pattern=r"^[0-9]{1,12}(\.[0-9]{1,24})?$")]
TagName = Annotated[str, Bounds(min_length=1, max_length=_LONGEST_TAG_NAME)]
Tags = Annotated[dict[TagName, Text], Field(max_length=MOST_TAGS)]
Instant = Annotated[
    int, BeforeValidator(_instant_ns), WithJsonSchema({"type": "string", "format": "date-time"})
]

_EXAMPLE: dict[str, Any] = {
    "requestId": "order-4711-summary",
    "provider": "openai",
    "model": "gpt-4o",
    "usage": {"input": 700, "cache_read": 300, "output": 200},
    "startedAt": "2026-10-01T11:59:58.200Z",
    "endedAt": "2026-10-01T12:00:00Z",
    "team": "search",
    "feature": "summaries",
    "environment": "production",
}


class UsageEventBody(BaseModel):
    """One model call. Optional fields may be left out or null."""

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        alias_generator=to_camel,
        title="UsageEvent",
        json_schema_extra={"examples": [_EXAMPLE]},
    )

    request_id: RequestId = Field(
        description="Names the call within your token's team, or else your token. Sent again it is the same call."
    )
    provider: Name = Field(description="Any name that the rate tables know: `openai`, `bedrock`.")
    model: Name = Field(description="The model that was asked for.")
    response_model: Text | None = Field(None, description="The model that answered, if another.")
    usage: Quantities = Field(
        description="Whole units by meter, disjoint: cached tokens are not in `input` again. `{}` where nobody knows."
    )
    started_at: Instant | None = Field(None, description="With its offset; the end if left out.")
    ended_at: Instant = Field(description="With its offset: the instant that prices the call.")
    operation: Text | None = Field(None, description="`chat`, `embeddings`, ...")
    tier: Text | None = Field(None, description="Service tier; `standard` if left out.")
    region: Text | None = None
    response_id: Text | None = Field(None, description="As the provider answered.")
    service: Text | None = Field(None, description="The service whose code made the call.")
    trace_id: TraceId | None = Field(None, description="Of the trace it belongs to; with spanId.")
    span_id: SpanId | None = Field(None, description="Of the span in whose course it was made.")
    error: Text | None = Field(None, description="The kind of error, if the call failed.")
    reported_usd: Usd | None = Field(
        None, description="What somebody else says it cost: shown beside our figure, never booked."
    )
    tags: Tags | None = None
    team: Text | None = Field(None, description="A token that is bound to a team overrules it.")
    project: Text | None = None
    workflow: Text | None = None
    workflow_run_id: Text | None = None
    feature: Text | None = None
    customer_id: Text | None = None
    user_id: Text | None = None
    session_id: Text | None = None
    environment: Text | None = None
    purpose: Text | None = None
    release: Text | None = None
    agent: Text | None = None
    tool: Text | None = None
    origin_team: Text | None = Field(None, description="Who stands at the root of the work.")
    origin_workflow: Text | None = None
    origin_workflow_run_id: Text | None = None
    origin_feature: Text | None = None

    def event(self, call_id: str) -> UsageEvent:
        """Return the event with the identity of its call."""
        return UsageEvent(
            call_id=call_id,
            request_id=self.request_id,
            provider=self.provider,
            model=self.model,
            usage=dict(self.usage),
            started_ns=self.ended_at if self.started_at is None else self.started_at,
            ended_ns=self.ended_at,
            attribution=self._attribution(),
            response_model=self.response_model or "",
            operation=self.operation or "",
            tier=self.tier or "",
            region=self.region or "",
            response_id=self.response_id or "",
            service=self.service or "",
            trace_id=self.trace_id or "",
            span_id=self.span_id or "",
            error_type=self.error or "",
            reported_usd=self.reported_usd or "",
            tags=tuple(sorted((self.tags or {}).items())),
        )

    def _attribution(self) -> Attribution:
        said = {name: clean(getattr(self, name) or "") for name in ATTRIBUTION_FIELDS}
        has_origin = any(said[name] for name in said if name.startswith("origin_"))
        return Attribution(**said, origin_source="baggage" if has_origin else "none")
