"""A team's own file -> what it says: contracts, deployments, private models, currencies. docs/overrides.md has the shape.

What its names mean in a book, and whether they mean anything, is checked in `team`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from otel_costing.problems import Problem
from otel_costing.rate_book.compile import digest_of, time_conflicts
from otel_costing.rate_book.contract_terms import Exchange
from otel_costing.rate_book.files import Keys, ModelEntry, read_model
from otel_costing.rate_book.located_yaml import Listed, Mapped, Value, read_yaml
from otel_costing.rate_book.yaml_fields import Fields
from otel_costing.rate_overrides.contracts import (
    Agreement,
    items,
    pairs,
    read_agreements,
    read_exchanges,
)

# Whether each key must be there.
TOP_KEYS = {
    "name": True,
    **dict.fromkeys(("models", "deployments", "contracts", "currencies", "note"), False),
}
PRIVATE_KEYS = Keys(
    {
        **dict.fromkeys(("provider", "model", "rates"), True),
        **dict.fromkeys(
            ("aliases", "replaces", "reason", "source", "checked", "assumptions", "note"), False
        ),
    },
    {
        **dict.fromkeys(("from", "prices"), True),
        **dict.fromkeys(
            ("until", "tier", "region", "clock", "currency", "context", "hours", "note"), False
        ),
    },
)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class PrivateModel(NamedTuple):
    """A model of the team's own, or one that replaces a model of the tables."""

    provider: str
    """As written."""
    entry: ModelEntry
    replaces: bool
    reason: str
    """Why a price of zero is meant."""


class Deployment(NamedTuple):
    """A name that only this team uses, for a model."""

    provider: str
    name: str
    target: str
    """A model of the same provider, or `provider/model`."""
    line: int


class Overrides(NamedTuple):
    """One file of a team."""

    path: str
    name: str
    digest: str
    """Of what is written: comments, quotes and the order of keys are not part of it, the order of lists is."""
    models: tuple[PrivateModel, ...]
    deployments: tuple[Deployment, ...]
    agreements: tuple[Agreement, ...]
    exchanges: tuple[Exchange, ...]


def read_overrides(paths: Iterable[Path]) -> tuple[list[Overrides], list[Problem]]:
    """Read a team's files in their order, and all that is wrong with them by themselves."""
    problems: list[Problem] = []
    files = []
    for path in paths:
        value = read_yaml(path, problems)
        file = None if value is None else overrides_of(value, str(path), problems)
        if file is not None:
            files.append(file)
    return files, problems


def overrides_of(value: Value, path: str, problems: list[Problem]) -> Overrides | None:
    """Read one file; what is wrong is added to `problems` and left out."""
    fields = Fields(path, problems)
    top = fields.of(value, "a file of overrides", TOP_KEYS)
    if top is None:
        return None
    name = fields.text(top["name"], "name")
    if name and not _NAME.fullmatch(name):
        fields.wrong(top["name"], "name is of letters, digits, '.', '_' and '-', at most 64")
    return Overrides(
        path,
        name,
        digest_of(_plain(value)),
        tuple(_private_models(fields, top.get("models"), name, problems)),
        tuple(_deployments(fields, top.get("deployments"))),
        tuple(read_agreements(fields, top.get("contracts"))),
        tuple(read_exchanges(fields, top.get("currencies"))),
    )


def _plain(value: Value) -> object:
    if isinstance(value, Mapped):
        return {key: _plain(field) for key, field in value.fields.items()}
    if isinstance(value, Listed):
        return [_plain(item) for item in value.values]
    return None if value.is_null else value.text


def _private_models(
    fields: Fields, value: Value | None, name: str, problems: list[Problem]
) -> Iterator[PrivateModel]:
    for item in items(fields, value, "models"):
        if not isinstance(item, Mapped) or not item.fields.keys() >= {"provider", "model"}:
            fields.of(item, "a private model", PRIVATE_KEYS.model)
            continue
        provider = fields.text(item.fields["provider"], "provider")
        model = fields.text(item.fields["model"], "model")
        entry = read_model(fields, model, item, (name, ""), PRIVATE_KEYS) if model else None
        if entry is None:
            continue
        reason = fields.text(item.fields.get("reason"), f"model {model!r}: reason")
        if not reason and _has_zero(entry):
            fields.wrong(item, f"model {model!r} has a price of 0; say why it is free: reason: ...")
        problems.extend(time_conflicts(fields.name, entry))
        yield PrivateModel(provider, entry, _is_yes(fields, item.fields.get("replaces")), reason)


def _has_zero(entry: ModelEntry) -> bool:
    bands = [
        band
        for rate in entry.rates
        for banded in (rate.bands, *(window.bands for window in rate.windows))
        for band in banded
    ]
    return any(not price.usd for band in bands for price in band.prices.values())


def _is_yes(fields: Fields, value: Value | None) -> bool:
    return value is not None and fields.one_of(value, "replaces", ("false", "true")) == "true"


def _deployments(fields: Fields, value: Value | None) -> Iterator[Deployment]:
    for provider, names in pairs(fields, value, "deployments"):
        for name, target in pairs(fields, names, f"deployments: {provider}"):
            model = fields.text(target, f"deployments: {provider}: {name}")
            if model:
                yield Deployment(provider, name, model, target.line)
