"""The packages of today, in processes of their own, against providers on loopback that remember what they billed."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal

import pytest

from otel_costing import semconv
from tests.live.billed import Billed
from tests.live.emitters import Emitter, emitters
from tests.live.environments import NotInstallableError
from tests.live.readings import as_billed, as_booked, as_priced, conflicting_ids
from tests.live.running import Applications, Observed
from tests.live.scenarios import NODE, SCENARIOS
from tests.live.stand_in import Run

EMITTERS = emitters()
FEWEST = 10
each_emitter = pytest.mark.parametrize("emitter", EMITTERS.values(), ids=lambda one: one.name)
each_run = pytest.mark.parametrize(
    ("emitter", "scenario"),
    [
        pytest.param(emitter, scenario, id=f"{emitter.name}-{scenario}")
        for emitter in EMITTERS.values()
        for scenario in SCENARIOS[emitter.calls]
    ],
)


@pytest.fixture
def observed(applications: Applications) -> Callable[[Emitter], Observed]:
    """What an emitter's application told; skips where it cannot be installed."""

    def observe(emitter: Emitter) -> Observed:
        try:
            return applications.observe(emitter)
        except NotInstallableError as reason:
            pytest.skip(f"{emitter.name} cannot be installed here: {reason}")

    return observe


@pytest.fixture
def billed(applications: Applications) -> Callable[[Emitter, str], list[Billed]]:
    """What the providers billed in one scenario."""
    return lambda emitter, scenario: applications.billed_in(Run(emitter.name, scenario))


@each_run
def test_every_call_is_priced_as_it_was_billed(
    observed: Callable[[Emitter], Observed],
    billed: Callable[[Emitter, str], list[Billed]],
    emitter: Emitter,
    scenario: str,
) -> None:
    """As far as its emitter tells of it: per meter and per call, by the rate of the model that answered."""
    spans = observed(emitter).spans[scenario]

    loss = emitter.loss_in(scenario)
    assert as_priced(spans) == as_billed(billed(emitter, scenario), loss), loss and loss.why


@each_run
def test_the_ledger_books_every_call_as_it_was_billed(
    observed: Callable[[Emitter], Observed],
    billed: Callable[[Emitter, str], list[Billed]],
    emitter: Emitter,
    scenario: str,
) -> None:
    """From the same spans, exported; it forgets what the application's own processor had made of them."""
    spans = observed(emitter).spans[scenario]

    loss = emitter.loss_to_the_ledger(scenario)
    assert as_booked(spans) == as_billed(billed(emitter, scenario), loss), loss and loss.why


@each_run
def test_a_receipt_is_the_sum_of_the_calls_made_under_it(
    observed: Callable[[Emitter], Observed], emitter: Emitter, scenario: str
) -> None:
    seen = observed(emitter)
    calls = as_priced(seen.spans[scenario])
    said = seen.receipts[scenario]

    assert said.total_usd == sum((one.usd for one in calls if one.usd is not None), Decimal(0))
    assert (said.calls, said.unpriced) == (len(calls), sum(one.usd is None for one in calls))


@pytest.mark.parametrize(
    "emitter",
    [one for one in EMITTERS.values() if NODE in SCENARIOS[one.calls]],
    ids=lambda one: one.name,
)
def test_what_a_node_says_of_itself_stands_on_its_call(
    observed: Callable[[Emitter], Observed], emitter: Emitter
) -> None:
    """Whatever context its emitter begins the call's span in."""
    calls = [
        span.attributes
        for span in observed(emitter).spans[NODE]
        if semconv.STATUS in span.attributes
    ]

    assert {said[semconv.AGENT] for said in calls} == {"triage"}


@each_run
def test_no_two_spans_of_one_response_contradict_each_other(
    observed: Callable[[Emitter], Observed], emitter: Emitter, scenario: str
) -> None:
    assert conflicting_ids(observed(emitter).spans[scenario]) == set()


@each_run
def test_no_scenario_fails(
    observed: Callable[[Emitter], Observed],
    billed: Callable[[Emitter, str], list[Billed]],
    emitter: Emitter,
    scenario: str,
) -> None:
    assert observed(emitter).receipts[scenario].failure is None

    answers = {"plain": 1, "parallel": 3, "twins": 3, "retried": 1, "refused": 0, "agent": 2}
    assert len(billed(emitter, scenario)) == answers.get(scenario, 1)


@each_emitter
def test_nothing_is_reached_beyond_this_machine(
    observed: Callable[[Emitter], Observed], emitter: Emitter
) -> None:
    assert observed(emitter).attempts == ()


def test_at_least_ten_emitters_are_installed_and_run(applications: Applications) -> None:
    ran = []
    for emitter in EMITTERS.values():
        try:
            applications.observe(emitter)
        except NotInstallableError:
            continue
        ran.append(emitter.name)

    assert len(ran) >= FEWEST, f"only {json.dumps(ran)}"


@each_emitter
def test_every_named_loss_is_of_a_scenario(emitter: Emitter) -> None:
    scenarios = SCENARIOS[emitter.calls]
    used = {id(emitter.loss_in(scenario)) for scenario in scenarios}

    assert [loss for loss in emitter.losses if id(loss) not in used] == []
