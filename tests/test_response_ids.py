"""Which ids identify a response."""

from __future__ import annotations

import pytest

from otel_costing.response_ids import identifies


@pytest.mark.parametrize(
    ("response_id", "is_identity"),
    [
        ("chatcmpl-CR1aXb9ZkPqTr2uYwV3s4Ft5", True),
        ("msg_01XFDUDYJgAACzvnptvVoYEL", True),
        ("resp_68e1b2c3d4e5f60718293a4b", True),
        ("3f2504e0-4f89-41d3-9a0c-0305e82c3301", True),
        ("0123456789012345", True),
        ("chatcmpl-123", False),
        ("chatcmpl-123456789", False),
        ("msg_0083", False),
        ("", False),
    ],
)
def test_a_providers_id_identifies_and_a_counter_does_not(
    response_id: str, *, is_identity: bool
) -> None:
    assert identifies(response_id) is is_identity
