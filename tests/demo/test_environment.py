"""What the demo's processes are told, and what they must not be told."""

from __future__ import annotations

from pathlib import Path

import pytest

URLS = {
    name: f"http://127.0.0.1/{name}"
    for name in ("receiver", "providers", "assistant", "retrieval", "drafting")
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
    from otel_costing.demo.environment import of_processes

    assert name not in of_processes({name: "mine"}, URLS, Path("otlp"))


def test_keys_and_addresses_of_the_caller_are_replaced() -> None:
    from otel_costing.demo.environment import of_processes

    inherited = {
        "OPENAI_API_KEY": "mine",
        "ANTHROPIC_API_KEY": "mine",
        "OPENAI_BASE_URL": "mine",
        "OTEL_EXPORTER_OTLP_ENDPOINT": "mine",
        "NO_PROXY": "mine",
    }

    told = of_processes(inherited, URLS, Path("otlp"))

    assert inherited.keys() < told.keys()
    assert "mine" not in told.values()


def test_the_rest_is_inherited() -> None:
    from otel_costing.demo.environment import of_processes

    assert of_processes({"PATH": "/bin"}, URLS, Path("otlp"))["PATH"] == "/bin"
