"""Names as they appear in the wild -> one canonical provider and model, by `rates/names.yaml`.

An exact name always beats a pattern; nothing is matched by resemblance.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from otel_costing.problems import Problem
from otel_costing.rate_book.located_yaml import Listed, Mapped, Value
from otel_costing.rate_book.yaml_fields import Fields

_LONGEST_NAME = 300
_PATTERN_KEYS = {"pattern": True, "providers": False, "why": True}
_NAMES_KEYS = {"providers": True, "tiers": True, "patterns": True, "corrections": False}
_CORRECTION_KEYS = {"names": True, "correction": True}
# Look-around, back references and possessive or atomic groups: not in RE2, which later evaluates this table.
_NOT_RE2 = re.compile(r"\(\?(?:[=!>]|<[=!]|P=)|\\[1-9]|[*+?}]\+")


class Rewrite(NamedTuple):
    """One step: a name that matches the whole pattern becomes its group `model`, with its `region`."""

    pattern: str
    providers: tuple[str, ...]
    """The canonical providers it is for; empty for all."""


class Correction(NamedTuple):
    """Why what a name meant before was wrong."""

    name: str
    """`provider/model`, a provider's name or a tier's word."""
    why: str


class NameRules(NamedTuple):
    """What `names.yaml` says."""

    providers: dict[str, str]
    """Canonical name by alias, canonical names included."""
    tiers: dict[str, str]
    """Tier by the word a provider uses for it."""
    rewrites: tuple[Rewrite, ...]
    corrections: tuple[Correction, ...] = ()


class Resolution(NamedTuple):
    """A known model, and how its name was found."""

    provider: str
    model: str
    region: str
    """The scope that the name itself carries (`us`, `global`); empty where it carries none."""
    steps: tuple[str, ...]
    """Each name that was tried, in order, the last of which is known."""


class Names:
    """Resolves names against the known models; remembers nothing, see `RateBook` for that."""

    def __init__(self, rules: NameRules, models: Mapping[str, Mapping[str, str]]) -> None:
        """`models` gives, for each canonical provider, the model id by exact name."""
        self._rules = rules
        self._models = models
        self._compiled = [(re.compile(rule.pattern), rule.providers) for rule in rules.rewrites]

    def provider(self, name: str) -> str:
        """Return the canonical name of a provider, empty where it is unknown."""
        return self._rules.providers.get(name.lower(), "")

    def tier(self, name: str) -> str:
        """Return the tier that `name` means; itself where no alias is known."""
        return self._rules.tiers.get(name, name)

    def resolve(self, provider: str, model: str) -> Resolution | None:
        """Return the one model that `model` names at `provider`, or None."""
        return self._follow(provider, model, [])

    def steps(self, provider: str, model: str) -> tuple[str, ...]:
        """Return every name that `resolve` tries, in order."""
        tried: list[str] = []
        self._follow(provider, model, tried)
        return tuple(tried)

    def _follow(self, provider: str, model: str, tried: list[str]) -> Resolution | None:
        canonical = self.provider(provider)
        known: Mapping[str, str] = self._models.get(canonical, {})
        if not known or len(model) > _LONGEST_NAME:
            return None
        name, region = model, ""
        tried.append(name)
        if name in known:
            return Resolution(canonical, known[name], region, tuple(tried))
        for pattern, providers in self._compiled:
            match = None if providers and canonical not in providers else pattern.fullmatch(name)
            if match is None:
                continue
            groups = match.groupdict()
            name, region = groups["model"], groups.get("region") or region
            tried.append(name)
            if name in known:
                return Resolution(canonical, known[name], region, tuple(tried))
        return None


def closest(name: str, known: Collection[str], limit: int = 3) -> list[str]:
    """Return the known names that share most with `name`, for a message; never for a price."""
    if len(name) > _LONGEST_NAME:
        return []
    likes = _likes(tuple(known))
    wanted = _trigrams(name)
    shared = Counter(chain.from_iterable(likes.holders.get(each, ()) for each in wanted))
    both = ((count, at, len(wanted) + likes.sizes[at]) for at, count in shared.items())
    near = sorted(
        (-count / (either - count), likes.names[at])
        for count, at, either in both
        if count * 4 >= either
    )
    return [each for _, each in near[:limit]]


class _Likes(NamedTuple):
    names: tuple[str, ...]
    sizes: tuple[int, ...]
    """How many trigrams each name has."""
    holders: dict[str, list[int]]
    """Which names hold a trigram, so that a name is compared only with those that share one."""


@lru_cache(maxsize=64)
def _likes(names: tuple[str, ...]) -> _Likes:
    trigrams = [_trigrams(name) for name in names]
    holders: dict[str, list[int]] = {}
    for at, own in enumerate(trigrams):
        for each in own:
            holders.setdefault(each, []).append(at)
    return _Likes(names, tuple(map(len, trigrams)), holders)


def _trigrams(name: str) -> frozenset[str]:
    padded = f"  {name.lower()} "
    return frozenset(padded[at : at + 3] for at in range(len(padded) - 2))


def read_names(value: Value, name: str, problems: list[Problem]) -> NameRules | None:
    """Read `names.yaml`; what is wrong is added to `problems`."""
    fields = Fields(name, problems)
    top = fields.of(value, "the table of names", _NAMES_KEYS)
    if top is None:
        return None
    providers = _aliases(fields, top["providers"], "providers")
    patterns = top["patterns"]
    if not isinstance(patterns, Listed):
        fields.wrong(patterns, "patterns is a list")
        return None
    rewrites = tuple(r for each in patterns.values if (r := _read_rewrite(fields, each, providers)))
    tiers = _aliases(fields, top["tiers"], "tiers")
    return NameRules(providers, tiers, rewrites, tuple(_corrections(fields, top)))


def _corrections(fields: Fields, top: dict[str, Value]) -> Iterator[Correction]:
    written = top.get("corrections")
    if written is not None and not isinstance(written, Listed):
        fields.wrong(written, "corrections is a list of names and the correction of what they mean")
    for each in written.values if isinstance(written, Listed) else ():
        own = fields.of(each, "a correction", _CORRECTION_KEYS)
        if own is not None:
            why = fields.text(own["correction"], "correction")
            names = fields.texts(own["names"], "names of a correction")
            yield from (Correction(name, why) for name in names)


def _aliases(fields: Fields, value: Value, what: str) -> dict[str, str]:
    if not isinstance(value, Mapped):
        fields.wrong(value, f"{what} is a mapping of canonical name to a list of aliases")
        return {}
    canonical_by_name: dict[str, str] = {}
    for canonical, aliases in value.fields.items():
        for alias in (canonical, *_optional_texts(fields, aliases, f"{what}: {canonical}")):
            other = canonical_by_name.setdefault(alias, canonical)
            if other != canonical:
                fields.wrong(aliases, f"{alias!r} names both {other} and {canonical}; keep one")
    return canonical_by_name


def _optional_texts(fields: Fields, value: Value, what: str) -> tuple[str, ...]:
    is_empty = isinstance(value, Listed) and not value.values
    return () if is_empty else fields.texts(value, what)


def _read_rewrite(fields: Fields, value: Value, known: Mapping[str, str]) -> Rewrite | None:
    own = fields.of(value, "a pattern", _PATTERN_KEYS)
    if own is None:
        return None
    pattern = fields.text(own["pattern"], "pattern")
    providers = fields.texts(own.get("providers"), "providers")
    for provider in providers:
        if known.get(provider) != provider:
            fields.wrong(
                own["providers"], f"{provider!r} is not a canonical provider of this table"
            )
    if _NOT_RE2.search(pattern):
        fields.wrong(own["pattern"], f"pattern {pattern!r} uses what RE2 cannot do")
        return None
    try:
        groups = re.compile(pattern).groupindex
    except re.error as error:
        fields.wrong(own["pattern"], f"pattern {pattern!r} is not a regular expression: {error}")
        return None
    if "model" not in groups:
        fields.wrong(own["pattern"], f"pattern {pattern!r} lacks the group (?P<model>...)")
        return None
    return Rewrite(pattern, providers)
