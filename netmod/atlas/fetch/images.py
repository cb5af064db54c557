"""Label images that nilearn fetches, kept with their labels, licence and checksums."""

from __future__ import annotations

import functools
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from netmod.atlas.fetch.download import DownloadError
from netmod.atlas.fetch.source import SCHAEFER_2018, Ingredients, Source
from netmod.atlas.integrity import SUMS_NAME, file_sha256, sums_text
from netmod.atlas.tsv import table_text
from netmod.atlas.write import json_text
from netmod.errors import DataError, NetmodError

IMAGE_NAME = "image.nii.gz"
LABELS_NAME = "labels.tsv"

_TZOURIO_2002 = """\
@article{tzouriomazoyer2002,
  author  = {Tzourio-Mazoyer, Nathalie and others},
  title   = {Automated anatomical labeling of activations in {SPM} using a macroscopic anatomical
             parcellation of the {MNI} {MRI} single-subject brain},
  journal = {NeuroImage},
  volume  = {15},
  pages   = {273--289},
  year    = {2002},
  doi     = {10.1006/nimg.2001.0978}
}
"""
_DESTRIEUX_2010 = """\
@article{destrieux2010,
  author  = {Destrieux, Christophe and others},
  title   = {Automatic parcellation of human cortical gyri and sulci using standard anatomical
             nomenclature},
  journal = {NeuroImage},
  volume  = {53},
  pages   = {1--15},
  year    = {2010},
  doi     = {10.1016/j.neuroimage.2010.06.010}
}
"""
_DADI_2020 = """\
@article{dadi2020,
  author  = {Dadi, Kamalaker and others},
  title   = {Fine-grain atlases of functional modes for {fMRI} analysis},
  journal = {NeuroImage},
  volume  = {221},
  pages   = {117126},
  year    = {2020},
  doi     = {10.1016/j.neuroimage.2020.117126}
}
"""

DOC = """\
An image of labels (or, for DiFuMo, of maps) with a table of its regions, for averaging other images
by region. It holds no connectivity and is no atlas for a simulation. nilearn downloads it from the
publisher, who may change it: the checksum in source.json tells what came.
"""


def build(ingredients: Ingredients, *, fetcher: str, options: dict[str, Any]) -> None:
    """Fill a folder with the image, the table of labels and where they are from."""
    import nilearn
    import nilearn.datasets

    fetch: Callable[..., Any] = getattr(nilearn.datasets, fetcher)
    source, folder = ingredients.source, ingredients.folder
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        try:
            atlas = fetch(**options, data_dir=scratch, verbose=0)
        except NetmodError:
            raise
        except Exception as error:  # whatever nilearn, requests or tarfile make of a network
            raise DownloadError(
                f"nilearn could not fetch '{source.name}'",
                got=f"{type(error).__name__}: {' '.join(str(error).split())[:200]}",
                hint="offline? fetch where there is a network and copy the data folder; "
                "NETMOD_MIRROR does not serve images",
            ) from None
        folder.mkdir()
        _keep(Path(str(atlas.maps)), folder / IMAGE_NAME)
        rows = [[str(index), name] for index, name in _labels(atlas)]
    (folder / LABELS_NAME).write_bytes(table_text(["index", "name"], rows).encode())
    record = {
        "name": source.name,
        "title": source.title,
        "licence": source.licence,
        "fetched_by": f"nilearn.datasets.{fetcher}",
        "options": options,
        "nilearn": nilearn.__version__,
        "image_sha256": file_sha256(folder / IMAGE_NAME),
    }
    texts = {
        "source.json": json_text(record),
        "LICENSE": f"{source.title}\n{source.licence}\n",
        "CITATION.bib": source.citation,
        "README.md": f"# {source.name}\n\n{source.title}.\n\n{source.doc}\n"
        f"Licence: {source.licence}.\n",
    }
    for name, text in texts.items():
        (folder / name).write_bytes(text.encode())
    names = [IMAGE_NAME, LABELS_NAME, *texts]
    (folder / SUMS_NAME).write_bytes(sums_text(folder, names).encode())


def _keep(image: Path, path: Path) -> None:
    if image.name.endswith(".gz"):
        shutil.copyfile(image, path)
        return
    import gzip

    # No name and no time in the header: the same image gives the same bytes.
    with path.open("wb") as raw, gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as stream:
        stream.write(image.read_bytes())


def _labels(atlas: Any) -> Sequence[tuple[int, str]]:
    """Return value and name of each region, background left out."""
    table = atlas.get("lut")
    if table is not None:
        pairs = zip(table["index"], table["name"], strict=True)
    elif hasattr(atlas["labels"], "columns"):  # DiFuMo: one row for each map, counted from 1
        pairs = enumerate(atlas["labels"]["difumo_names"], start=1)
    else:
        raise DataError(
            "this version of nilearn gives no table of labels", hint="install nilearn 0.12 or later"
        )
    return [(int(index), str(name)) for index, name in pairs if int(index) != 0]


def _source(
    name: str, title: str, licence: str, citation: str, fetcher: str, **options: Any
) -> Source:
    return Source(
        name=name,
        title=title,
        kind="images",
        licence=licence,
        citation=citation,
        doc=DOC,
        build=functools.partial(build, fetcher=fetcher, options=options),
    )


SOURCES = (
    *(
        _source(
            f"image_schaefer{n}",
            f"Schaefer 2018 labels, {n} cortical parcels, 7 networks, 2 mm (nilearn)",
            "MIT",
            SCHAEFER_2018,
            "fetch_atlas_schaefer_2018",
            n_rois=n,
            yeo_networks=7,
            resolution_mm=2,
        )
        for n in (100, 200, 300, 400)
    ),
    _source(
        "image_aal",
        "AAL labels, SPM12 version, 116 regions (nilearn)",
        "unknown (nilearn names none; see the publisher's terms)",
        _TZOURIO_2002,
        "fetch_atlas_aal",
        version="SPM12",
    ),
    _source(
        "image_destrieux",
        "Destrieux 2009 labels, cortex of both hemispheres (nilearn)",
        "unknown (nilearn names none; see the publisher's terms)",
        _DESTRIEUX_2010,
        "fetch_atlas_destrieux_2009",
    ),
    _source(
        "image_difumo64",
        "DiFuMo, 64 functional modes as maps, 2 mm (nilearn)",
        "unrestricted for non-commercial research",
        _DADI_2020,
        "fetch_atlas_difumo",
        dimension=64,
        resolution_mm=2,
    ),
)
