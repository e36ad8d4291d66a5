"""What a name in the spool stands for outlives its token, the process and the configuration."""

from __future__ import annotations

from pathlib import Path

import pytest

from otel_costing.attribution import Attribution
from otel_costing.batch import Examined
from otel_costing.mandatory_tags import Rule
from otel_costing.skeleton import skeleton_of
from otel_costing_collector.identities import Gateway, Identity, Permission
from otel_costing_collector.senders import SENDERS, Senders
from tests.calls import record, sighting

SEND = frozenset({Permission.SEND})
SEARCH = Identity("search-backend", SEND, "search")
EDGE = Identity("edge", SEND, gateway=Gateway("acme.team", {"assistant": "support"}))


def team_by(senders: Senders, name: str, said: str = "billing") -> str:
    """Return whose a call of `assistant` is that says it is of `said`, when `name` sends it."""
    span, attribution = record(), Attribution(team=said)
    told = Examined(skeleton_of(span, attribution), sighting(span, attribution=attribution))
    (one,) = senders.attributed([told], [span.resource], name)
    assert one.account is not None
    return one.account.attribution.team


def test_data_is_its_tokens_teams_after_the_token_was_withdrawn(tmp_path: Path) -> None:
    Senders(tmp_path / SENDERS).use([SEARCH, EDGE])
    later = Senders(tmp_path / SENDERS)
    later.use([])

    assert team_by(later, "search-backend") == "search"
    assert team_by(later, "edge") == "support"
    assert later.of("edge").gateway == EDGE.gateway


def test_what_is_configured_now_holds_for_all_that_a_name_sent(tmp_path: Path) -> None:
    senders = Senders(tmp_path / SENDERS)
    senders.use([SEARCH])
    senders.use([SEARCH._replace(team="find")])

    assert team_by(senders, "search-backend") == "find"


@pytest.mark.parametrize("name", ["", "local", "token:0123456789ab"])
def test_nobody_in_particular_is_taken_at_their_word(name: str) -> None:
    assert team_by(Senders(), name) == "billing"


def test_a_name_that_nobody_knows_charges_nobody() -> None:
    """A spool that came without what lies beside it."""
    assert team_by(Senders(), "somebody") == ""


def test_authorities_are_the_senders_that_are_so_now(tmp_path: Path) -> None:
    senders = Senders(tmp_path / SENDERS)
    senders.use([EDGE._replace(is_authoritative=True), SEARCH])
    assert senders.authorities == {"edge"}

    senders.use([SEARCH])
    assert senders.authorities == frozenset()


def test_a_disk_that_fails_changes_nothing(tmp_path: Path) -> None:
    senders = Senders(tmp_path / "none" / SENDERS)
    with pytest.raises(OSError, match="No such file"):
        senders.use([SEARCH])

    assert team_by(senders, "search-backend") == ""


def test_mandatory_tags_are_asked_of_the_team_that_the_token_says() -> None:
    """A claim is no team, and a token is."""
    senders = Senders()
    senders.use([SEARCH], {"*": Rule(("team",), quarantines=True, owner="x")})
    span = record()
    told = Examined(skeleton_of(span, Attribution()), sighting(span))

    (bound,) = senders.attributed([told], [{}], "search-backend")
    (free,) = senders.attributed([told], [{}], "")
    assert bound.account
    assert free.account
    assert bound.account.tags == ()
    assert dict(free.account.tags)["quarantine"] == "team"
