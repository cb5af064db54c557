"""What licences, citations and cards of several atlases share."""

from __future__ import annotations

HCP_TERMS = """\
    HCP Open Access Data Use Terms (https://www.humanconnectome.org/study/hcp-young-adult/
    document/wu-minn-hcp-consortium-open-access-data-use-terms). Acknowledgement asked for by
    those terms: Data were provided [in part] by the Human Connectome Project, WU-Minn
    Consortium (Principal Investigators: David Van Essen and Kamil Ugurbil; 1U54MH091657) funded
    by the 16 NIH Institutes and Centers that support the NIH Blueprint for Neuroscience
    Research; and by the McDonnell Center for Systems Neuroscience at Washington University.
"""

ALLEN_TERMS = """\
    Values of the Allen Human Brain Atlas (Allen Institute for Brain Science,
    https://human.brain-map.org), under the Terms of Use of the Allen Institute
    (https://alleninstitute.org/terms-of-use/), parcellated in the package
    imaging-transcriptomics 1.1.15. Columns of figures were taken, no code and no text.
"""

SURFACE_ROW = (
    "| `surface.tsv` | region of each vertex of fsaverage5, in runs; for pictures and averages |\n"
)

_ENTRIES = {
    "schirner2023": """@article{schirner2023,
  author  = {Schirner, Michael and Deco, Gustavo and Ritter, Petra},
  title   = {Learning how network structure shapes decision-making for bio-inspired computing},
  journal = {Nature Communications},
  volume  = {14},
  pages   = {2963},
  year    = {2023},
  doi     = {10.1038/s41467-023-38626-y}
}
""",
    "pille2025": """@article{pille2025,
  author  = {Pille, Marius and Martin, Leon and Richter, Emilius and Perdikis, Dionysios and
             Schirner, Michael and Ritter, Petra},
  title   = {Fast and Easy Whole-Brain Network Model Parameter Estimation with Automatic
             Differentiation},
  journal = {bioRxiv},
  year    = {2025},
  doi     = {10.1101/2025.11.18.689003}
}
""",
    "desikan2006": """@article{desikan2006,
  author  = {Desikan, Rahul S. and others},
  title   = {An automated labeling system for subdividing the human cerebral cortex on {MRI}
             scans into gyral based regions of interest},
  journal = {NeuroImage},
  volume  = {31},
  pages   = {968--980},
  year    = {2006},
  doi     = {10.1016/j.neuroimage.2006.01.021}
}
""",
    "yeo2011": """@article{yeo2011,
  author  = {Yeo, B. T. Thomas and others},
  title   = {The organization of the human cerebral cortex estimated by intrinsic functional
             connectivity},
  journal = {Journal of Neurophysiology},
  volume  = {106},
  pages   = {1125--1165},
  year    = {2011},
  doi     = {10.1152/jn.00338.2011}
}
""",
    "vanessen2013": """@article{vanessen2013,
  author  = {Van Essen, David C. and others},
  title   = {The {WU-Minn} {Human} {Connectome} {Project}: an overview},
  journal = {NeuroImage},
  volume  = {80},
  pages   = {62--79},
  year    = {2013},
  doi     = {10.1016/j.neuroimage.2013.05.041}
}
""",
    "hawrylycz2012": """@article{hawrylycz2012,
  author  = {Hawrylycz, Michael J. and others},
  title   = {An anatomically comprehensive atlas of the adult human brain transcriptome},
  journal = {Nature},
  volume  = {489},
  pages   = {391--399},
  year    = {2012},
  doi     = {10.1038/nature11405}
}
""",
    "giacomel2022": """@article{giacomel2022,
  author  = {Giacomel, Alessio and others},
  title   = {Integrating neuroimaging and gene expression data using the imaging transcriptomics
             toolbox},
  journal = {Journal of Visualized Experiments},
  year    = {2022},
  doi     = {10.3791/63257}
}
""",
    "schaefer2018": """@article{schaefer2018,
  author  = {Schaefer, Alexander and others},
  title   = {Local-global parcellation of the human cerebral cortex from intrinsic functional
             connectivity {MRI}},
  journal = {Cerebral Cortex},
  volume  = {28},
  pages   = {3095--3114},
  year    = {2018},
  doi     = {10.1093/cercor/bhx179}
}
""",
    "glasser2016": """@article{glasser2016,
  author  = {Glasser, Matthew F. and others},
  title   = {A multi-modal parcellation of human cerebral cortex},
  journal = {Nature},
  volume  = {536},
  pages   = {171--178},
  year    = {2016},
  doi     = {10.1038/nature18933}
}
""",
    "saberi2025": """@article{saberi2025,
  author  = {Saberi, Amin and others},
  title   = {{cuBNM}: {GPU}-Accelerated Brain Network Modeling},
  journal = {bioRxiv},
  year    = {2025},
  doi     = {10.1101/2025.11.13.688224}
}
""",
    "vosdewael2020": """@article{vosdewael2020,
  author  = {Vos de Wael, Reinder and others},
  title   = {{BrainSpace}: a toolbox for the analysis of macroscale gradients in neuroimaging and
             connectomics datasets},
  journal = {Communications Biology},
  volume  = {3},
  pages   = {103},
  year    = {2020},
  doi     = {10.1038/s42003-020-0794-7}
}
""",
    "elias2024": """@article{elias2024,
  author  = {Elias, Gavin J. B. and others},
  title   = {A large normative connectome for exploring the tractographic correlates of focal
             brain interventions},
  journal = {Scientific Data},
  volume  = {11},
  pages   = {353},
  year    = {2024},
  doi     = {10.1038/s41597-024-03197-0}
}
""",
}


def citation(*keys: str) -> str:
    """Return the BibTeX entries of some keys."""
    return "\n".join(_ENTRIES[key] for key in keys)
