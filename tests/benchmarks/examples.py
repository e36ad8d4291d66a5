"""Results that never were, for the tests of what is said of results."""

from __future__ import annotations

import json
from pathlib import Path

from tests.benchmarks.figure import Aim, Beside, Figure, Growth, Spread
from tests.benchmarks.machine import Machine
from tests.benchmarks.results import Measured, Results

SCHEMA = json.loads((Path(__file__).parent / "benchmarks.schema.json").read_text(encoding="utf-8"))
SIZES = (1_000, 10_000, 100_000)
MACHINE = Machine(2, "A Processor", 24, "Linux x86_64", {"python": "3.11.7", "otel-costing": "0.1"})
SETTLING = Figure(
    "settle a trace of 100,000 spans: each",
    Spread(9.512, 10.04, 12.3, 5),
    "us",
    Aim(12, "what a trace may take"),
    Beside("looking at each", 0.5),
    Growth(1.0312, "spans", SIZES),
)
BOOKED = Figure(
    "booked", Spread(13_210, 13_210, 13_210, 1), "/s", Aim(20_000, "a platform", at_least=True)
)
RESULTS = Results(
    MACHINE,
    (
        Measured("settlement", "Settlement", "In memory.", "2026-11-22", 14, (SETTLING,)),
        Measured("collector", "Load", "Sent.", "2026-11-21", 7, (BOOKED,), "OSError"),
    ),
)


def of_today(name: str, figure: Figure) -> Measured:
    """An area with one figure."""
    return Measured(name, name.title(), "Measured.", "2026-11-22", 1, (figure,))
