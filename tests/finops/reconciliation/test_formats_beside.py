"""One bill in two formats is found; further accounts, months and providers are not taken for it."""

from __future__ import annotations

import pytest

from otel_costing.finops.reconciliation.formats_beside import Told, told_otherwise

CUR = Told("aws.bedrock", "111", "2026-10", "aws-cur", "cur.csv:2")
FOCUS = CUR._replace(format="focus", told_in="focus.csv:2")


@pytest.mark.parametrize(
    ("new", "standing", "is_found"),
    [
        ([FOCUS], [CUR], True),
        ([CUR, FOCUS], [], True),
        ([FOCUS._replace(account="")], [CUR], True),
        ([CUR, CUR._replace(told_in="cur.csv:3")], [CUR], False),
        ([FOCUS._replace(account="222")], [CUR], False),
        ([FOCUS._replace(month="2026-11")], [CUR], False),
        ([FOCUS._replace(provider="gcp.vertex_ai")], [CUR], False),
        ([FOCUS], [CUR._replace(format="")], False),
        ([], [CUR, FOCUS], False),
    ],
    ids=[
        "beside what was posted",
        "beside each other",
        "an account that is not said may be any",
        "the same format",
        "another account",
        "another month",
        "another provider",
        "posted before formats were kept",
        "both posted, and meant to be",
    ],
)
def test_two_formats_of_one_account_and_month_are_told(
    new: list[Told], standing: list[Told], *, is_found: bool
) -> None:
    both = told_otherwise(new, standing)

    assert (both is not None) is is_found
    if both is not None:
        assert {one.format for one in both} == {"aws-cur", "focus"}
