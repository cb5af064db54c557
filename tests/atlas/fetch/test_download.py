"""Downloads from a server that lies, breaks off and stalls: recovered or refused, never kept."""

from __future__ import annotations

import hashlib
import socket
import struct
import threading
from collections.abc import Callable

import numpy as np
import pytest

from netmod.atlas.fetch.download import WAITS_S, DownloadError, download
from netmod.errors import ConfigError, IntegrityError

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

CONTENT = np.random.default_rng(5).bytes(200_000)
HALF = 100_000


def etag(content: bytes) -> str:
    return f'"{hashlib.sha256(content).hexdigest()}"'


def no_ranges(handler, content: bytes) -> None:
    handler.head(200, len(content))
    handler.wfile.write(content)


def status(code: int):
    return lambda handler, _: handler.head(code, 0)


def redirect(place: str):
    return lambda handler, _: handler.head(302, 0, Location=place)


def other(content: bytes):
    return lambda handler, _: handler.honest(content)


def cut(at: int, *, told: bool = True):
    def behave(handler, content: bytes) -> None:
        handler.head(200, len(content) if told else None, ETag=etag(content))
        handler.wfile.write(content[:at])

    return behave


def stall(at: int):
    def behave(handler, content: bytes) -> None:
        handler.head(200, len(content), ETag=etag(content))
        handler.wfile.write(content[:at])
        handler.wfile.flush()
        handler.server.release.wait(20)

    return behave


def reset(at: int):
    def behave(handler, content: bytes) -> None:
        handler.head(200, len(content), ETag=etag(content))
        handler.wfile.write(content[:at])
        handler.wfile.flush()
        # Closing with no time to linger sends RST instead of FIN.
        linger = struct.pack("ii", 1, 0)
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        handler.connection.close()

    return behave


def endless(handler, content: bytes) -> None:
    handler.head(200, None)
    for _ in range(4096):
        handler.wfile.write(content + b"\0" * 65536)
        handler.server.sent += 1


def recoded(handler, content: bytes) -> None:
    handler.head(200, len(content), Content_Encoding="gzip")
    handler.wfile.write(content)


def part(span: str, body: Callable[[bytes], bytes], tag: str | None = None):
    """Answer a range with a head and a body that need not agree; ``{0}`` is the true size."""

    def behave(handler, content: bytes) -> None:
        sent = body(content)
        headers = {"Content_Range": span.format(len(content)), "ETag": tag or etag(content)}
        handler.head(206, len(sent), **headers)
        handler.wfile.write(sent)

    return behave


@pytest.fixture
def fetch(mirror, tmp_path):
    """Return a function that fetches CONTENT by a script, and the waits it asked for."""
    url, sha256, size = mirror.put("/lab/file.bin", CONTENT)
    waits: list[float] = []

    def run(*script, **options):
        mirror.script[:] = script
        return download(
            url,
            sha256,
            tmp_path / "cache" / "file",
            size=size,
            wait=waits.append,
            timeout_s=(2.0, 0.3),
            **options,
        )

    run.waits = waits
    return run


def kept(tmp_path) -> list[str]:
    folder = tmp_path / "cache"
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def test_a_file_comes_whole(fetch, mirror, tmp_path):
    told = []
    path = fetch(progress=lambda *state: told.append(state))
    assert path.read_bytes() == CONTENT
    assert kept(tmp_path) == ["file"]
    assert told[-1] == ("file.bin", len(CONTENT), len(CONTENT))
    assert [there for _, there, _ in told] == sorted(there for _, there, _ in told)
    assert mirror.asked[0][1]["Accept-Encoding"] == "identity"
    assert fetch.waits == []


def test_a_file_that_is_there_is_not_asked_for(fetch, mirror):
    fetch()
    fetch()
    assert len(mirror.asked) == 1


