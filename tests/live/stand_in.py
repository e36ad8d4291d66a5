"""The four providers on loopback: they answer every request of a scenario, and remember what they billed.

Run as `python -m tests.live.stand_in`, it serves until interrupted, for who follows `docs/first-steps` without a key.
"""

from __future__ import annotations

import json
import sys
import threading
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import ModuleType
from typing import NamedTuple

from tests.live.billed import ROUNDS_TOGETHER, SIDE_BY_SIDE, Answer, Billed, quantities_of
from tests.live.providers import anthropic, bedrock, gemini, openai

_PROVIDERS: dict[str, ModuleType] = {
    "openai": openai,
    "anthropic": anthropic,
    "gemini": gemini,
    "bedrock": bedrock,
}
_SECONDS_TO_MEET = 20


class Run(NamedTuple):
    """One emitter in one scenario; the first two parts of every path."""

    emitter: str
    scenario: str


class StandIn:
    """What the providers remember.

    Paths are `/EMITTER/SCENARIO/PROVIDER/...`, and SCENARIO decides the answer: `refused` is always refused,
    `retried` once; requests of `parallel` and `twins` are answered when all of them have come.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: Counter[Run] = Counter()
        self._billed: defaultdict[Run, list[Billed]] = defaultdict(list)
        self._together: defaultdict[Run, threading.Barrier] = defaultdict(
            lambda: threading.Barrier(ROUNDS_TOGETHER)
        )

    def billed(self, run: Run) -> list[Billed]:
        """Return what was billed for a run, in the order it was asked for."""
        with self._lock:
            return list(self._billed[run])

    def answer(self, path: str, body: bytes) -> Answer:
        """Answer one request; 404 for what no provider serves."""
        emitter, scenario, name, *_ = (*path.strip("/").split("/"), "", "", "")
        provider = _PROVIDERS.get(name)
        if provider is None:
            return Answer(b"{}", status=404)
        run = Run(emitter, scenario)
        with self._lock:
            nth = self._requests[run]
            self._requests[run] += 1
        status = _refusal(scenario, nth)
        if status:
            return _refused(provider, status)
        if scenario in SIDE_BY_SIDE:
            self._meet(run)
        return self._answered(run, provider, path, body, nth)

    def _meet(self, run: Run) -> None:
        with self._lock:
            barrier = self._together[run]
        barrier.wait(_SECONDS_TO_MEET)

    def _answered(self, run: Run, provider: ModuleType, path: str, body: bytes, nth: int) -> Answer:
        quantities = quantities_of(run.scenario, nth, provider.RICH)
        route = path.partition("?")[0]
        answer: Answer
        answer, billed = provider.answer(route, json.loads(body), quantities)
        with self._lock:
            self._billed[run].append(billed)
        return answer


def _refusal(scenario: str, nth: int) -> int:
    if scenario == "refused":
        return 400
    return 429 if scenario == "retried" and nth == 0 else 0


def _refused(provider: ModuleType, status: int) -> Answer:
    kinds: dict[int, str] = getattr(provider, "REFUSAL_HEADERS", {})
    headers = [("retry-after-ms", "1")] if status == 429 else []
    if status in kinds:
        headers.append(("x-amzn-errortype", kinds[status]))
    body = json.dumps(provider.REFUSALS[status]).encode()
    return Answer(body, status=status, headers=tuple(headers))


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    stand_in: StandIn

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        answer = self.stand_in.answer(self.path, body)
        self.send_response(answer.status)
        self.send_header("content-type", answer.content_type)
        self.send_header("content-length", str(len(answer.body)))
        for name, value in answer.headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False


@contextmanager
def serving() -> Iterator[tuple[StandIn, str]]:
    """Serve on a free port of loopback while the block runs; yield what it remembers, and its URL."""
    stand_in = StandIn()
    handler = type("Handler", (_Handler,), {"stand_in": stand_in})
    with _Server(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield stand_in, f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def _main() -> None:
    with serving() as (_, url):
        sys.stdout.write(f"export OPENAI_API_KEY=none OPENAI_BASE_URL={url}/you/all/openai/v1\n")
        sys.stdout.flush()
        with suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    _main()
