"""A file server on the loopback that serves a tree honestly, or lies as it is told to."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


class Handler(BaseHTTPRequestHandler):
    """Answers each request by the next behaviour of the server's script, honestly at its end."""

    server: Mirror

    def do_GET(self) -> None:
        content = self.server.files.get(self.path)
        self.server.asked.append((self.path, dict(self.headers)))
        script = self.server.script
        if script:
            script.pop(0)(self, content or b"")
        elif content is None:
            self.head(404, 0)
        else:
            self.honest(content)

    def head(self, status: int, length: int | None, **headers: str) -> None:
        self.send_response(status)
        if length is not None:
            self.send_header("Content-Length", str(length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True

    def honest(self, content: bytes) -> None:
        tag = f'"{hashlib.sha256(content).hexdigest()}"'
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if asked and self.headers.get("If-Range", tag) == tag:
            start = int(asked[1])
            span = f"bytes {start}-{len(content) - 1}/{len(content)}"
            self.head(206, len(content) - start, ETag=tag, Content_Range=span)
            self.wfile.write(content[start:])
        else:
            self.head(200, len(content), ETag=tag)
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Mirror(ThreadingHTTPServer):
    """The server; `release` ends every behaviour that waits."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, bytes] = {}
        self.script: list[Callable[[Handler, bytes], None]] = []
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.release = threading.Event()
        self.sent = 0

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def put(self, path: str, content: bytes) -> tuple[str, str, int]:
        """Serve a content; return its address, SHA-256 and size."""
        self.files[path] = content
        return self.root + path, hashlib.sha256(content).hexdigest(), len(content)

    def handle_error(self, *_: object) -> None:
        """Clients that hang up are part of the tests."""


@pytest.fixture
def mirror(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mirror]:
    """Run a server; NETMOD_MIRROR names it. Needs the mark allow_hosts(["127.0.0.1"])."""
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    server = Mirror()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setenv("NETMOD_MIRROR", server.root)
    try:
        yield server
    finally:
        server.release.set()
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def data(tmp_path, monkeypatch: pytest.MonkeyPatch):
    """Return an empty data folder of the user."""
    folder = tmp_path / "data"
    monkeypatch.setenv("NETMOD_DATA", str(folder))
    return folder
