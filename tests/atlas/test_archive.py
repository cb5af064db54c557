"""Archives of strangers: refused by name, kind and size; nothing is written outside."""

import bz2
import io
import stat
import struct
import tarfile
import warnings
import zipfile

import pytest

from netmod.atlas.archive import expand_bz2, is_archive, unpack
from netmod.errors import ConfigError, DataError

ODD_NAMES = (
    "../out", "a/../../out", "/out", "//out", "..", "C:/out", "c:out", "..\\out", "a\\b",
    "a\x01b", "a\nb", "",
)  # fmt: skip


def make_zip(path, members, **info):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zipfile warns of a name that comes twice
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in members:
                entry = zipfile.ZipInfo(name)
                for key, value in info.items():
                    setattr(entry, key, value)
                archive.writestr(entry, data, zipfile.ZIP_DEFLATED)
    return path


def make_tar(path, members, mode="w", **info):
    with tarfile.open(path, mode) as archive:
        for name, data in members:
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            for key, value in info.items():
                setattr(entry, key, value)
            archive.addfile(entry, io.BytesIO(data))
    return path


def refused(archive, tmp_path, match=None, **limits):
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(DataError, match=match) as caught:
        unpack(archive, tmp_path / "new", **limits)
    assert str(archive) in str(caught.value)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("make", ["zip", "tar", "tar.gz", "tar.bz2", "tar.xz"])
def test_plain_files_come_out_as_they_went_in(make, tmp_path):
    members = [("a.txt", b"one"), ("sub/b.txt", b""), ("./c/d.bin", bytes(range(256)) * 999)]
    path = tmp_path / f"x.{make}"
    if make == "zip":
        make_zip(path, members)
    else:
        make_tar(path, members, "w:" + make.removeprefix("tar").removeprefix("."))
    assert is_archive(path)
    written = unpack(path, tmp_path / "new")
    assert [p.relative_to(tmp_path / "new").as_posix() for p in written] == [
        "a.txt", "sub/b.txt", "c/d.bin",
    ]  # fmt: skip
    assert [p.read_bytes() for p in written] == [data for _, data in members]


@pytest.mark.parametrize("name", ODD_NAMES)
@pytest.mark.parametrize("make", [make_zip, make_tar])
def test_a_name_that_leads_outside_is_refused(name, make, tmp_path):
    archive = make(tmp_path / "x", [("fine.txt", b"1"), (name, b"2")])
    refused(archive, tmp_path)


@pytest.mark.parametrize(
    "kind",
    [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE],
)
def test_a_member_of_tar_that_is_no_plain_file_is_refused(kind, tmp_path):
    archive = make_tar(tmp_path / "x.tar", [("link", b"")], type=kind, linkname="/etc/passwd")
    refused(archive, tmp_path, "link or a device")


@pytest.mark.parametrize("mode", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFIFO])
def test_a_member_of_zip_that_is_no_plain_file_is_refused(mode, tmp_path):
    archive = make_zip(
        tmp_path / "x.zip", [("l", b"/etc/passwd")], external_attr=(mode | 0o777) << 16
    )
    refused(archive, tmp_path, "link or a device")


@pytest.mark.parametrize("names", [("a", "a"), ("a", "./a"), ("A", "a"), ("é", "e\u0301")])
@pytest.mark.parametrize("make", [make_zip, make_tar])
def test_a_member_that_comes_twice_is_refused(names, make, tmp_path):
    refused(make(tmp_path / "x", [(name, b"1") for name in names]), tmp_path, "twice")


@pytest.mark.parametrize("make", [make_zip, make_tar])
def test_a_file_that_is_a_folder_too_is_refused(make, tmp_path):
    refused(make(tmp_path / "x", [("a", b"1"), ("a/b", b"2")]), tmp_path)


def test_a_bomb_is_refused_by_its_ratio(tmp_path):
    archive = make_zip(tmp_path / "x.zip", [("zeros", bytes(2**24 + 1))])
    refused(archive, tmp_path, "expands to too much", largest_ratio=10)
    assert unpack(archive, tmp_path / "new", largest_ratio=2000)


@pytest.mark.parametrize("make", [make_zip, make_tar])
def test_a_bomb_is_refused_by_its_total(make, tmp_path):
    archive = make(tmp_path / "x", [(f"m{i}", bytes(1000)) for i in range(11)])
    refused(archive, tmp_path, "expands to too much", largest_bytes=10_000)
    assert len(unpack(archive, tmp_path / "new", largest_bytes=11_000)) == 11


