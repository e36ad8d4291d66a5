"""Two teams, an analyst and a gateway at one collector: whose a request id is, and what each token shows."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

import pytest

from otel_costing.clickhouse.promotions import promote
from tests.collector.rest.api import Api, bearer, event, problems_of, where
from tests.collector.rest.conftest import guarded, opened

WRAPPED = "SELECT call_id FROM findings WHERE trace_id = {trace_id:String} AND of_call_id != ''"


def total(api: Api, name: str, query: str) -> Any:
    return api.asked(f"costs?{query}", authorization=bearer(name))["total_usd"]


def test_a_request_id_is_its_teams(teams: Api) -> None:
    one = event(requestId="of-web")
    (call_id,) = teams.accepted(one, authorization=bearer("web-app"))
    assert teams.accepted(one, authorization=bearer("web-other")) == [call_id]
    assert teams.accepted(one, authorization=bearer("search-app")) != [call_id]
    teams.until_empty()

    for name, status in (("web-app", 200), ("search-app", 200), ("sender", 403)):
        reply = teams.get("requests/of-web/cost", authorization=bearer(name))
        assert reply.status == status
    others = "requests/of-web/cost?team=web"
    assert teams.get(others, authorization=bearer("search-app")).status == 403
    told = teams.asked(others, authorization=bearer("analyst"))
    assert told["callId"] == call_id


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("web-app", 200),
        ("web-other", 200),
        ("analyst", 200),
        ("search-app", 404),
        ("sender", 403),
        ("nobody", 401),
    ],
)
def test_a_call_is_shown_to_its_team_and_to_who_reads_all(
    teams: Api, name: str, status: int
) -> None:
    (call_id,) = teams.accepted(event(requestId="shown"), authorization=bearer("web-app"))
    teams.until_empty()

    for path in (f"calls/{call_id}", f"traces/{call_id}"):
        assert teams.get(path, authorization=bearer(name)).status == status


def test_what_waits_is_told_to_its_team_alone(directory: Path, tmp_path: Path) -> None:
    dsn = f"chdb://{directory}?database=rest_waits"
    unbooked = ("booking.linger_seconds=9999",)
    with opened(tmp_path, dsn, *unbooked, *guarded(tmp_path)) as api:
        one = event(requestId="waits")
        (call_id,) = api.accepted(one, authorization=bearer("web-app"))
        claimed = event(team="search", requestId="claimed")
        (claimed_id,) = api.accepted(claimed, authorization=bearer("everything"))
        path, other = f"calls/{call_id}", f"calls/{claimed_id}"
        seen = {
            name: tuple(
                api.get(where, authorization=bearer(name)).status for where in (path, other)
            )
            for name in ("web-app", "search-app", "analyst")
        }

    assert seen == {"web-app": (202, 404), "search-app": (404, 202), "analyst": (202, 202)}


def test_what_stands_for_a_call_is_told_to_who_sees_one_of_them(teams: Api) -> None:
    trace_id = secrets.token_hex(16)
    linked = {"traceId": trace_id, "spanId": "b" * 16, "responseId": f"chatcmpl-{trace_id}"}
    both = [event(requestId=f"{name}-{trace_id}", service=name, **linked) for name in "ab"]
    call_ids = teams.accepted(both, authorization=bearer("web-app"))
    teams.until_empty()
    teams.running.until(lambda: teams.rows(WRAPPED, trace_id=trace_id) != [])

    ((absorbed,),) = teams.rows(WRAPPED, trace_id=trace_id)
    assert absorbed in call_ids
    for name, status in (("web-app", 200), ("analyst", 200), ("search-app", 404)):
        assert teams.get(f"calls/{absorbed}", authorization=bearer(name)).status == status


def test_the_team_of_its_data_is_the_tokens_whatever_the_event_says(teams: Api) -> None:
    claimed = event(team="search", requestId="claimed")
    (call_id,) = teams.accepted(claimed, authorization=bearer("web-app"))
    teams.until_empty()

    (entry,) = teams.asked(f"calls/{call_id}", authorization=bearer("analyst"))["entries"]
    assert entry["team"] == "web"


def test_totals_of_a_team_hold_its_own_figures_alone(teams: Api) -> None:
    feature = f"totals-{secrets.token_hex(4)}"
    for name, tokens in (("web-app", 1000), ("search-app", 1_000_000)):
        one = event(feature=feature, usage={"input": tokens})
        teams.accepted(one, authorization=bearer(name))
    teams.until_empty()

    asked = where(f"feature={feature}")
    assert total(teams, "web-app", asked) == "0.002500000000"
    assert total(teams, "search-app", asked) == "2.500000000000"
    assert total(teams, "analyst", asked) == "2.502500000000"
    assert total(teams, "web-app", f"{asked}&{where('team=search')}") is None
    assert total(teams, "web-app", f"by=team&{asked}&pays=caller") == "0.002500000000"


def test_a_caller_sees_what_it_pays_for_in_anothers_code_and_not_what_is_only_claimed(
    teams: Api,
) -> None:
    feature = f"calls-{secrets.token_hex(4)}"
    root = event(feature=feature, requestId=f"root-{feature}", usage={"input": 4})
    (trace_id,) = teams.accepted(root, authorization=bearer("web-app"))
    beneath = {"traceId": trace_id, "spanId": trace_id[:16], "feature": feature}
    inner = event(**beneath, usage={"input": 40}, userId="u")
    claimed = event(feature=feature, usage={"input": 400}, originTeam="web", originFeature=feature)
    inner_id, claimed_id = teams.accepted([inner, claimed], authorization=bearer("search-app"))
    teams.until_empty()

    as_web = {"authorization": bearer("web-app")}
    assert teams.asked(f"calls/{inner_id}", **as_web)["net"]["total_usd"] == "0.000100000000"
    assert teams.get(f"calls/{claimed_id}", **as_web).status == 404
    asked = f"by=team&{where(f'feature={feature}')}"
    assert total(teams, "web-app", f"{asked}&pays=caller") == "0.000110000000"
    assert total(teams, "web-app", f"{asked}&pays=owner") == "0.000010000000"
    assert total(teams, "search-app", f"{asked}&pays=owner") == "0.001100000000"
    tree = teams.asked(f"traces/{trace_id}", **as_web)
    assert tree["total_usd"] == "0.000110000000"
    as_search = teams.asked(f"traces/{trace_id}", authorization=bearer("search-app"))
    assert as_search["total_usd"] == "0.000100000000"
    assert [one["team"] for one in as_search["roots"]] == ["search"]


@pytest.mark.parametrize("name", ["user_id", "customer_id", "session_id", "pod"])
@pytest.mark.parametrize("query", ["by={0}", "where={0}%3Du"])
def test_a_caller_cannot_break_its_costs_down_by_whom_the_owner_served(
    teams: Api, name: str, query: str
) -> None:
    promote(teams.store.connection, "k8s.pod.name", "pod")
    path = f"costs?pays=caller&{query.format(name)}"
    reply = teams.get(path, authorization=bearer("web-app"))

    assert reply.status == 422
    assert "pays=owner" in problems_of(reply)["by, where"]
    owned = f"costs?pays=owner&{query.format(name)}"
    assert teams.get(owned, authorization=bearer("web-app")).status == 200
    assert teams.get(path, authorization=bearer("analyst")).status == 200


def test_an_event_without_a_mandatory_tag_is_refused_before_anything_is_kept(teams: Api) -> None:
    good = event(environment="production", feature="summaries")
    bad = event(environment="production")
    before = teams.running.counted("accepted_items_total", signal="usage")
    reply = teams.post([good, bad], authorization=bearer("web-app"))

    assert reply.status == 422
    told = {"/1/feature": "is mandatory in environment production"}
    assert problems_of(reply) == told
    assert teams.running.counted("accepted_items_total", signal="usage") == before
    assert teams.post(good, authorization=bearer("web-app")).status == 202
    assert teams.post(event(environment="test"), authorization=bearer("web-app")).status == 202
