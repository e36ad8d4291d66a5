"""The policy against the engine: it names what there is, and lets nothing pass that reaches out."""

from __future__ import annotations

import json

import pytest

from otel_costing_collector.sql_endpoint.limits import Limits, engine_settings
from otel_costing_collector.sql_endpoint.policy import Function, Functions, packaged_policy
from otel_costing_collector.sql_endpoint.refusals import SqlRefused
from tests.collector.sql_endpoint.conftest import Asked

POLICY = packaged_policy()
LIMITS = Limits(seconds=30, memory_bytes=1000, rows=100, result_bytes=500)


def rows(asked: Asked, text: str) -> list[list[object]]:
    return [
        json.loads(line) for line in asked.told(f"{text} FORMAT JSONCompactEachRow").splitlines()
    ]


@pytest.fixture
def known(asked: Asked) -> list[Function]:
    """What the engine lists."""
    text = (
        "SELECT name, categories, is_aggregate, origin = 'System', alias_to FROM system.functions"
    )
    return [Function(*row) for row in rows(asked, text)]  # type: ignore[arg-type]  # as the columns are


@pytest.fixture
def functions(asked: Asked, known: list[Function]) -> Functions:
    """What of it is offered."""
    combinators = rows(asked, "SELECT name FROM system.aggregate_function_combinators")
    return Functions(POLICY, known, [str(row[0]) for row in combinators])


def test_what_the_policy_names_is_what_the_engine_has(asked: Asked, known: list[Function]) -> None:
    names = {one.name for one in known}
    tables = {
        str(row[0])
        for row in rows(asked, "SELECT name FROM system.tables WHERE database = 'system'")
    }
    settings = {str(row[0]) for row in rows(asked, "SELECT name FROM system.settings")}
    formats = {
        str(row[0]) for row in rows(asked, "SELECT name FROM system.formats WHERE is_output")
    }

    assert names >= POLICY.functions | POLICY.refused_functions
    assert {one.category for one in known} >= POLICY.function_categories
    assert tables >= POLICY.system_tables
    assert settings >= POLICY.settings | POLICY.tightened_settings
    assert formats >= POLICY.formats


@pytest.mark.parametrize(
    "name",
    [
        "sum",
        "SUM",
        "sumIf",
        "quantileTDigestWeightedArrayIf",
        "sumMerge",
        "uniqStateIf",
        "toDecimal128",
        "lower",
        "LCASE",
        "arrayMap",
        "lambda",
        "row_number",
        "grouping",
        "exists",
        "COUNT",
        "caseWithExpression",
        "version",
        "argMaxIfOrNull",
    ],
)
def test_what_analysts_use_is_offered(functions: Functions, name: str) -> None:
    assert functions.admit(name)


@pytest.mark.parametrize(
    "name",
    [
        "file",
        "FILE",
        "fileIf",
        "sleep",
        "sleepEachRow",
        "dictGet",
        "joinGet",
        "hasColumnInTable",
        "getSetting",
        "getServerSetting",
        "getMacro",
        "addressToLine",
        "aiGenerate",
        "evalMLMethod",
        "naiveBayesClassifier",
        "regionToName",
        "showCertificate",
        "getClientHTTPHeader",
        "formatRow",
        "groupFormat",
        "reverseDNSQuery",
        "currentProfiles",
        "tcpPort",
        "filesystemAvailable",
        "serverUUID",
        "nonesuch",
        "StateIf",
        "",
    ],
)
def test_what_reaches_out_is_not_offered(functions: Functions, name: str) -> None:
    assert not functions.admit(name)


def test_a_function_that_somebody_made_is_not_offered() -> None:
    made = Function("lower", "String", is_aggregate=False, is_system=False, alias_to="")

    assert not Functions(POLICY, [made], []).admit("lower")


@pytest.mark.parametrize(
    ("given", "name", "value"),
    [
        ({"max_execution_time": "5"}, "max_execution_time", "5"),
        ({"max_execution_time": "50"}, "max_execution_time", "30"),
        ({"max_execution_time": "0"}, "max_execution_time", "30"),
        ({"max_execution_time": "-1"}, "max_execution_time", "30"),
        ({"max_execution_time": "nan"}, "max_execution_time", "30"),
        ({"max_memory_usage": "inf"}, "max_memory_usage", "1000"),
        ({"max_result_rows": "7"}, "max_result_rows", "7"),
        ({"join_use_nulls": "1"}, "join_use_nulls", "1"),
    ],
)
def test_a_limit_is_only_ever_tightened(given: dict[str, str], name: str, value: str) -> None:
    assert engine_settings(LIMITS, [given], POLICY)[name] == value


def test_a_setting_that_is_ignored_is_not_passed_on() -> None:
    assert (
        engine_settings(LIMITS, [{"readonly": "2", "log_comment": "x"}], POLICY)
        == LIMITS.as_settings()
    )


def test_a_setting_that_is_not_listed_is_refused() -> None:
    with pytest.raises(SqlRefused, match="allow_ddl"):
        engine_settings(LIMITS, [{"allow_ddl": "1"}], POLICY)
