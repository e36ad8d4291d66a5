"""What an emitter's figures come to when nothing is counted twice: pure arithmetic over one call's counts.

Whether input contains the cached tokens, and output the reasoning tokens, is the emitter's habit (`Dialect`),
verified wherever a total or an impossible remainder settles it. Nothing is clamped: a remainder below zero
is a contradiction.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


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


def disjoint(
    figures: Mapping[str, int], *, input_mode: str, output_mode: str
) -> Disjoint | Contradiction:
    """Split the figures of one call into meters.

    Args:
        figures: what the span says, by field of `dialects.yaml` (`input`, `output`, `total`, `cache_read`, ...).
        input_mode: `inclusive`, `exclusive` or `unknown`; see `Dialect.input`.
        output_mode: `inclusive`, `exclusive`, `from_total` or `unknown`; see `Dialect.output`.
    """
    if input_mode == output_mode == "inclusive" and _USUAL.issuperset(figures):
        usual = _usual(figures)
        if usual is not None:
            return usual
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
    return _assemble(figures, cache, uncached_input, output, verified=verified)


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
    if mode == "exclusive" or _total_says_exclusive(figures, cached):
        return given, True
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


def _output(
    figures: Mapping[str, int], whole_input: int, mode: str
) -> tuple[int, int] | Contradiction:
    """Return the visible output and the reasoning."""
    given = figures.get("output", 0)
    reasoning = figures.get("reasoning", 0)
    total = figures.get("total")
    beyond = None if total is None else total - whole_input - given
    if mode == "from_total" and reasoning == 0 and beyond is not None and beyond >= 0:
        return given, beyond
    if mode in ("exclusive", "from_total") or reasoning == 0:
        return given, reasoning
    if beyond == reasoning:
        return given, reasoning
    if reasoning <= given:
        return given - reasoning, reasoning
    if mode == "unknown":
        return given, reasoning
    return Contradiction(
        f"{reasoning} reasoning tokens are more than the output of {given} that contains them"
    )


def _assemble(
    figures: Mapping[str, int],
    cache: _Cache,
    uncached_input: int,
    output: tuple[int, int],
    *,
    verified: bool,
) -> Disjoint | Contradiction:
    visible, reasoning = output
    quantities = {
        "input": uncached_input,
        "cache_read": cache.read,
        "cache_write_5m": cache.write_5m,
        "cache_write_1h": cache.write_1h,
        "output": visible,
        "reasoning": reasoning,
    }
    if not _BESIDE_TEXT.isdisjoint(figures):
        _take_apart(quantities, figures)
    if min(quantities.values()) < 0:
        below = [meter for meter, quantity in quantities.items() if quantity < 0]
        return Contradiction(f"the parts of {', '.join(below)} are more than the whole")
    return Disjoint(
        {m: q for m, q in quantities.items() if q}, _assumptions(figures, cache, verified=verified)
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


def _take_apart(quantities: dict[str, int], figures: Mapping[str, int]) -> None:
    """Give audio and images, which the whole contains, meters of their own, and searches theirs."""
    read_audio, read_image = figures.get("cache_read_audio", 0), figures.get("cache_read_image", 0)
    audio = max(figures.get("input_audio", 0) - read_audio, 0)
    image = max(figures.get("input_image", 0) - read_image, 0)
    said_audio, said_image = figures.get("output_audio", 0), figures.get("output_image", 0)
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