def test_a_spoilt_file_is_fetched_again(fetch, mirror, tmp_path):
    fetch()
    (tmp_path / "cache" / "file").write_bytes(CONTENT[:-1] + b"x")
    assert fetch().read_bytes() == CONTENT
    assert len(mirror.asked) == 2


RECOVERED = {
    "503, then good": ([status(503)], 0),
    "500 and 429, then good": ([status(500), status(429)], 0),
    "cut off, continued": ([cut(HALF)], HALF),
    "cut off without a length, continued": ([cut(HALF, told=False)], HALF),
    "stalled, continued": ([stall(2 << 16)], 2 << 16),
    "reset at once": ([reset(0)], 0),
    "range not supported": ([cut(HALF), no_ranges], HALF),
    "no such range": ([cut(HALF), status(416)], 0),
    "another range than asked": ([cut(HALF), part("bytes 0-9/{0}", lambda _: b"0" * 10)], 0),
    "another size in the range": ([cut(HALF), part(f"bytes {HALF}-9/7", lambda c: c[HALF:])], 0),
    "no range in a 206": ([cut(HALF), part("", lambda c: c[HALF:])], 0),
    "another version in the range": (
        [cut(HALF), part(f"bytes {HALF}-199999/{{0}}", lambda c: c[HALF:], '"other"')],
        0,
    ),
    "other bytes in the range": (
        [cut(HALF), part(f"bytes {HALF}-199999/{{0}}", lambda c: c[HALF:][::-1])],
        0,
    ),
}


@pytest.mark.parametrize("case", RECOVERED)
def test_recovered(case, fetch, mirror, tmp_path):
    script, start = RECOVERED[case]
    n = len(script)
    assert fetch(*script).read_bytes() == CONTENT
    assert kept(tmp_path) == ["file"]
    assert fetch.waits == list(WAITS_S[: len(mirror.asked) - 1])
    last = mirror.asked[-1][1]
    if case != "range not supported":
        assert len(mirror.asked) == n + 1
        assert last.get("Range") == (f"bytes={start}-" if start else None)
    if start:
        assert last["If-Range"] == etag(CONTENT)


def test_a_reset_in_the_middle_is_recovered(fetch):
    # How much of the first half arrived before the reset is up to the system.
    assert fetch(reset(HALF)).read_bytes() == CONTENT


def test_if_range_brings_the_whole_new_file_after_a_change(fetch, mirror):
    def older(handler, _):
        cut(HALF)(handler, CONTENT[::-1])  # another version, with its own ETag

    assert fetch(older).read_bytes() == CONTENT
    assert mirror.asked[1][1]["If-Range"] == etag(CONTENT[::-1])


