"""What an emitter's figures come to when nothing is counted twice."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_costing.figures import Contradiction, Disjoint, _disjoint, disjoint

COUNTS = st.integers(0, 10_000)


def split(
    input_mode: str = "inclusive", output_mode: str = "inclusive", **figures: int
) -> dict[str, int]:
    result = disjoint(figures, input_mode=input_mode, output_mode=output_mode)
    assert isinstance(result, Disjoint), result
    return result.quantities


@pytest.mark.parametrize(
    ("case", "modes", "figures", "expected"),
    [
        (
            "cached tokens inside the input are taken out of it",
            ("inclusive", "inclusive"),
            {"input": 1000, "cache_read": 300, "output": 200, "reasoning": 50},
            {"input": 700, "cache_read": 300, "output": 150, "reasoning": 50},
        ),
        (
            "an emitter that excludes the cache keeps its input whole",
            ("exclusive", "inclusive"),
            {"input": 1000, "cache_read": 300, "cache_write": 500, "output": 200},
            {"input": 1000, "cache_read": 300, "cache_write_5m": 500, "output": 200},
        ),
        (
            "lifetimes split the cache write",
            ("inclusive", "inclusive"),
            {
                "input": 1800,
                "cache_read": 300,
                "cache_write": 500,
                "cache_write_5m": 400,
                "cache_write_1h": 100,
                "output": 1,
            },
            {
                "input": 1000,
                "cache_read": 300,
                "cache_write_5m": 400,
                "cache_write_1h": 100,
                "output": 1,
            },
        ),
        (
            "one hour given alone leaves the rest to five minutes",
            ("inclusive", "inclusive"),
            {"input": 280, "cache_read": 60, "cache_write": 50, "cache_write_1h": 20, "output": 1},
            {
                "input": 170,
                "cache_read": 60,
                "cache_write_5m": 30,
                "cache_write_1h": 20,
                "output": 1,
            },
        ),
        (
            "a cache write of 0 beside lifetimes that know better yields to them",
            ("inclusive", "inclusive"),
            {"input": 180, "cache_read": 30, "cache_write": 0, "cache_write_5m": 40, "output": 21},
            {"input": 110, "cache_read": 30, "cache_write_5m": 40, "output": 21},
        ),
        (
            "cached audio without a figure of audio is all the audio there is",
            ("inclusive", "inclusive"),
            {"input": 100, "cache_read": 60, "cache_read_audio": 20, "output": 1},
            {"input": 40, "cache_read": 40, "cache_read_audio": 20, "output": 1},
        ),
        (
            "what shortening the conversation used is billed beside the call",
            ("inclusive", "inclusive"),
            {"input": 10, "output": 5, "compaction_input": 7000, "compaction_output": 300},
            {"input": 7010, "output": 305},
        ),
        (
            "an uncached part given beside proves the input inclusive",
            ("unknown", "inclusive"),
            {"input": 1000, "uncached": 700, "cache_read": 300, "output": 1},
            {"input": 700, "cache_read": 300, "output": 1},
        ),
        (
            "an uncached part as large as the input proves it exclusive",
            ("unknown", "inclusive"),
            {"input": 1000, "uncached": 1000, "cache_read": 300, "output": 1},
            {"input": 1000, "cache_read": 300, "output": 1},
        ),
        (
            "in an unknown dialect a cache larger than the input proves the input exclusive",
            ("unknown", "unknown"),
            {"input": 100, "cache_read": 300, "output": 20},
            {"input": 100, "cache_read": 300, "output": 20},
        ),
        (
            "a total that counts the cache beside the input proves the input exclusive",
            ("unknown", "unknown"),
            {"input": 1000, "cache_read": 300, "output": 200, "total": 1500},
            {"input": 1000, "cache_read": 300, "output": 200},
        ),
        (
            "such a total overrules even a dialect believed to be inclusive",
            ("inclusive", "inclusive"),
            {"input": 1000, "cache_read": 1300, "output": 200, "total": 2500},
            {"input": 1000, "cache_read": 1300, "output": 200},
        ),
        (
            "reasoning that only the total shows is what the total has more",
            ("inclusive", "from_total"),
            {"input": 170, "cache_read": 60, "output": 24, "total": 203},
            {"input": 110, "cache_read": 60, "output": 24, "reasoning": 9},
        ),
        (
            "what the total has more is not all reasoning where nobody says the input",
            ("inclusive", "from_total"),
            {"output": 200, "total": 9200},
            {"output": 200},
        ),
        (
            "disjoint figures are what they are, audio too",
            ("disjoint", "inclusive"),
            {"input": 5, "output": 3, "reasoning": 9, "input_audio": 70, "output_audio": 30},
            {"input": 5, "output": 3, "reasoning": 9, "input_audio": 70, "output_audio": 30},
        ),
        (
            "reasoning that the total counts beside the output is not inside it",
            ("inclusive", "inclusive"),
            {"input": 100, "output": 200, "reasoning": 50, "total": 350},
            {"input": 100, "output": 200, "reasoning": 50},
        ),
        (
            "audio, cached and not, is taken out of what contains it",
            ("inclusive", "inclusive"),
            {
                "input": 1000,
                "cache_read": 300,
                "input_audio": 250,
                "cache_read_audio": 50,
                "output": 90,
                "output_audio": 40,
            },
            {
                "input": 500,
                "cache_read": 250,
                "cache_read_audio": 50,
                "input_audio": 200,
                "output": 50,
                "output_audio": 40,
            },
        ),
    ],
)
def test_figures_are_split_into_disjoint_meters(
    case: str, modes: tuple[str, str], figures: dict[str, int], expected: dict[str, int]
) -> None:
    result = disjoint(figures, input_mode=modes[0], output_mode=modes[1])

    assert isinstance(result, Disjoint), case
    assert result.quantities == expected, case


@pytest.mark.parametrize(
    ("case", "modes", "figures"),
    [
        (
            "a cache larger than the input that contains it",
            ("inclusive", "inclusive"),
            {"input": 100, "cache_read": 300},
        ),
        (
            "reasoning larger than the output that contains it",
            ("inclusive", "inclusive"),
            {"input": 1, "output": 5, "reasoning": 9},
        ),
        (
            "lifetimes that sum to more than the write",
            ("inclusive", "inclusive"),
            {"input": 900, "cache_write": 10, "cache_write_5m": 20},
        ),
        (
            "a total beyond all disjoint figures",
            ("disjoint", "inclusive"),
            {"input": 100, "output": 50, "total": 1150},
        ),
        (
            "audio beyond the whole input",
            ("inclusive", "inclusive"),
            {"input": 10, "input_audio": 20},
        ),
        (
            "cached audio beyond all audio",
            ("inclusive", "inclusive"),
            {"input": 100, "cache_read": 60, "input_audio": 10, "cache_read_audio": 20},
        ),
        (
            "cached image beyond all image",
            ("inclusive", "inclusive"),
            {"input": 100, "cache_read": 60, "input_image": 10, "cache_read_image": 20},
        ),
    ],
)
def test_figures_that_cannot_all_be_true_are_a_contradiction(
    case: str, modes: tuple[str, str], figures: dict[str, int]
) -> None:
    result = disjoint(figures, input_mode=modes[0], output_mode=modes[1])

    assert isinstance(result, Contradiction), case


def test_a_cache_write_without_lifetime_is_five_minutes_and_says_so() -> None:
    result = disjoint(
        {"input": 100, "cache_write": 40, "output": 1},
        input_mode="inclusive",
        output_mode="inclusive",
    )

    assert isinstance(result, Disjoint)
    assert result.quantities["cache_write_5m"] == 40
    assert result.assumptions == ("assumed_cache_ttl",)


def test_a_cache_inside_the_input_of_an_unknown_emitter_is_an_assumption() -> None:
    result = disjoint(
        {"input": 100, "cache_read": 40, "output": 1}, input_mode="unknown", output_mode="unknown"
    )

    assert isinstance(result, Disjoint)
    assert result.assumptions == ("dialect_unverified",)


@pytest.mark.parametrize(
    ("figures", "assumptions"),
    [
        ({"input": 10, "output": 200, "reasoning": 50}, ("dialect_unverified",)),
        ({"input": 10, "output": 200, "reasoning": 50, "total": 210}, ()),
        ({"input": 10, "output": 200, "reasoning": 50, "total": 260}, ()),
        ({"input": 10, "output": 20, "reasoning": 50}, ()),
        ({"input": 10, "output": 20}, ()),
    ],
)
def test_reasoning_of_an_unknown_emitter_is_an_assumption_unless_proved(
    figures: dict[str, int], assumptions: tuple[str, ...]
) -> None:
    result = disjoint(figures, input_mode="unknown", output_mode="unknown")

    assert isinstance(result, Disjoint)
    assert result.assumptions == assumptions


@pytest.mark.parametrize(
    ("figures", "assumptions"),
    [
        ({"input": 1000, "cache_read": 300, "output": 1}, ()),
        ({"input": 1000, "cache_read": 300, "output": 1, "total": 1301}, ()),
        ({"input": 1000, "cache_read": 300, "output": 1, "total": 1001}, ("dialect_unverified",)),
        ({"input": 1000, "cache_read": 1300, "output": 1, "total": 1001}, ()),
    ],
)
def test_an_exclusive_emitter_whose_total_leaves_out_the_cache_is_unverified(
    figures: dict[str, int], assumptions: tuple[str, ...]
) -> None:
    result = disjoint(figures, input_mode="exclusive", output_mode="inclusive")

    assert isinstance(result, Disjoint)
    assert result.quantities["input"] == 1000
    assert result.assumptions == assumptions


def test_a_total_that_fits_verifies_an_unknown_emitter() -> None:
    figures = {"input": 100, "cache_read": 40, "output": 1, "total": 101}
    result = disjoint(figures, input_mode="unknown", output_mode="unknown")

    assert isinstance(result, Disjoint)
    assert result.assumptions == ()


@given(st.tuples(COUNTS, COUNTS, COUNTS, COUNTS, COUNTS, COUNTS))
def test_however_an_emitter_nests_its_figures_the_same_call_comes_out(
    true: tuple[int, int, int, int, int, int],
) -> None:
    """Inclusive and exclusive spellings of one call are one usage."""
    fresh, read, for_5m, for_1h, visible, reasoning = true
    meters = {
        "input": fresh,
        "cache_read": read,
        "cache_write_5m": for_5m,
        "cache_write_1h": for_1h,
        "output": visible,
        "reasoning": reasoning,
    }
    expected = {meter: quantity for meter, quantity in meters.items() if quantity}
    cache = {
        "cache_read": read,
        "cache_write": for_5m + for_1h,
        "cache_write_5m": for_5m,
        "cache_write_1h": for_1h,
    }
    whole = fresh + read + for_5m + for_1h

    inclusive = split(
        "inclusive",
        "inclusive",
        input=whole,
        output=visible + reasoning,
        reasoning=reasoning,
        **cache,
    )
    exclusive = split(
        "exclusive", "exclusive", input=fresh, output=visible, reasoning=reasoning, **cache
    )

    assert inclusive == expected
    assert exclusive == expected


@given(
    st.dictionaries(
        st.sampled_from(
            [
                "input",
                "output",
                "total",
                "cache_read",
                "cache_write",
                "cache_write_5m",
                "cache_write_1h",
                "reasoning",
                "input_audio",
                "cache_read_audio",
            ]
        ),
        COUNTS,
    ),
    st.sampled_from(["inclusive", "exclusive", "disjoint", "unknown"]),
    st.sampled_from(["inclusive", "exclusive", "from_total", "unknown"]),
)
def test_no_figures_ever_yield_a_negative_quantity(
    figures: dict[str, int], input_mode: str, output_mode: str
) -> None:
    result = disjoint(figures, input_mode=input_mode, output_mode=output_mode)

    if isinstance(result, Disjoint):
        assert all(quantity > 0 for quantity in result.quantities.values())


FEW = st.integers(0, 4)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "input": FEW,
            "output": FEW,
            "total": st.integers(0, 9),
            "cache_read": FEW,
            "reasoning": FEW,
            "cache_write": FEW,
        },
    )
)
def test_the_short_way_of_the_usual_figures_comes_to_the_same(figures: dict[str, int]) -> None:
    short = disjoint(figures, input_mode="inclusive", output_mode="inclusive")
    whole = _disjoint(figures, "inclusive", "inclusive")

    assert short == whole
    if isinstance(short, Disjoint) and isinstance(whole, Disjoint):
        assert list(short.quantities) == list(whole.quantities)
