"""What the demo's processes are told, and what they must not be told."""

from __future__ import annotations

import pytest

URLS = {
    name: f"http://127.0.0.1/{name}"
    for name in ("collector", "providers", "assistant", "retrieval", "drafting")
}


@pytest.mark.parametrize(
    "name",
    [
        "OPENAI_ORG_ID",
        "OTEL_TRACES_SAMPLER",
        "OTEL_EXPORTER_OTLP_HEADERS",
        "ANTHROPIC_AUTH_TOKEN",
        "HTTPS_PROXY",
        "all_proxy",
        "no_proxy",
    ],
)
def test_nothing_that_leads_off_this_machine_is_handed_down(name: str) -> None:
    from otel_costing.demo.environment import of_services

    assert name not in of_services({name: "mine"}, URLS)


def test_keys_and_addresses_of_the_caller_are_replaced() -> None:
    from otel_costing.demo.environment import of_services

    inherited = {
        "OPENAI_API_KEY": "mine",
        "ANTHROPIC_API_KEY": "mine",
        "OPENAI_BASE_URL": "mine",
        "OTEL_EXPORTER_OTLP_ENDPOINT": "mine",
        "NO_PROXY": "mine",
    }

    told = of_services(inherited, URLS)

    assert inherited.keys() < told.keys()
    assert "mine" not in told.values()


def test_the_collector_is_told_nothing_of_the_callers_either() -> None:
    from otel_costing.demo.environment import of_processes

    mine = {"OTEL_COSTING_COLLECTOR_TOKENS_FILE": "mine", "OTEL_COSTING_DSN": "mine"}

    assert of_processes(mine) == {"NO_PROXY": "*"}


def test_the_rest_is_inherited() -> None:
    from otel_costing.demo.environment import of_services

    assert of_services({"PATH": "/bin"}, URLS)["PATH"] == "/bin"
