"""The areas of the suite, in the order in which they are measured: what uses the processor alone comes first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from tests.benchmarks import (
    collector,
    collector_stages,
    files,
    lookups,
    memory,
    pricing,
    reads,
    reports,
    repricing,
    settlement,
    spans,
    storage,
)
from tests.benchmarks.bench import Bench
from tests.benchmarks.figure import Figure


class Area(NamedTuple):
    """Figures that belong together."""

    name: str
    title: str
    about: str
    """How they are measured, in a sentence or two."""
    figures: Callable[[Bench], Iterator[Figure]]


AREAS = (
    Area(
        "price",
        "Pricing a call",
        "Processor time of one call's usage, ours and the peer's turn by turn, the exact total read from both and found equal.",
        pricing.figures,
    ),
    Area(
        "rates",
        "The rate book",
        "Processor time and memory of the packaged book; first look-ups in fresh processes, where nothing has warmed them.",
        lookups.figures,
    ),
    Area(
        "spans",
        "What an application's spans gain",
        "Processor time of spans of twenty attributes, recorded by the SDK with and without `CostSpanProcessor`, turn by turn.",
        spans.figures,
    ),
    Area(
        "stages",
        "From the wire to the ledger, by stage",
        "Processor time a span, on requests of 512 spans that are new in every round: calls of 25 attributes, or mixed with "
        "five times as many spans that are none. Booking is what the process with the ledger does, the rest the one that prices.",
        collector_stages.figures,
    ),
    Area(
        "collector",
        "The collector under load",
        "A collector with an embedded ledger, everything durable, skeletons included, which prices in one further process, and in two where one cannot keep up; eight "
        "senders in a process of their own on the same machine, each waiting for its answer. Calls have 25 attributes; mixed: "
        "one span in six is a call.",
        collector.figures,
    ),
    Area(
        "reads",
        "Reads while spans arrive",
        "Through the collector's SQL address, while 20,000 model calls a second are sent, and at rest.",
        reads.figures,
    ),
    Area(
        "files",
        "Ingest of files",
        "`otel-costing ingest` of one file of JSON lines into an empty ledger, with the start of its process.",
        files.figures,
    ),
    Area(
        "settlement",
        "Settlement",
        "In memory by the processor's clock; in an embedded ledger by the one on the wall.",
        settlement.figures,
    ),
    Area(
        "repricing",
        "Repricing",
        "An embedded ledger under a book in which the price of a hundredth, then of a fifth of the calls is another one.",
        repricing.figures,
    ),
    Area(
        "reports",
        "Reports and trees",
        "Of an embedded ledger of calls over thirty days, 4 % of its entries corrections; what is asked about is in memory.",
        reports.figures,
    ),
    Area(
        "storage",
        "Storage",
        "Bytes an entry on disk, of calls of three lines with ids and people as various as real ones.",
        storage.figures,
    ),
    Area(
        "memory",
        "Memory",
        "The most that a process had resident, files that it maps among it: of the collector both processes' together.",
        memory.figures,
    ),
)
