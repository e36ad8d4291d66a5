"""The stock OpenTelemetry Collector that `make otelcol` builds, in a process, with a configuration of ours."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tests.peers.waiting import counted, free_port, until

_ROOT = Path(__file__).parents[2]
BINARY = _ROOT / ".otelcol" / "otelcol"
SHIPPED = sorted((_ROOT / "collector" / "deploy" / "otelcol").glob("*.yaml"))
TOKEN = "a-token-of-the-tests"  # noqa: S105 - it opens nothing but the collectors of these tests
_READY = "Everything is ready"
_METRICS = "service::telemetry::metrics::readers: [{{pull: {{exporter: {{prometheus: {{host: 127.0.0.1, port: {}}}}}}}}}]"
_QUICK = (
    "retry_on_failure::initial_interval: 50ms",
    "retry_on_failure::max_interval: 200ms",
    "sending_queue::batch::flush_timeout: 20ms",
    "sending_queue::batch::min_size: 65536",
    "sending_queue::batch::max_size: 262144",
)
"""Laid over what is shipped, so that a test takes seconds and sends many requests. Nothing else differs."""


class Stock:
    """One, with its queue in a directory; it can be started again on the same ports."""

    def __init__(
        self, shipped: str, directory: Path, endpoint: str, exporter: str = "otlp_grpc/costs"
    ) -> None:
        """Prepare it.

        Args:
            shipped: the name of a configuration in `collector/deploy/otelcol`, without its ending.
            directory: for the queue and the log; made where it is missing.
            endpoint: where spans go.
            exporter: the one in the configuration that sends them there.
        """
        self._configuration = next(path for path in SHIPPED if path.stem == shipped)
        self._exporter = exporter
        directory.mkdir(exist_ok=True)
        self._log = directory / "otelcol.log"
        self.grpc, self.http, self._metrics = free_port(), free_port(), free_port()
        self._variables = {
            **os.environ,
            "OTLP_GRPC_ADDRESS": f"127.0.0.1:{self.grpc}",
            "OTLP_HTTP_ADDRESS": f"127.0.0.1:{self.http}",
            "OTELCOL_STORAGE": str(directory / "queue"),
            "HEALTH_ADDRESS": "127.0.0.1:0",
            "OTEL_COSTING_ENDPOINT": endpoint,
            "GATEWAY_ENDPOINT": endpoint,
            "GATEWAY_INSECURE": "true",
            "OTEL_COSTING_INSECURE": "true",
            "OTEL_COSTING_TOKEN": TOKEN,
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *settings: str, **variables: str) -> None:
        """Start it, and wait until it says that it is ready.

        Args:
            settings: laid over the configuration, such as `processors::tail_sampling::decision_wait: 1s`.
            variables: of its environment, besides.
        """
        quick = [f"exporters::{self._exporter}::{one}" for one in _QUICK]
        metrics = _METRICS.format(self._metrics)
        overlays = [f"yaml:{one}" for one in (*quick, metrics, *settings)]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [BINARY, *(f"--config={one}" for one in (self._configuration, *overlays))],
                env={**self._variables, **variables},
                stderr=log,
            )
        until("the stock collector is ready", self._is_ready)

    def _is_ready(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self._log.read_text()
        return _READY in self._log.read_text()

    def has_forwarded_all(self) -> bool:
        """Tell whether the other end acknowledged every span that this process accepted."""
        accepted = counted(self._metrics, "otelcol_receiver_accepted_spans_total")
        sent = counted(self._metrics, "otelcol_exporter_sent_spans_total", exporter=self._exporter)
        return 0 < accepted == sent

    def kill(self) -> None:
        """End it as a power cut ends a process."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(30)

    def stop(self) -> None:
        """End it in the ordinary way, which sends what it has taken from its queue."""
        assert self._process is not None
        self._process.terminate()
        self._process.wait(30)
