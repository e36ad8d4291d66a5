"""The file of tokens says who each is and what it may do; every mistake in it is told at once, and no token."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import pytest

from otel_costing.problems import Problem
from otel_costing_collector.identities import ANYBODY, LOCAL, Gateway, Identity, Permission
from otel_costing_collector.refusals import Refused
from otel_costing_collector.tokens import Tokens, tokens_from
from tests.cli.conftest import Command, command
from tests.collector.token_files import admitting

__all__ = ["command"]

TOKEN = "QzJ2nJp0v3kL8sT1xY6wB4rE9uH7gD5m"  # noqa: S105 - nobody's
SHA256 = hashlib.sha256(TOKEN.encode()).hexdigest()
SEND, READ_TEAM, READ_ALL, ADMIN = Permission


def read(tmp_path: Path, text: str) -> tuple[Tokens, list[str]]:
    """Return the tokens of a file and its problems, without the file's name."""
    file = tmp_path / "tokens.yaml"
    file.write_text(text)
    problems: list[Problem] = []
    tokens = tokens_from(str(file), "", problems)
    return tokens, [str(one).removeprefix(f"{file}:") for one in problems]


def identity(tmp_path: Path, text: str, token: str = TOKEN) -> Identity:
    """Return who a token of a file is that has no mistake."""
    tokens, problems = read(tmp_path, text)
    assert problems == []
    return tokens.identity_of(f"Bearer {token}")


@pytest.mark.parametrize(
    ("scopes", "granted", "team"),
    [
        (["send"], {SEND}, ""),
        (["team:search"], {SEND}, "search"),
        (["team:search", "send", "read:team"], {SEND, READ_TEAM}, "search"),
        (["team:search", "read:team"], {READ_TEAM}, "search"),
        (["team:Über uns"], {SEND}, "Über uns"),
        (["read:all"], {READ_ALL}, ""),
        (["admin"], {ADMIN}, ""),
        (["authoritative"], {SEND}, ""),
    ],
)
def test_a_token_may_do_what_its_scopes_grant_and_no_more(
    tmp_path: Path, scopes: list[str], granted: set[Permission], team: str
) -> None:
    """What only says whose its data is may send that; nothing else comes by itself."""
    found = identity(tmp_path, admitting(TOKEN, *scopes, name="search-backend"))

    assert (found.name, set(found.permissions), found.team) == ("search-backend", granted, team)
    assert found.is_authoritative == ("authoritative" in scopes)


@pytest.mark.parametrize(
    ("told", "gateway"),
    [
        ({"team_from": "acme.team"}, Gateway("acme.team", {})),
        ({"services": {"checkout": "payments"}}, Gateway("", {"checkout": "payments"})),
        (
            {"team_from": "acme.team", "services": {"a b: c": "x"}},
            Gateway("acme.team", {"a b: c": "x"}),
        ),
    ],
)
def test_a_gateway_says_whose_its_data_is_by_attribute_or_by_service(
    tmp_path: Path, told: Mapping[str, object], gateway: Gateway
) -> None:
    text = admitting(TOKEN, "gateway", "authoritative", name="edge", **told)  # type: ignore[arg-type]  # by case

    assert identity(tmp_path, text) == Identity("edge", frozenset({SEND}), "", gateway, True)


def test_two_tokens_of_one_name_are_one_sender_while_one_replaces_the_other(tmp_path: Path) -> None:
    text = admitting(TOKEN, "team:search") + admitting("another-token", "team:search")

    assert identity(tmp_path, text) == identity(tmp_path, text, "another-token")


