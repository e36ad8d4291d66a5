"""What the demo needs is read from the distribution itself."""

from __future__ import annotations

from importlib import metadata

import pytest

from otel_costing.demo import packages


def test_the_packages_are_those_of_the_extra_and_of_no_other() -> None:
    assert {"anthropic", "openai", "opentelemetry-instrumentation-genai-openai"} <= set(
        packages.needed()
    )
    assert {"otel-costing", "genai-prices", "PyYAML"}.isdisjoint(packages.needed())


def test_what_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    told = ["openai<4,>=3.50; extra == 'demo'", "no-such-package>=1; extra == 'demo'"]
    monkeypatch.setattr(metadata, "requires", lambda _name: told)

    assert packages.missing() == ["no-such-package"]
