"""The questions of `docs/queries.md` are asked over HTTP as the page says, and nothing in them is refused."""

from __future__ import annotations

import pytest

from tests.collector.sql_endpoint.conftest import Asked
from tests.queries_page import ASKED, QUESTIONS, parameters_of


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_documented_question_is_answered_over_http(asked: Asked, question: str) -> None:
    named = {f"param_{name}": value for name, value in parameters_of(question, ASKED).items()}

    asked.told(QUESTIONS[question], **named)