ENTRY = f"- name: a\n  sha256: {SHA256}\n  scopes: "


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{TOKEN}\n", "1: is a list of tokens by name, sha256 and scopes, no longer of plain"),
        (f"# old\n{TOKEN}\nanother-old-one\n", "2: is a list of tokens by name, sha256 and scopes"),
        (
            f"- {TOKEN}\n",
            "1: a token is a mapping of name, sha256 and scopes; `otel-costing collect",
        ),
        ("[]\n", "1: holds no token; `otel-costing collect token` makes one"),
        (f"- name: a\n  sha256: {TOKEN}\n  scopes: [send]\n", "2: sha256 is the 64 hex digits"),
        (
            f"- name: {TOKEN}/\n  sha256: {SHA256}\n  scopes: [send]\n",
            "1: name is up to 64 letters",
        ),
        (f"- name: local\n  sha256: {SHA256}\n  scopes: [send]\n", "1: name is not 'local', which"),
        ("- name: a\n", "1: a token lacks sha256, scopes"),
        (f"- {TOKEN}: web\n", "1: a token has no key as here; the keys are name, sha256"),
        (f"- {TOKEN}: 1\n  {TOKEN}: 2\n", "2: a key stands twice; keep one"),
        (f"- !{TOKEN} web\n", "1: uses a tag; write a plain value"),
        (f"{ENTRY}[gateway]\n  team_from: {{{TOKEN}: a}}\n", "4: team_from has no key as here"),
        (f"{ENTRY}[{TOKEN}]\n", "3: each of scopes is one of team:NAME, gateway, authoritative"),
        (f"{ENTRY}[]\n", "3: scopes is a list of team:NAME, gateway, authoritative, send"),
        (f"{ENTRY}['team:']\n", "3: each of scopes is one of team:NAME"),
        (f"{ENTRY}['team:a', 'team:b']\n", "3: a token is bound to one team; make one for each"),
        (f"{ENTRY}['team:a', gateway]\n  services: {{b: c}}\n", "3: a token is of one team or a"),
        (f"{ENTRY}[gateway]\n", "3: a gateway needs team_from, services or both, to say whose"),
        (f"{ENTRY}[send]\n  services: {{b: c}}\n", "3: team_from and services are for the scope"),
        (
            f"{ENTRY}[gateway]\n  services: b\n",
            "4: services is a mapping of service names to teams",
        ),
        (f"{ENTRY}['read:team']\n", "3: read:team needs the team: add team:NAME"),
        (f"{ENTRY}[authoritative, admin]\n", "3: gateway and authoritative are about what is sent"),
        (f"{ENTRY}[send]\n{ENTRY}[send]\n", "4: this sha256 stands above already; a token has one"),
        (
            f"{ENTRY}[send]\n- name: a\n  sha256: {'0' * 64}\n  scopes: [admin]\n",
            "4: two tokens of one name are one sender: give both the same scopes and teams",
        ),
    ],
)
def test_a_mistake_is_told_by_line_and_no_token_with_it(
    tmp_path: Path, text: str, said: str
) -> None:
    _, problems = read(tmp_path, text)

    assert any(problem.startswith(said) for problem in problems), problems
    assert TOKEN not in "".join(problems)


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    _, problems = read(
        tmp_path, f"- name: a\n{ENTRY}[gateway]\n- name: b c\n  sha256: d\n  scopes: e\n"
    )

    assert [problem.partition(":")[0] for problem in problems] == ["1", "4", "5", "6", "7"]


def test_a_token_of_the_variable_may_send_and_says_no_more_of_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TOKENS_OF_THE_TEST", f"{TOKEN}, the-second-one-of-two")
    found = tokens_from("", "TOKENS_OF_THE_TEST", []).identity_of(f"Bearer {TOKEN}")

    assert found == Identity(f"token:{SHA256[:12]}", frozenset({SEND}))


def test_this_machines_token_may_do_everything_and_opens_nothing_for_others() -> None:
    local = Tokens().with_local("of-this-machine")

    assert local.identity_of("Bearer of-this-machine") == LOCAL
    assert local.identity_of("Bearer of-another") == ANYBODY
    with pytest.raises(Refused):
        Tokens((TOKEN,)).with_local("of-this-machine").identity_of("Bearer of-another")


def test_the_command_makes_a_token_that_its_lines_admit(tmp_path: Path, command: Command) -> None:
    asked = ("collect", "token", "--name", "edge", "--scope", "gateway", "--scope", "send")
    first = command(*asked, "--team-from", "acme.team", "--service", "checkout=payments")
    again = command(*asked, "--team-from", "acme.team", "--service", "checkout=payments")
    token, _, entry = first.out.partition("\n")

    found = identity(tmp_path, entry, token)
    assert found.gateway == Gateway("acme.team", {"checkout": "payments"})
    assert len(token) >= 43
    assert token not in entry
    assert again.out.partition("\n")[0] != token


def test_the_command_writes_a_team_as_the_file_reads_it(tmp_path: Path, command: Command) -> None:
    answer = command("collect", "token", "--name", "a", "--scope", 'team:Über "uns" \U0001f600')
    token, _, entry = answer.out.partition("\n")

    assert identity(tmp_path, entry, token).team == 'Über "uns" \U0001f600'


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--name", "a", "--scope", "everything"), "each of scopes is one of"),
        (("--name", "a", "--scope", "gateway"), "a gateway needs team_from"),
        (("--name", "a b", "--scope", "send"), "name is up to 64 letters"),
        (("--name", "a", "--scope", "gateway", "--service", "b"), "'b' is no SERVICE=TEAM"),
        (
            ("--name", "a", "--scope", "gateway", "--service", "b=c", "--service", "b=d"),
            "'b' is given two teams",
        ),
    ],
)
def test_the_command_makes_no_token_that_would_be_refused(
    command: Command, options: tuple[str, ...], said: str
) -> None:
    answer = command("collect", "token", *options)

    assert (answer.status, answer.out) == (2, "")
    assert said in answer.err
