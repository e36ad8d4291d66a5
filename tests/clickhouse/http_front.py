"""A ClickHouse server's HTTP interface over the embedded engine: the wire is real, the engine is real.

It serves what the client sends: queries with bound parameters, settings, and inserts of Native blocks.
"""

from __future__ import annotations

import re
import socket
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import clickhouse_connect
import lz4.frame  # type: ignore[import-untyped]  # it has no types

_INSERT = re.compile(rb"INSERT INTO (\S+) \((.*?)\) FORMAT Native\n", re.DOTALL)
_TRANSPORT = {"query", "database", "compress", "wait_end_of_query", "client_protocol_version"}


_UNKNOWN_STATUS = b"Code: 319. DB::Exception: unknown status of insert (UNKNOWN_STATUS_OF_INSERT)"
_TOO_MANY_PARTS = b"Code: 252. DB::Exception: too many parts (TOO_MANY_PARTS)"


class _HangUpError(Exception):
    """The connection is closed without an answer."""


class Front(ThreadingHTTPServer):
    """The server.

    `drop_next` answers that many inserts with an error after they were done, `hang_up_next` not at all;
    `refuse_next` refuses that many requests before anything is done; every answer takes `delay_s` longer.
    """

    daemon_threads = True

    def __init__(self, directory: Path, port: int = 0) -> None:
        """Listen on a port of this machine; 0 is any that is free."""
        super().__init__(("127.0.0.1", port), _Handler)
        self.client: Any = clickhouse_connect.get_client(interface="chdb", path=str(directory))
        self.one_at_a_time = threading.Lock()
        self.connections: set[Any] = set()
        self.drop_next = 0
        self.hang_up_next = 0
        self.refuse_next = 0
        self.delay_s = 0.0

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember a connection, to cut it off with the server."""
        self.connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget a connection that has ended."""
        self.connections.discard(request)
        super().shutdown_request(request)

    @property
    def dsn(self) -> str:
        """Where it listens."""
        return f"clickhouse://127.0.0.1:{self.server_port}/over_http"


@contextmanager
def serving(directory: Path, port: int = 0) -> Iterator[Front]:
    """Serve until the block ends."""
    front = Front(directory, port)
    thread = threading.Thread(target=front.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield front
    finally:
        front.shutdown()
        thread.join()
        front.server_close()
        for connection in list(front.connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        front.client.close()


class _Handler(BaseHTTPRequestHandler):
    server: Front
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        """Answer a ping."""
        self._answer(200, b"Ok.\n")

    def do_POST(self) -> None:
        """Answer a query or an insert."""
        body = self._body()
        asked = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
        kind = self.headers.get("Content-Type", "")
        if kind.startswith("multipart/form-data"):
            asked.update(_form(kind, body))
            body = b""
        try:
            with self.server.one_at_a_time:
                if self.server.refuse_next:
                    self.server.refuse_next -= 1
                    answer = 503, _TOO_MANY_PARTS
                else:
                    answer = self._run(asked, body)
            time.sleep(self.server.delay_s)  # a slow network is what it is
        except _HangUpError:
            self.close_connection = True
        except Exception as error:  # noqa: BLE001 - the client must see it, whatever it is
            self._answer(500, str(error).encode())
        else:
            self._answer(*answer)

    def _run(self, asked: dict[str, str], body: bytes) -> tuple[int, bytes]:
        client = self.server.client
        if asked.get("database"):
            client.database = asked["database"]
        settings = {name: value for name, value in asked.items() if not _is_transport(name)}
        insert = _INSERT.match(body)
        if insert is not None:
            names = [name.strip(" `") for name in insert[2].decode().split(",")]
            table, block = insert[1].decode(), body[insert.end() :]
            client.raw_insert(table, names, block, fmt="Native", settings=settings)
            if self.server.hang_up_next:
                self.server.hang_up_next -= 1
                raise _HangUpError
            if self.server.drop_next:
                self.server.drop_next -= 1
                return 503, _UNKNOWN_STATUS
            return 200, b""
        sql = asked.get("query", "") or body.decode()
        bound = {name[6:]: value for name, value in asked.items() if name.startswith("param_")}
        run = client._backend._run  # noqa: SLF001 - parameters arrive as text, ready for the engine
        return 200, run(sql, "TabSeparated", params=bound, database=client.database).bytes()

    def _body(self) -> bytes:
        length = int(self.headers.get("Content-Length") or 0)
        raw = self.rfile.read(length) if length else self._chunks()
        encoding = self.headers.get("Content-Encoding", "")
        if encoding == "gzip":
            return zlib.decompress(raw, wbits=31)
        if encoding == "lz4":
            return _frames(raw)
        return raw

    def _chunks(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return b""
        parts = []
        while size := int(self.rfile.readline(), 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-ClickHouse-Format", "Native")
        if status != 200:
            code = body.split(b".", 1)[0].removeprefix(b"Code: ") if status == 503 else b"1"
            self.send_header("X-ClickHouse-Exception-Code", code.decode())
        self.end_headers()
        self.wfile.write(body)


def _is_transport(name: str) -> bool:
    return name in _TRANSPORT or name.startswith("param_") or "header" in name or "send_" in name


def _form(kind: str, body: bytes) -> Iterator[tuple[str, str]]:
    message = message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + body)
    for part in message.walk():
        name = part.get_param("name", header="content-disposition")
        if isinstance(name, str):
            content = part.get_payload(decode=True)
            assert isinstance(content, bytes)
            yield name, content.decode()


def _frames(raw: bytes) -> bytes:
    """Unpack frame after frame: the client compresses each block by itself."""
    plain = []
    while raw:
        frame = lz4.frame.LZ4FrameDecompressor()
        plain.append(frame.decompress(raw))
        raw = frame.unused_data or b""
    return b"".join(plain)
