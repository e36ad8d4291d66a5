"""The table of emitters, `emitters.toml`, read; also in their own environments, so it needs nothing installed."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, NamedTuple

_TABLE = Path(__file__).with_name("emitters.toml")


class Loss(NamedTuple):
    """What an emitter does not say of a call, and what the true figures look like without it."""

    scenarios: tuple[str, ...]
    why: str
    fold: Mapping[str, str] = {}
    drop: tuple[str, ...] = ()
    add: Mapping[str, int] = {}
    instead: Mapping[str, int] = {}
    unpriced: bool = False
    unseen: bool = False
    times: int = 1
    apart: bool = False
    live_only: bool = False

    def concerns(self, scenario: str) -> bool:
        """Tell whether the loss happens in a scenario."""
        return any(fnmatch(scenario, pattern) for pattern in self.scenarios)

    def seen(self, true: Mapping[str, int]) -> dict[str, int]:
        """Return what a reader can see of one call."""
        if self.instead:
            return dict(self.instead)
        seen = {meter: tokens for meter, tokens in true.items() if meter not in self.drop}
        for meter, into in self.fold.items():
            if meter in seen:
                seen[into] = seen.get(into, 0) + seen.pop(meter)
        return seen | {meter: seen.get(meter, 0) + tokens for meter, tokens in self.add.items()}


class Emitter(NamedTuple):
    """One row of the table; its comment says what the fields are."""

    name: str
    requires: tuple[str, ...]
    switch: str
    calls: str
    instruments: tuple[str, ...] = ()
    environment: Mapping[str, str] = {}
    losses: tuple[Loss, ...] = ()

    def loss_in(self, scenario: str) -> Loss | None:
        """Return the first loss that concerns a scenario, None where everything is said."""
        return next((loss for loss in self.losses if loss.concerns(scenario)), None)

    def loss_to_the_ledger(self, scenario: str) -> Loss | None:
        """Return what is lost in a scenario even where all of its spans are known."""
        loss = self.loss_in(scenario)
        return None if loss is None or loss.live_only else loss


def emitters() -> dict[str, Emitter]:
    """Return every emitter by name."""
    with _TABLE.open("rb") as table:
        return {name: _emitter(name, row) for name, row in tomllib.load(table).items()}


def _emitter(name: str, row: dict[str, Any]) -> Emitter:
    losses = tuple(Loss(**_with_tuples(loss)) for loss in row.pop("loss", ()))
    return Emitter(name=name, losses=losses, **_with_tuples(row))


def _with_tuples(row: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(one) if isinstance(one, list) else one for key, one in row.items()}
