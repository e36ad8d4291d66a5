"""Every attribute name this project writes, and every standard name its code reads, spelled once.

How particular emitters spell usage is data: see `dialects.yaml`.

Sources: OpenTelemetry GenAI semantic conventions (`semantic-conventions-genai`), the cost attributes
proposed there in #443, OpenTelemetry general and resource conventions.
"""

from __future__ import annotations

from typing import Final

# --- written: the proposal of semantic-conventions-genai#443 -------------------------------------
COST_AMOUNT: Final = "gen_ai.usage.cost.amount"
COST_CURRENCY: Final = "gen_ai.usage.cost.currency"
COST_SOURCE: Final = "gen_ai.usage.cost.source"
SOURCE_LOCAL: Final = "local"
USD: Final = "USD"

# --- written: our own namespace -------------------------------------------------------------------
PREFIX: Final = "otel_costing."
COST_USD: Final = "otel_costing.cost.usd"
ITEMS: Final = "otel_costing.items"
STATUS: Final = "otel_costing.status"
STATUS_REASON: Final = "otel_costing.status_reason"
RATE_ID: Final = "otel_costing.rate.id"
RATES_DIGEST: Final = "otel_costing.rates.digest"

TEAM: Final = "otel_costing.team"
PROJECT: Final = "otel_costing.project"
WORKFLOW: Final = "otel_costing.workflow"
WORKFLOW_RUN_ID: Final = "otel_costing.workflow_run_id"
FEATURE: Final = "otel_costing.feature"
CUSTOMER_ID: Final = "otel_costing.customer_id"
USER_ID: Final = "otel_costing.user_id"
SESSION_ID: Final = "otel_costing.session_id"
ENVIRONMENT: Final = "otel_costing.environment"
PURPOSE: Final = "otel_costing.purpose"
RELEASE: Final = "otel_costing.release"
AGENT: Final = "otel_costing.agent"
TOOL: Final = "otel_costing.tool"
ORIGIN_TEAM: Final = "otel_costing.origin.team"
ORIGIN_WORKFLOW: Final = "otel_costing.origin.workflow"
ORIGIN_WORKFLOW_RUN_ID: Final = "otel_costing.origin.workflow_run_id"
ORIGIN_FEATURE: Final = "otel_costing.origin.feature"
ORIGIN_SOURCE: Final = "otel_costing.origin.source"

# --- written: what came of the work, an event of a span or of a log --------------------------------
OUTCOME: Final = "otel_costing.outcome"
OUTCOME_NAME: Final = "otel_costing.outcome.name"
OUTCOME_QUANTITY: Final = "otel_costing.outcome.quantity"
OUTCOME_VALUE_USD: Final = "otel_costing.outcome.value_usd"
OUTCOME_SUCCESS: Final = "otel_costing.outcome.success"

# --- written: metrics -----------------------------------------------------------------------------
METRIC_CALLS: Final = "otel_costing.calls"
METRIC_USD: Final = "otel_costing.usd"
METRIC_FAILURES: Final = "otel_costing.failures"

# --- read: OpenTelemetry --------------------------------------------------------------------------
OPERATION: Final = "gen_ai.operation.name"
CONVERSATION_ID: Final = "gen_ai.conversation.id"
AGENT_NAME: Final = "gen_ai.agent.name"
TOOL_NAME: Final = "gen_ai.tool.name"
RESPONSE_ID: Final = "gen_ai.response.id"
ERROR_TYPE: Final = "error.type"
EVENT_NAME: Final = "event.name"
"""Where log records name their event that were made before they had a field for it."""
EVALUATION_RESULT: Final = "gen_ai.evaluation.result"
EVALUATION_NAME: Final = "gen_ai.evaluation.name"
EVALUATION_SCORE_VALUE: Final = "gen_ai.evaluation.score.value"
EVALUATION_SCORE_LABEL: Final = "gen_ai.evaluation.score.label"
ENDUSER_ID: Final = "enduser.id"
USER: Final = "user.id"
SESSION: Final = "session.id"
SERVICE_NAME: Final = "service.name"
SERVICE_NAMESPACE: Final = "service.namespace"
SERVICE_VERSION: Final = "service.version"
DEPLOYMENT_ENVIRONMENT: Final = "deployment.environment.name"
DEPLOYMENT_ENVIRONMENT_OLD: Final = "deployment.environment"


def written() -> tuple[str, ...]:
    """Return every attribute and metric name we write, for the documentation's test."""
    return tuple(
        sorted(
            {value for name, value in globals().items() if _is_written(name, value)}
            | {COST_AMOUNT, COST_CURRENCY, COST_SOURCE}
        )
    )


def _is_written(name: str, value: object) -> bool:
    return (
        name.isupper() and isinstance(value, str) and value.startswith(PREFIX) and value != PREFIX
    )