REFUSED = {
    "other bytes": ([other(CONTENT[::-1])], IntegrityError, "not the pinned file"),
    "too short": ([other(CONTENT[:-1])], IntegrityError, "another size"),
    "too long": ([other(CONTENT + b"x")], IntegrityError, "another size"),
    "endless": ([endless], IntegrityError, "more than the file has"),
    "recoded": ([recoded], DownloadError, "recodes"),
    "not there": ([status(404)], DownloadError, "does not give"),
    "forbidden": ([status(403)], DownloadError, "does not give"),
    "elsewhere": ([redirect("http://203.0.113.1/x")], DownloadError, "not safe"),
    "a file of this machine": ([redirect("file:///etc/hostname")], DownloadError, "not safe"),
    "round and round": ([redirect("/lab/file.bin")] * 9, DownloadError, "too many redirects"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_at_once(case, fetch, mirror, tmp_path):
    script, error, words = REFUSED[case]
    with pytest.raises(error, match=words) as caught:
        fetch(*script)
    assert kept(tmp_path) == []
    assert fetch.waits == []
    assert mirror.root in str(caught.value.where)
    assert caught.value.got


def test_an_endless_body_is_cut_off(fetch, mirror):
    with pytest.raises(IntegrityError):
        fetch(endless)
    # What left the server beyond the size only filled the buffers of the system.
    assert mirror.sent < 400


def test_a_redirect_on_the_same_server_is_followed(fetch, mirror):
    assert fetch(redirect("/lab/file.bin")).read_bytes() == CONTENT
    assert len(mirror.asked) == 2


FAILED = {
    "always 503": [status(503)] * 9,
    "always cut": [cut(10)] * 9,
    "always stalled": [stall(0)] * 9,
    "always reset": [reset(0)] * 9,
}


@pytest.mark.parametrize("case", FAILED)
def test_given_up_after_three_attempts(case, fetch, mirror, tmp_path):
    with pytest.raises(DownloadError, match="3 attempts") as caught:
        fetch(*FAILED[case])
    assert len(mirror.asked) == 3
    assert fetch.waits == list(WAITS_S)
    assert "NETMOD_MIRROR" in str(caught.value.hint)
    assert "file" not in kept(tmp_path)


def test_the_next_call_continues_what_an_earlier_one_left(fetch, mirror, tmp_path):
    with pytest.raises(DownloadError):
        fetch(cut(HALF), status(503), status(503))
    assert kept(tmp_path) == ["file.part"]
    mirror.asked.clear()
    assert fetch().read_bytes() == CONTENT
    assert mirror.asked[0][1]["Range"] == f"bytes={HALF}-"
    assert kept(tmp_path) == ["file"]


@pytest.mark.parametrize("left", [CONTENT[:HALF][::-1], CONTENT + b"too much", CONTENT[::-1]])
def test_a_bad_rest_of_an_earlier_call_does_no_harm(left, fetch, tmp_path):
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "file.part").write_bytes(left)
    assert fetch().read_bytes() == CONTENT
    assert kept(tmp_path) == ["file"]


def test_no_server(mirror, tmp_path):
    url, sha256, size = mirror.put("/lab/file.bin", CONTENT)
    mirror.shutdown()
    mirror.server_close()
    with pytest.raises(DownloadError, match="connection refused") as caught:
        download(url, sha256, tmp_path / "file", size=size, wait=lambda _: None)
    assert caught.value.__context__ is None
    assert "offline?" in str(caught.value.hint)


def test_not_an_address(tmp_path):
    with pytest.raises(DownloadError, match="not an address"):
        download("gopher://x/y", "0" * 64, tmp_path / "file", size=1, wait=lambda _: None)


def test_two_at_once(mirror, tmp_path):
    url, sha256, size = mirror.put("/lab/file.bin", CONTENT)
    both = threading.Barrier(2)

    def together(handler, content):
        both.wait(10)  # neither is answered before the other has asked
        no_ranges(handler, content)

    mirror.script[:] = [together, together]
    found: list[bytes] = []

    def run():
        path = download(url, sha256, tmp_path / "cache" / "file", size=size)
        found.append(path.read_bytes())

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [CONTENT, CONTENT]
    assert kept(tmp_path) == ["file"]


def test_an_interrupted_download_is_continued(fetch, mirror, tmp_path):
    def interrupt(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(progress=interrupt)
    assert kept(tmp_path) == ["file.part"]
    assert fetch().read_bytes() == CONTENT


def test_a_place_that_cannot_be_written_is_told(mirror, tmp_path):
    url, sha256, size = mirror.put("/lab/file.bin", CONTENT)
    (tmp_path / "cache").write_text("a file, no folder")
    with pytest.raises(ConfigError, match="cannot keep the download") as caught:
        download(url, sha256, tmp_path / "cache" / "file", size=size)
    assert "NETMOD_DATA" in str(caught.value.hint)


def test_a_full_disk_is_told_and_nothing_stays(fetch, monkeypatch, tmp_path):
    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("netmod.atlas.fetch.download.os.fsync", full)
    with pytest.raises(ConfigError, match="No space left"):
        fetch()
    assert kept(tmp_path) == []
