"""The OpenAPI document is true: schemathesis sends what it allows, and what it does not, and looks at every answer."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from otel_costing.attribution import FIELDS
from otel_costing.meters import METERS
from tests.collector.rest.api import Api, bearer, event, send
from tests.collector.running import JSON

INGESTS = ("ingestUsage", "ingestOutcomes")
OPERATIONS = (*INGESTS, "getRequestCost", "getCallCost", "getTrace", "getCosts")
# What contradicts itself, an end before its start or a trace without a span, no schema can tell.
NOT_OF_EVENTS = positive_data_acceptance
# A parameter that nobody has, as schemathesis makes it up, may have no value, and is not sent then.
NOT_OF_PARAMETERS = negative_data_rejection
# Nor which attributes a ledger has promoted to dimensions.
NOT_OF_DIMENSIONS = positive_data_acceptance
QUIET = settings(
    max_examples=20, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)


@pytest.fixture(scope="module")
def described(teams: Api) -> Any:
    url = f"http://127.0.0.1:{teams.running.ports.http}/api/v1/openapi.json"
    return schemathesis.openapi.from_url(url)


@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_keeps_to_its_description(
    described: Any, name: str, mode: GenerationMode
) -> None:
    operation = described.find_operation_by_id(name)
    excluded: list[Any] = [NOT_OF_EVENTS if name in INGESTS else NOT_OF_PARAMETERS]
    if name == "getCosts":
        excluded.append(NOT_OF_DIMENSIONS)
    headers = {"Authorization": bearer("everything")}

    @QUIET
    @given(case=operation.as_strategy(generation_mode=mode))
    def answered_as_described(case: Case[Any]) -> None:
        case.call_and_validate(excluded_checks=excluded, headers=headers)

    answered_as_described()


def test_every_operation_is_described_and_asks_for_a_token(api: Api) -> None:
    document = document_of(api)
    operations = [one for path in document["paths"].values() for one in path.values()]

    assert document["openapi"].startswith("3.1.")
    assert {one["operationId"] for one in operations} == set(OPERATIONS)
    assert all(one["security"] == [{"HTTPBearer": []}] for one in operations)
    assert document["components"]["securitySchemes"]["HTTPBearer"]["scheme"] == "bearer"


def test_an_event_has_every_meter_and_every_field_of_attribution(api: Api) -> None:
    fields = document_of(api)["components"]["schemas"]["UsageEvent"]["properties"]

    camel = {"".join(_camel(name)) for name in FIELDS} - {"originSource"}
    assert camel <= set(fields)
    assert set(fields["usage"]["properties"]) == set(METERS)


def _camel(name: str) -> list[str]:
    first, *others = name.split("_")
    return [first, *(part.title() for part in others)]


@pytest.mark.parametrize(
    ("name", "path"), [("UsageEvent", "usage/ingest"), ("Outcome", "outcomes")]
)
def test_the_example_in_the_document_is_accepted(api: Api, name: str, path: str) -> None:
    schema = document_of(api)["components"]["schemas"][name]
    (example,) = schema["examples"]
    body = json.dumps(example).encode()

    jsonschema.validate(example, schema)
    assert send(api.running, "POST", f"/api/v1/{path}", body, content_type=JSON).status == 202


def test_what_is_accepted_and_told_has_the_described_shape(api: Api) -> None:
    (cost,) = api.booked(event())
    document = document_of(api)
    shape = {"$ref": "#/components/schemas/CallCost", "components": document["components"]}

    jsonschema.validate(cost, shape)


@pytest.mark.parametrize("given", ["team", "team,promoted_before"])
def test_the_document_allows_dimensions_that_a_ledger_has_promoted(api: Api, given: str) -> None:
    of_costs = document_of(api)["paths"]["/api/v1/costs"]["get"]["parameters"]
    (by,) = (one["schema"] for one in of_costs if one["name"] == "by")

    jsonschema.validate(given, by)


def document_of(api: Api) -> Any:
    return json.loads(api.get("openapi.json").body)
