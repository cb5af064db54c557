"""One pinned file over HTTP: resumed, retried, cut off at its size, and checked before use."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from netmod.errors import ConfigError, IntegrityError, NetmodError

if TYPE_CHECKING:
    import requests

Progress = Callable[[str, int, int], None]
"""Called with the file name, the bytes that are there, and the bytes that it has in all."""

ATTEMPTS = 3
WAITS_S = (1.0, 4.0)
TIMEOUT_S = (10.0, 30.0)
"""Seconds to connect, and of silence while reading."""

_CHUNK = 1 << 16
_REDIRECTS = 5
_PASSING_STATUS = frozenset({408, 425, 429})
_OFFLINE = (
    "offline? fetch where there is a network and copy the data folder, or set NETMOD_MIRROR to a "
    "mirror that you can reach"
)


class DownloadError(NetmodError):
    """A file that did not come: no network, no such file, a broken connection (exit code 1)."""


class _PassingError(Exception):
    """A fault that another attempt may not meet."""


def download(
    url: str,
    sha256: str,
    path: Path,
    *,
    size: int,
    progress: Progress | None = None,
    attempts: int = ATTEMPTS,
    timeout_s: tuple[float, float] = TIMEOUT_S,
    wait: Callable[[float], None] = time.sleep,
) -> Path:
    """Fetch a file whose content is known, unless it is there already.

    Parameters
    ----------
    url : str
        Address, http or https.
    sha256 : str
        SHA-256 that the content must have, hexadecimal.
    path : Path
        Where the file goes; its folder is made. It appears there whole and checked, or not at
        all. What came of a broken transfer stays beside it as ``<name>.part`` and is continued by
        the next call.
    size : int
        Bytes that the file must have; a server that sends more is cut off.
    progress : callable, optional
        Called with the file name, the bytes that are there and `size`.
    attempts : int
        Tries in all.
    timeout_s : (float, float)
        Seconds to connect, and of silence while reading.
    wait : callable
        Takes the seconds to wait before another try.

    Returns
    -------
    Path
        `path`.

    Raises
    ------
    DownloadError
        If the file did not come.
    IntegrityError
        If what came has other content.
    ConfigError
        If it cannot be written.
    """
    try:
        if path.is_file():
            if path.stat().st_size == size and _sha256(path) == sha256:
                return path
            path.unlink(missing_ok=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        # One name for each call, so that two fetches at once do not write into one file. The rest
        # of an earlier call is taken by renaming, which only one of them can.
        part = path.with_name(f".{path.name}.{uuid.uuid4().hex}.part")
        with contextlib.suppress(FileNotFoundError):
            _leftover(path).replace(part)
        transfer = _Transfer(url, sha256, size, part, url.rsplit("/", 1)[-1], progress, timeout_s)
        try:
            transfer.run(attempts, wait)
            _settle(part, path)
        except (DownloadError, KeyboardInterrupt):
            if part.exists() and part.stat().st_size:
                part.replace(_leftover(path))
            raise
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise ConfigError(
            "cannot keep the download",
            where=str(path.parent),
            got=error.strerror or type(error).__name__,
            hint="make room or set NETMOD_DATA to a folder that you may write to",
        ) from None
    return path


def _leftover(path: Path) -> Path:
    return path.with_name(f"{path.name}.part")


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _settle(part: Path, path: Path) -> None:
    with part.open("rb+") as stream:
        os.fsync(stream.fileno())
    part.replace(path)


@dataclass
class _Transfer:
    """One file on its way; `etag` is the version that the bytes in `part` are of."""

    url: str
    sha256: str
    size: int
    part: Path
    name: str
    progress: Progress | None
    timeout_s: tuple[float, float]
    etag: str | None = None

    @property
    def there(self) -> int:
        return self.part.stat().st_size if self.part.exists() else 0

    def run(self, attempts: int, wait: Callable[[float], None]) -> None:
        """Fill `part` with the pinned content."""
        reason = ""
        for attempt in range(attempts):
            if attempt:
                wait(WAITS_S[min(attempt, len(WAITS_S)) - 1])
            resumed = self.there > 0
            try:
                if self.there < self.size:
                    resumed = self._receive()
            except _PassingError as error:
                reason = str(error)
                continue
            got = _sha256(self.part)
            if got == self.sha256:
                return
            self._drop()
            # A part continued from another version spoils the whole: once more afresh.
            if not resumed:
                raise self._another(
                    "what came is not the pinned file", f"SHA-256 {self.sha256}", got
                )
            reason = "a continued download with other content"
        raise DownloadError(
            "the download failed",
            where=self.url,
            expected=f"{self.size} bytes",
            got=f"{reason}, in {attempts} attempts",
            hint=_OFFLINE,
        )

    def _receive(self) -> bool:
        """Append what the server sends; return whether it continued an earlier part."""
        import requests
        import urllib3

        broken = (requests.RequestException, urllib3.exceptions.HTTPError, OSError)
        headers = {"Accept-Encoding": "identity"}
        if self.there:
            headers["Range"] = f"bytes={self.there}-"
            if self.etag:
                headers["If-Range"] = self.etag
        try:
            response = self._open(headers)
        except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema) as error:
            raise DownloadError("not an address", where=self.url, got=str(error)) from None
        except broken as error:
            raise _PassingError(_words(error)) from None
        with response:
            start = there = self._agree(response)
            with self.part.open("ab") as stream:
                stream.truncate(start)
                while True:
                    # One byte beyond the size tells an endless body from a good one.
                    wanted = min(_CHUNK, self.size + 1 - there)
                    try:
                        chunk = response.raw.read(wanted, decode_content=False)
                    except broken as error:
                        raise _PassingError(_words(error)) from None
                    if not chunk:
                        break
                    there += len(chunk)
                    if there > self.size:
                        raise self._another(
                            "the server sends more than the file has", f"{self.size} bytes", "more"
                        )
                    stream.write(chunk)
                    if self.progress is not None:
                        self.progress(self.name, there, self.size)
        if there < self.size:
            raise _PassingError(f"the connection ended after {there} bytes")
        return start > 0

    def _open(self, headers: dict[str, str]) -> requests.Response:
        """Ask for the file, following redirects to https or to the server that was asked."""
        import requests

        home = urlsplit(self.url)
        address = self.url
        for _ in range(_REDIRECTS + 1):
            response = requests.get(
                address,
                headers=headers,
                timeout=self.timeout_s,
                stream=True,
                allow_redirects=False,
            )
            if not response.is_redirect:
                return response
            response.close()
            address = urljoin(address, response.headers["Location"])
            parts = urlsplit(address)
            same = (parts.scheme, parts.netloc) == (home.scheme, home.netloc)
            if parts.scheme != "https" and not same:
                raise DownloadError(
                    "a redirect to a place that is not safe",
                    where=self.url,
                    expected="https, or the same server",
                    got=address,
                )
        raise DownloadError("too many redirects", where=self.url, got=address)

    def _agree(self, response: requests.Response) -> int:
        """Check the head of a response; return the offset that its body starts at."""
        status = response.status_code
        if status == 416:
            self._drop()
            raise _PassingError("the server has no such range")
        if status >= 500 or status in _PASSING_STATUS:
            raise _PassingError(f"HTTP status {status}")
        if status not in (200, 206):
            raise DownloadError(
                "the server does not give the file",
                where=self.url,
                expected="HTTP status 200",
                got=str(status),
                hint="does the mirror hold this file?" if status == 404 else _OFFLINE,
            )
        coding = response.headers.get("Content-Encoding", "identity").lower()
        if coding not in ("identity", ""):
            raise DownloadError(
                "the server recodes the file, though asked not to",
                where=self.url,
                expected="no Content-Encoding",
                got=coding,
                hint="a proxy on the way? set NETMOD_MIRROR to a plain file server",
            )
        given = response.headers.get("ETag", "")
        tag = None if given.startswith("W/") else given or None
        start = 0
        if status == 206:
            start = self.there
            span = response.headers.get("Content-Range", "")
            told = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", span)
            if not told or int(told[1]) != start or told[2] not in ("*", str(self.size)):
                self._drop()
                raise _PassingError(f"a wrong range '{span}'")
            if self.etag and tag and tag != self.etag:
                self._drop()
                raise _PassingError("the file changed on the server")
        self.etag = tag
        length = response.headers.get("Content-Length", "")
        if length.isdecimal() and int(length) != self.size - start:
            raise self._another(
                "the file has another size",
                f"{self.size} bytes",
                f"{start + int(length)}",
            )
        return start

    def _drop(self) -> None:
        self.part.unlink(missing_ok=True)
        self.etag = None

    def _another(self, what: str, expected: str, got: str) -> IntegrityError:
        return IntegrityError(
            what,
            where=self.url,
            expected=expected,
            got=got,
            hint="nothing was kept; is the mirror sound?",
        )


def _words(error: Exception) -> str:
    """Return an exception of the network in a few words."""
    text = " ".join(str(error).split())
    for sign, words in (
        ("timed out", "no answer in time"),
        ("name resolution", "the server's name is not known"),
        ("failed to resolve", "the server's name is not known"),
        ("refused", "connection refused"),
        ("reset", "connection reset"),
        ("unreachable", "the network is unreachable"),
    ):
        if sign in text.lower():
            return words
    return f"{type(error).__name__}: {text[:120]}"
