"""What an emitter's figures come to when nothing is counted twice: pure arithmetic over one call's counts.

Whether input contains the cached tokens, and output the reasoning tokens, is the emitter's habit (`Dialect`),
verified wherever a total or an impossible remainder settles it. Nothing is clamped: a remainder below zero
is a contradiction.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

ESTIMATED = "estimated_usage"
"""The assumption of a call whose figures are its emitter's guess, or may be."""


class Disjoint(NamedTuple):
    """Quantities by meter that do not overlap, and what had to be assumed to get them."""

    quantities: dict[str, int]
    assumptions: tuple[str, ...]


class Contradiction(NamedTuple):
    """Figures that cannot all be true."""

    why: str


class _Cache(NamedTuple):
    read: int
    write_5m: int
    write_1h: int
    assumed_lifetime: bool = False


class _Output(NamedTuple):
    visible: int
    reasoning: int
    verified: bool = True


def disjoint(
    figures: Mapping[str, int], *, input_mode: str, output_mode: str
) -> Disjoint | Contradiction:
    """Split the figures of one call into meters.

    Args:
        figures: what the span says, by field of `dialects.yaml` (`input`, `output`, `total`, `cache_read`, ...).
        input_mode: `inclusive`, `exclusive` or `unknown`; see `Dialect.input`. `disjoint`: no figure contains another,
            neither of input nor of output.
        output_mode: `inclusive`, `exclusive`, `from_total` or `unknown`; see `Dialect.output`.
    """
    if input_mode == output_mode == "inclusive" and _USUAL.issuperset(figures):
        usual = _usual(figures)
        if usual is not None:
            return usual
    if input_mode == "disjoint":
        return _apart(figures)
    return _disjoint(figures, input_mode, output_mode)


_USUAL = frozenset(("input", "output", "total", "cache_read", "reasoning"))


def _usual(figures: Mapping[str, int]) -> Disjoint | None:
    """Split what most emitters send as `_disjoint` would, None where it takes more to tell."""
    given, output = figures.get("input", -1), figures.get("output", 0)
    cached, reasoning = figures.get("cache_read", 0), figures.get("reasoning", 0)
    if (
        cached > given
        or reasoning > output
        or figures.get("total", given + output) != given + output
    ):
        return None
    quantities = {}
    if given != cached:
        quantities["input"] = given - cached
    if cached:
        quantities["cache_read"] = cached
    if output != reasoning:
        quantities["output"] = output - reasoning
    if reasoning:
        quantities["reasoning"] = reasoning
    return Disjoint(quantities, ())


def _disjoint(
    figures: Mapping[str, int], input_mode: str, output_mode: str
) -> Disjoint | Contradiction:
    cache = _cache(figures)
    if isinstance(cache, Contradiction):
        return cache
    cached = cache.read + cache.write_5m + cache.write_1h
    uncached = _uncached(figures, cached, input_mode)
    if isinstance(uncached, Contradiction):
        return uncached
    uncached_input, verified = uncached
    output = _output(figures, uncached_input + cached, output_mode)
    if isinstance(output, Contradiction):
        return output
    contains = input_mode != "disjoint"
    return _assemble(figures, cache, uncached_input, output, contains=contains, verified=verified)


def _apart(figures: Mapping[str, int]) -> Disjoint | Contradiction:
    """Take figures of which none contains another as they are, unless the total knows better."""
    split = _disjoint(figures, "disjoint", "exclusive")
    total = figures.get("total")
    if not total or isinstance(split, Contradiction) or not split.quantities:
        return split
    known = sum(split.quantities.values()) - split.quantities.get("web_search", 0)
    if total == known:
        return split
    if total > known:
        return Contradiction(
            f"{total - known} of {total} tokens stand under names that are not known"
        )
    within = _disjoint(figures, "inclusive", "inclusive")
    if _total_says_inclusive(figures) and isinstance(within, Disjoint):
        return _unverified(within)
    return _unverified(split)


def _unverified(split: Disjoint) -> Disjoint:
    named = dict.fromkeys(("dialect_unverified", *split.assumptions))
    return split._replace(assumptions=tuple(named))


def _cache(figures: Mapping[str, int]) -> _Cache | Contradiction:
    read = figures.get("cache_read", 0)
    write = figures.get("cache_write", 0)
    for_5m, for_1h = figures.get("cache_write_5m"), figures.get("cache_write_1h")
    if for_5m is None and for_1h is None:
        return _Cache(read, write, 0, write > 0)
    known = (for_5m or 0) + (for_1h or 0)
    if write in {0, known}:
        return _Cache(read, for_5m or 0, for_1h or 0)
    if known > write:
        return Contradiction(
            f"cache writes of {known} by lifetime are more than the {write} of the call"
        )
    if for_5m is None:
        return _Cache(read, write - known, known)
    return _Cache(read, write - (for_1h or 0), for_1h or 0, assumed_lifetime=True)