def test_a_compressed_tar_is_refused_by_its_ratio(tmp_path):
    archive = make_tar(tmp_path / "x.tar.gz", [("zeros", bytes(2**24 + 1))], "w:gz")
    refused(archive, tmp_path, "expands to too much", largest_ratio=10)


@pytest.mark.parametrize("make", [make_zip, make_tar])
def test_too_many_members_are_refused(make, tmp_path):
    archive = make(tmp_path / "x", [(f"m{i}", b"") for i in range(21)])
    refused(archive, tmp_path, "too many members", largest_members=20)
    assert len(unpack(archive, tmp_path / "new", largest_members=21)) == 21


def test_a_member_longer_than_it_says_is_refused(tmp_path):
    archive = make_zip(tmp_path / "x.zip", [("a", b"0123456789" * 10)])
    data = bytearray(archive.read_bytes())
    directory = data.rfind(b"PK\x01\x02")
    struct.pack_into("<I", data, directory + 24, 5)  # the size in the central directory
    archive.write_bytes(data)
    refused(archive, tmp_path)


def test_a_long_header_of_tar_is_not_read_into_memory(tmp_path):
    """A name of 1 GiB, which tarfile would read at once."""
    header = tarfile.TarInfo("././@LongLink")
    header.type, header.size = tarfile.GNUTYPE_LONGNAME, 2**30
    path = tmp_path / "x.tar"
    path.write_bytes(header.tobuf(tarfile.GNU_FORMAT) + bytes(1024))
    refused(path, tmp_path)


def test_an_encrypted_zip_is_refused(tmp_path):
    archive = make_zip(tmp_path / "x.zip", [("a", b"secret")])
    data = bytearray(archive.read_bytes())
    data[6] |= 1
    data[data.rfind(b"PK\x01\x02") + 8] |= 1
    archive.write_bytes(data)
    refused(archive, tmp_path, "encrypted")


def test_an_archive_in_an_archive_stays_closed(tmp_path):
    inner = make_zip(tmp_path / "inner.zip", [("../out", b"1")])
    outer = make_zip(tmp_path / "outer.zip", [("inner.zip", inner.read_bytes())])
    (written,) = unpack(outer, tmp_path / "new")
    assert written.read_bytes() == inner.read_bytes()
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"text", b"\x1f\x8b\x08\x00bad"])
def test_what_is_no_archive_is_refused(data, tmp_path):
    (tmp_path / "x").write_bytes(data)
    refused(tmp_path / "x", tmp_path)


def test_a_folder_or_nothing_instead_of_an_archive_is_refused(tmp_path):
    (tmp_path / "folder").mkdir()
    refused(tmp_path / "folder", tmp_path)
    refused(tmp_path / "nothing", tmp_path)


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8, 0.97])
@pytest.mark.parametrize("make", ["zip", "tar", "tar.gz", "tar.bz2", "tar.xz"])
def test_a_cut_archive_is_refused_and_leaves_nothing(share, make, tmp_path):
    members = [(f"m{i}", bytes((i * j) % 251 for j in range(3000))) for i in range(4)]
    path = tmp_path / f"x.{make}"
    if make == "zip":
        make_zip(path, members)
    else:
        make_tar(path, members, "w:" + make.removeprefix("tar").removeprefix("."))
    data = path.read_bytes()
    end = len(data) if make != "tar" else 4 * (512 + 3072)
    path.write_bytes(data[: int(share * end)])
    refused(path, tmp_path)


def test_a_folder_that_exists_is_left_alone(tmp_path):
    archive = make_zip(tmp_path / "x.zip", [("a", b"1")])
    (tmp_path / "new").mkdir()
    (tmp_path / "new/mine").write_text("mine")
    with pytest.raises(ConfigError, match="cannot unpack here"):
        unpack(archive, tmp_path / "new")
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["mine"]


def test_bzip2_is_bounded(tmp_path):
    path = tmp_path / "x.bz2"
    path.write_bytes(bz2.compress(bytes(5000)))
    assert expand_bz2(path) == bytes(5000)
    with pytest.raises(DataError, match="too much"):
        expand_bz2(path, largest_bytes=4999)
    path.write_bytes(bz2.compress(b"hello world")[:-6])
    with pytest.raises(DataError, match="cut off"):
        expand_bz2(path)
    path.write_bytes(b"no")
    with pytest.raises(DataError):
        expand_bz2(path)
