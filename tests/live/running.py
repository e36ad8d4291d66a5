"""An emitter's application, run to its end, and what it told."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from otel_costing.otlp import decode
from otel_costing.spans import SpanRecord
from tests.live.emitters import Emitter
from tests.live.environments import ROOT, python_of
from tests.live.stand_in import StandIn

_SECONDS = 180


class Receipt(NamedTuple):
    """What `receipt()` said when a scenario was over."""

    total_usd: Decimal
    calls: int
    unpriced: int
    failure: str | None


class Observed(NamedTuple):
    """All that one application told."""

    receipts: Mapping[str, Receipt]
    spans: Mapping[str, tuple[SpanRecord, ...]]
    attempts: tuple[str, ...]
    """Connections beyond loopback that it tried, and was refused."""
    installed: Mapping[str, str]


class Applications:
    """Runs each emitter's application once, against one stand-in."""

    def __init__(self, stand_in: StandIn, url: str, into: Path) -> None:
        self.billed_in = stand_in.billed
        self._url = url
        self._into = into
        self._observed: dict[str, Observed | Exception] = {}

    def observe(self, emitter: Emitter) -> Observed:
        """Return what an emitter's application told; run at the first call only, also where it fails.

        Raises:
            NotInstallableError: it cannot be run here.
            AssertionError: it ended with an error.
        """
        if emitter.name not in self._observed:
            try:
                self._observed[emitter.name] = self._run(emitter)
            except Exception as error:  # noqa: BLE001 - raised below, for every test of this emitter
                self._observed[emitter.name] = error
        seen = self._observed[emitter.name]
        if isinstance(seen, Exception):
            raise seen
        return seen

    def _run(self, emitter: Emitter) -> Observed:
        into = self._into / emitter.name
        into.mkdir()
        ran = subprocess.run(
            [python_of(emitter), "-m", "tests.live.app", emitter.name, self._url, into],
            cwd=ROOT,
            env={**_bare_environment(), **emitter.environment},
            check=False,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
        )
        assert ran.returncode == 0, ran.stderr[-4000:]
        return _observed(into)


def _bare_environment() -> dict[str, str]:
    """Return what a process needs to start; no key, proxy or switch of the person who runs this."""
    kept = ("PATH", "HOME", "LANG", "TMPDIR")
    return {name: os.environ[name] for name in kept if name in os.environ}


def _observed(directory: Path) -> Observed:
    told = json.loads((directory / "told.json").read_text(encoding="utf-8"))
    receipts = {
        scenario: Receipt(
            Decimal(said["total_usd"]), said["calls"], said["unpriced"], said["failure"]
        )
        for scenario, said in told["receipts"].items()
    }
    spans = {
        scenario: tuple(decode((directory / f"{scenario}.otlp").read_bytes()).spans)
        for scenario in receipts
    }
    return Observed(receipts, spans, tuple(told["attempts"]), told["installed"])
