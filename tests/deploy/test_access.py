"""Roles, row policies and quotas of a server: parsed here, and their conditions enforced by the embedded engine."""

from __future__ import annotations

import re
from pathlib import Path

from otel_costing.clickhouse.connection import connect
from otel_costing.clickhouse.sql import VIEWS, views
from tests.deploy.one_node import asked, limited
from tests.deploy.seeded import VISIBLE_TO_RESEARCH
from tests.deploy.sql_files import DEPLOY, SHIPPED, statements

ACCESS = DEPLOY / "clickhouse" / "access.sql"
TEAM = DEPLOY / "clickhouse" / "team_access.sql"
_POLICY = re.compile(
    r"CREATE ROW POLICY .* ON otel_costing\.(\w+)\s+FOR SELECT USING (.*?)\s+TO ", re.DOTALL
)


def granted_to_team() -> set[str]:
    return set(re.findall(r"GRANT SELECT ON otel_costing\.(\w+)", TEAM.read_text("utf-8")))


def conditions() -> dict[str, str]:
    """What a reader of one team sees of each table."""
    found = (_POLICY.match(one) for one in statements(TEAM))
    return {policy[1]: policy[2] for policy in found if policy}


def test_the_engine_reads_every_statement(dsn: str) -> None:
    engine = connect(dsn, create=True)
    try:
        for statement in [one for path in SHIPPED for one in statements(path)]:
            assert engine.query("SELECT formatQuery({sql:String})", {"sql": statement}).rows[0][0]
    finally:
        engine.close()


def test_a_reader_of_one_team_sees_what_it_ran_and_what_it_caused(
    seeded: Path, tmp_path: Path
) -> None:
    """By the views that people query, with the totals that a reader of everything gets for the same calls."""
    questions = [
        "SELECT call_id FROM otel_costing.costs ORDER BY call_id",
        "SELECT call_id FROM otel_costing.costs WHERE team = 'research' OR origin_team = 'research' ORDER BY call_id",
        "SELECT call_id, origin_team, total_usd FROM otel_costing.costs WHERE team = 'research' OR origin_team = 'research' ORDER BY call_id",
        "SELECT sum(calls), sum(usd) FROM otel_costing.rollup_daily WHERE team = 'research' OR origin_team = 'research'",
        "SELECT sum(calls), sum(usd) FROM otel_costing.rollup_daily",
    ]
    plain = tmp_path / "plain.xml"
    plain.write_text("<clickhouse/>")
    everything = asked(seeded, plain, questions)
    theirs = asked(seeded, limited(tmp_path, "otel_costing", conditions()), questions)

    assert len(everything[0]) == 6
    assert theirs[0] == theirs[1] == everything[1]
    assert len(theirs[0]) == VISIBLE_TO_RESEARCH
    assert theirs[2:4] == everything[2:4]
    assert theirs[4] == everything[3]


def test_a_team_may_read_all_that_its_views_are_made_of() -> None:
    """A view asks with the rights of who queries it: a table that is not granted makes it fail."""
    made_of = dict(zip(VIEWS, views(), strict=True))
    granted = granted_to_team()

    for name in granted & made_of.keys():
        read = set(re.findall(r"\b(?:FROM|JOIN) (\w+)", made_of[name]))
        of_tables = {one for one in read if one in known_tables() or one in made_of}
        assert of_tables <= granted, name


def known_tables() -> set[str]:
    return set(
        re.findall(
            r"TABLE IF NOT EXISTS (\w+)",
            (DEPLOY / "clickhouse/cluster/replicated.sql").read_text("utf-8"),
        )
    )


def test_what_a_team_may_read_is_limited_to_its_rows() -> None:
    """All but the views, which are limited by their tables, and three.

    The list of a rollup's buildings names nobody, nor does that of promoted attributes; frozen roots are those of all
    traces, as they are seen in `spans`.
    """
    named_nobody = {"rollup_builds", "promoted_attributes"}
    tables = granted_to_team() - set(VIEWS) - named_nobody - {"frozen_roots"}

    assert tables == conditions().keys()


def test_who_sees_everything_keeps_seeing_it_once_a_team_has_a_policy() -> None:
    everybody = {
        policy[1]
        for one in statements(ACCESS)
        if (policy := _POLICY.match(one)) and policy[2] == "1"
    }

    assert everybody == conditions().keys()


def test_nobody_but_the_owner_may_change_what_was_booked() -> None:
    grants = [one for one in statements(ACCESS) if one.startswith("GRANT") and "ALTER" in one]
    of_others = [one for one in grants if not one.endswith("TO otel_costing_owner")]

    assert all("ALTER DELETE ON otel_costing.rollup_" in one for one in of_others)
    assert not any(re.search(r"\b(DROP TABLE|TRUNCATE|ALL)\b", one) for one in grants)