def _uncached(
    figures: Mapping[str, int], cached: int, mode: str
) -> tuple[int, bool] | Contradiction:
    """Return the uncached input, and whether something proved it."""
    given = figures.get("input", 0)
    if cached == 0:
        return given, True
    if figures.get("uncached") == given - cached:
        return given - cached, True
    is_proved = figures.get("uncached") == given or _total_says_exclusive(figures, cached)
    if is_proved or mode in {"exclusive", "disjoint"}:
        # A total without the cache is no proof against it: who leaves it out of input leaves it out of the sum too.
        return given, is_proved or cached > given or not _total_says_inclusive(figures)
    if cached > given:
        if mode == "unknown":
            return given, True
        return Contradiction(
            f"{cached} cached tokens are more than the input of {given} that contains them"
        )
    return given - cached, mode == "inclusive" or _total_says_inclusive(figures)


def _total_says_exclusive(figures: Mapping[str, int], cached: int) -> bool:
    total = figures.get("total")
    if total is None:
        return False
    outside = total - figures.get("input", 0) - figures.get("output", 0)
    reasoning = figures.get("reasoning", 0)
    return outside in (cached, cached + reasoning) and outside not in (0, reasoning)


def _total_says_inclusive(figures: Mapping[str, int]) -> bool:
    total = figures.get("total")
    if total is None:
        return False
    return total - figures.get("input", 0) - figures.get("output", 0) in (
        0,
        figures.get("reasoning", 0),
    )


def _output(figures: Mapping[str, int], whole_input: int, mode: str) -> _Output | Contradiction:
    given = figures.get("output", 0)
    reasoning = figures.get("reasoning", 0)
    total = figures.get("total")
    beyond = None if total is None else total - whole_input - given
    if mode == "from_total" and reasoning == 0 and beyond is not None and beyond >= 0:
        # Without input the total has the prompt more, and what of it was reasoning nobody knows.
        return _Output(given, beyond if "input" in figures else 0)
    if mode in ("exclusive", "from_total") or reasoning in (0, beyond):
        return _Output(given, reasoning)
    if reasoning <= given:
        return _Output(given - reasoning, reasoning, mode == "inclusive" or beyond == 0)
    if mode == "unknown":
        return _Output(given, reasoning)
    return Contradiction(
        f"{reasoning} reasoning tokens are more than the output of {given} that contains them"
    )


def _assemble(
    figures: Mapping[str, int],
    cache: _Cache,
    uncached_input: int,
    output: _Output,
    *,
    contains: bool,
    verified: bool,
) -> Disjoint | Contradiction:
    quantities = {
        "input": uncached_input + figures.get("compaction_input", 0),
        "cache_read": cache.read,
        "cache_write_5m": cache.write_5m,
        "cache_write_1h": cache.write_1h,
        "output": output.visible + figures.get("compaction_output", 0),
        "reasoning": output.reasoning,
    }
    if not _BESIDE_TEXT.isdisjoint(figures):
        _take_apart(quantities, figures, contains=contains)
    if min(quantities.values()) < 0:
        below = [meter for meter, quantity in quantities.items() if quantity < 0]
        return Contradiction(f"the parts of {', '.join(below)} are more than the whole")
    return Disjoint(
        {meter: quantity for meter, quantity in quantities.items() if quantity},
        _assumptions(figures, cache, verified=verified and output.verified),
    )


_BESIDE_TEXT = frozenset(
    (
        "input_audio",
        "input_image",
        "cache_read_audio",
        "cache_read_image",
        "output_audio",
        "output_image",
        "web_search",
    )
)


def _take_apart(quantities: dict[str, int], figures: Mapping[str, int], *, contains: bool) -> None:
    """Give audio and images, out of the whole where it contains them, meters of their own, and searches theirs."""
    read_audio, read_image = figures.get("cache_read_audio", 0), figures.get("cache_read_image", 0)
    audio = figures.get("input_audio", read_audio) - read_audio
    image = figures.get("input_image", read_image) - read_image
    said_audio, said_image = figures.get("output_audio", 0), figures.get("output_image", 0)
    if contains:
        quantities["input"] -= audio + image
        quantities["cache_read"] -= read_audio + read_image
        quantities["output"] -= said_audio + said_image
    quantities |= {
        "input_audio": audio,
        "input_image": image,
        "cache_read_audio": read_audio,
        "cache_read_image": read_image,
        "output_audio": said_audio,
        "output_image": said_image,
        "web_search": figures.get("web_search", 0),
    }


def _assumptions(figures: Mapping[str, int], cache: _Cache, *, verified: bool) -> tuple[str, ...]:
    if verified and not cache.assumed_lifetime and "input" in figures:
        return ()
    named = []
    if not verified:
        named.append("dialect_unverified")
    if cache.assumed_lifetime:
        named.append("assumed_cache_ttl")
    if "input" not in figures and figures.get("output"):
        named.append("missing_input")
    return tuple(named)
