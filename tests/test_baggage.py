"""Which baggage is written, read and believed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry import baggage
from opentelemetry.context import Context

from otel_costing.attribution import LONGEST_VALUE, PERSONAL, is_hash
from otel_costing.baggage import (
    KEYS,
    claimed,
    pseudonym,
    trust_inbound,
    trusts_inbound,
    with_claims,
)


@pytest.fixture(autouse=True)
def untold(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has said whom this process trusts."""
    monkeypatch.setattr("otel_costing.baggage._Trust.given", None)
    monkeypatch.delenv("OTEL_COSTING_TRUST_BAGGAGE", raising=False)
    monkeypatch.delenv("OTEL_COSTING_HASH_KEY", raising=False)


@pytest.mark.parametrize(
    ("said", "trusted"),
    [("true", True), ("1", True), (" ON ", True), ("false", False), ("", False), ("maybe", False)],
)
def test_the_environment_says_whether_callers_are_believed(
    monkeypatch: pytest.MonkeyPatch, said: str, *, trusted: bool
) -> None:
    monkeypatch.setenv("OTEL_COSTING_TRUST_BAGGAGE", said)
    assert trusts_inbound() is trusted


def test_what_the_program_says_stands_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_COSTING_TRUST_BAGGAGE", "true")
    trust_inbound(trusted=False)
    assert trusts_inbound() is False


def test_nobody_is_believed_unless_somebody_says_so() -> None:
    assert trusts_inbound() is False


def test_the_allow_list_holds_what_the_documentation_lists() -> None:
    assert set(KEYS) - PERSONAL == {
        "team",
        "project",
        "workflow",
        "workflow_run_id",
        "feature",
        "purpose",
    }
    assert {"user_id", "session_id", "customer_id"} == PERSONAL


@given(st.dictionaries(st.sampled_from([*KEYS.values(), "other"]), st.text()))
def test_what_is_believed_is_short_and_plain_and_of_the_list(entries: dict[str, Any]) -> None:
    context = Context()
    for key, value in entries.items():
        context = baggage.set_baggage(key, value, context)
    for field, value in claimed(context).items():
        assert field in KEYS
        assert 0 < len(value) <= LONGEST_VALUE
        assert value.isascii()
        assert value.isprintable()


@given(st.dictionaries(st.sampled_from(sorted(KEYS)), st.text()))
def test_what_is_sent_is_what_the_next_service_would_believe(claims: dict[str, str]) -> None:
    sent = with_claims(Context(), claims)
    assert claimed(with_claims(Context(), claimed(sent))) == claimed(sent)
    assert claimed(sent).items() <= claims.items()


def test_entries_of_ours_that_are_not_claimed_are_removed_and_others_stay() -> None:
    context = baggage.set_baggage(
        "otel_costing.team", "x", baggage.set_baggage("a", "b", Context())
    )
    assert baggage.get_all(with_claims(context, {})) == {"a": "b"}


def test_a_pseudonym_is_the_same_for_the_same_key_field_and_value_alone() -> None:
    one = pseudonym("user_id", "ann", "k")
    others = {
        pseudonym("user_id", "ann", "j"),
        pseudonym("session_id", "ann", "k"),
        pseudonym("user_id", "bob", "k"),
    }
    assert one == pseudonym("user_id", "ann", "k")
    assert one not in others
    assert len(others) == 3
    assert is_hash(one)


def test_without_a_key_there_is_no_pseudonym() -> None:
    with pytest.raises(ValueError, match="hash_key"):
        pseudonym("user_id", "ann", None)
