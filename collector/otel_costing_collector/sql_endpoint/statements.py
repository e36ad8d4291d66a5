"""A text -> the statement that runs: parsed by the engine, examined, and written anew from what was examined.

The engine's own words for a tree are what runs, never the client's: comments, second statements and whatever else a text
may hold beside its tree are gone, and the text is parsed once more to see that it says that very tree.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import NamedTuple

from otel_costing_collector.sql_endpoint.engine import Engine
from otel_costing_collector.sql_endpoint.examination import SELECT, Examiner
from otel_costing_collector.sql_endpoint.names import Node
from otel_costing_collector.sql_endpoint.policy import Function, Functions, Policy
from otel_costing_collector.sql_endpoint.refusals import SqlRefused, not_a_question

LARGEST_TEXT = 256 * 1024
"""Characters of one question, as a server's `max_query_size`."""
_NO_TREE = "not supported by parseQueryToJSON"
_OF_TABLE = re.compile(
    r"(?P<verb>DESCRIBE TABLE|EXISTS TABLE|EXISTS VIEW|SHOW CREATE TABLE|SHOW CREATE VIEW)"
    r" (?:(?P<database>\w+)\.)?(?P<table>\w+)(?: FORMAT (?P<format>\w+))?",
    re.ASCII,
)
"""Statements of a table that the engine tells no tree of, as it writes them."""
_DESCRIBE = "DESCRIBE TABLE "
_SELECT_ALL = "SELECT * FROM "


class Statement(NamedTuple):
    """What may run."""

    sql: str
    settings: Mapping[str, str]
    output_format: str
    """Empty where it names none."""
    is_select: bool = False


class Statements:
    """Makes statements of texts, for one ledger."""

    def __init__(self, engine: Engine, policy: Policy, database: str) -> None:
        """Ask the engine what it knows.

        Raises:
            SqlRefused: the engine is too old to tell syntax trees.
        """
        self._engine = engine
        engine.look_up("syntax_tree", {"text": "SELECT 1"})
        known = [Function(*row) for row in engine.look_up("functions")]
        combinators = [str(row[0]) for row in engine.look_up("combinators")]
        self._examiner = Examiner(policy, Functions(policy, known, combinators), database)

    def of(self, text: str, parameters: Mapping[str, str]) -> Statement:
        """Return what runs.

        Args:
            text: what the client asks.
            parameters: by name, as it sent them.

        Raises:
            SqlRefused: it is no question, or one that may not be asked.
        """
        if len(text) > LARGEST_TEXT:
            raise SqlRefused(
                62, "SYNTAX_ERROR", f"a question has at most {LARGEST_TEXT} characters"
            )
        try:
            return self._of_tree(self._tree(text), parameters)
        except SqlRefused as refused:
            if _NO_TREE not in refused.message:
                raise
        except RecursionError:
            raise SqlRefused(167, "TOO_DEEP_AST", "the question is nested too deep") from None
        return self._without_tree(text, parameters)

    def _tree(self, text: str) -> Node:
        tree: Node = json.loads(self._engine.look_up("syntax_tree", {"text": text})[0][0])
        return tree

    def _of_tree(self, tree: Node, parameters: Mapping[str, str]) -> Statement:
        asked = self._examiner.examine(tree, parameters)
        is_select = tree["type"] == SELECT
        return Statement(self._written(tree), asked.settings, asked.output_format, is_select)

    def _written(self, tree: Node) -> str:
        [[text, told]] = self._engine.look_up("text_of_tree", {"tree": json.dumps(tree)})
        if json.loads(told) != tree:
            raise SqlRefused(
                48, "NOT_IMPLEMENTED", "the engine reads its own words for this question otherwise"
            )
        return str(text)

    def _without_tree(self, text: str, parameters: Mapping[str, str]) -> Statement:
        canonical = str(self._engine.look_up("canonical_text", {"text": text})[0][0])
        match = _OF_TABLE.fullmatch(canonical)
        if match is not None:
            self._examiner.judge_table([part for part in match.group("database", "table") if part])
            named = match["format"]
            return Statement(canonical.removesuffix(f" FORMAT {named}"), {}, named or "")
        if canonical.startswith(_DESCRIBE):
            # A text to be parsed, and examined like any other.
            question = self._tree(_SELECT_ALL + canonical.removeprefix(_DESCRIBE))
            inner = self._of_tree(question, parameters)
            return inner._replace(sql=f"{_DESCRIBE}({inner.sql})", is_select=False)
        raise not_a_question(canonical.partition(" ")[0])
