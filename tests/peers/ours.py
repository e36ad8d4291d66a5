"""The collector under test, in a process that dies and comes back at the same addresses."""

from __future__ import annotations

from pathlib import Path

from otel_costing.otlp import decode
from tests.collector.processes import Process
from tests.collector.running import Running
from tests.collector.token_files import admitting
from tests.peers.booked import Booked, SpanKey, booked
from tests.peers.stock import TOKEN
from tests.peers.waiting import counted, free_port

_PACE = (
    "booking.linger_seconds=0.05",
    "booking.settle_seconds=0.5",
    "limits.stop_seconds=60",
)


class Ours:
    """One, its spool and its ledger in a directory."""

    def __init__(self, directory: Path) -> None:
        """Prepare it; nobody sends to it without the token."""
        self._directory = directory / "spool"
        self._tokens = directory / "tokens"
        self._tokens.write_text(admitting(TOKEN, name="otelcol"))
        self.grpc, self.http, self._admin = free_port(), free_port(), free_port()
        self._process: Process | None = None

    def start(self, *settings: str) -> None:
        """Start it with these settings besides, and wait until it is ready."""
        addresses = [
            f"{door}.address=127.0.0.1:{port}"
            for door, port in (("grpc", self.grpc), ("http", self.http), ("admin", self._admin))
        ]
        said = (*addresses, f"tokens.file={self._tokens}", *_PACE, *settings)
        self._process = Process(self._directory, *(f"--set={one}" for one in said))

    def counted(self, name: str, **labels: str) -> float:
        """Return what a metric of this process says."""
        return counted(self._admin, f"otel_costing_{name}", **labels)

    def new_calls(self) -> float:
        """Return how many calls this process brought into the ledger that were not there."""
        return self.counted("booked_calls_total") - self.counted("duplicate_calls_total")

    def kill(self) -> None:
        """End it as a power cut ends a process."""
        if self._process is not None:
            self._process.kill()
            self._process = None

    def stop(self) -> Booked:
        """End it in the ordinary way, and return what the ledger holds once the spool is empty."""
        assert self._process is not None
        stopping, self._process = self._process, None
        stopping.process.terminate()
        assert stopping.says("stopped")["unbooked_requests"] == 0
        stopping.process.communicate(timeout=60)
        return booked(f"chdb://{self._directory}-ledger")


def spooled(collector: Running) -> set[SpanKey]:
    """Return the ids of the spans that wait in the spool of a collector that books nothing."""
    return {
        (span.trace_id, span.span_id) for body in collector.spooled() for span in decode(body).spans
    }
