"""The SQL of the store: each question whole, with what several have in common in it."""

from __future__ import annotations

import re
from importlib import resources

import pytest

from otel_costing.clickhouse.sql import query_text, views

STORE = resources.files("otel_costing.clickhouse")
QUERIES, VIEWS = STORE.joinpath("queries"), STORE.joinpath("schema", "views")
NAMES = sorted(one.name.removesuffix(".sql") for one in QUERIES.iterdir() if one.is_file())
PARTS = {one.name.removesuffix(".sql") for one in QUERIES.joinpath("parts").iterdir()}
PLACE = re.compile(r"\{\{(.*?)\}\}")


def test_every_part_stands_in_several_questions_or_views() -> None:
    files = [one for folder in (QUERIES, VIEWS) for one in folder.iterdir() if one.is_file()]
    named = [place for file in files for place in PLACE.findall(file.read_text("utf-8"))]

    assert set(named) == PARTS
    assert [part for part in PARTS if named.count(part) < 2] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_question_that_is_asked_has_all_of_its_parts(name: str) -> None:
    assert PLACE.findall(query_text(name)) == []


def test_views_have_all_of_their_parts() -> None:
    assert [view for view in views() if PLACE.findall(view)] == []


@pytest.mark.parametrize("name", ["no_such_question", "../sql", "parts/conditions", ""])
def test_what_is_no_question_is_not_looked_for_elsewhere(name: str) -> None:
    with pytest.raises(KeyError, match="there is no query"):
        query_text(name)
