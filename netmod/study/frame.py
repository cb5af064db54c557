"""The frame of a study folder: what it is, who took part, what to cite, checksums."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

from netmod import __version__
from netmod.atlas import Atlas
from netmod.errors import DataError, IntegrityError
from netmod.scenario.schema import Scenario

OWN = (
    "sub-*/sub-*_task-rest_desc-*_atlas-*_stat-*.tsv",
    "sub-*/sub-*_task-rest_desc-*_atlas-*_stat-*.json",
    "sub-*/.sub-*.part",
    "group/signatures.*", "group/comparisons.*", "group/connectivity.*",
    "group/slow_states.*", "group/seizures.*", "group/.*.part",
    "figures/*.png", "code/scenario.resolved.yaml", "code/.*.part", ".*.part",
    "report.html", "participants.tsv", "participants.json", "CITATION.bib", "README",
    ".bidsignore", "SHA256SUMS", "dataset_description.json",
)  # fmt: skip
"""Files that a run writes into its folder, beside ``logs``; ``--fresh`` removes these alone."""

_README = """\
Simulated scans and their comparison, written by netmod.

Research simulator: not medical advice.

sub-*/      scans: BOLD series (engine sde) and Pearson connectivity, a sidecar with each
group/      signatures.tsv: one row a scan; comparisons.tsv: arms against their references;
            slow_states.tsv: what treatments change over hours and weeks, by arm, time and place;
            seizures.tsv: every electroconvulsive stimulus of every subject, where there were any
code/       the scenario with every default filled in; running it again gives the same bytes
"""

_SOFTWARE = """\
@software{netmod,
  title = {netmod: whole-brain models of how depression treatments rewire networks},
  version = {%s},
  license = {BSD-3-Clause}
}

@article{deco2014,
  title = {How local excitation-inhibition ratio impacts the whole brain dynamics},
  author = {Deco, Gustavo and Ponce-Alvarez, Adrian and Hagmann, Patric and Romani, Gian Luca and
            Mantini, Dante and Corbetta, Maurizio},
  journal = {Journal of Neuroscience}, year = {2014}, doi = {10.1523/JNEUROSCI.5068-13.2014}
}

@article{friston2003,
  title = {Dynamic causal modelling},
  author = {Friston, Karl J. and Harrison, Lee and Penny, Will},
  journal = {NeuroImage}, year = {2003}, doi = {10.1016/S1053-8119(03)00202-7}
}

@article{graupner2012,
  title = {Calcium-based plasticity model explains sensitivity of synaptic changes to spike pattern,
           rate, and dendritic location},
  author = {Graupner, Michael and Brunel, Nicolas},
  journal = {PNAS}, year = {2012}, doi = {10.1073/pnas.1109359109}
}

"""


def write_frame(scenario: Scenario, atlas: Atlas, cohort, store) -> None:
    """Write all but the scans, the tables and the pictures.

    Parameters
    ----------
    scenario : Scenario
    atlas : Atlas
    cohort : netmod.study.prepare.Cohort
    store : netmod.study.store.Store
    """
    from netmod.study.store import DISCLAIMER, write_whole

    out = store.folder
    description = {
        "Name": scenario.name,
        "BIDSVersion": "1.10.0",
        "DatasetType": "derivative",
        "GeneratedBy": [{"Name": "netmod", "Version": __version__}],
        "ScenarioSHA256": scenario.sha256,
        "Atlas": atlas.name,
        "AtlasSHA256": atlas.sha256,
        **_people(scenario),
        "Note": DISCLAIMER,
    }
    rows = ["participant_id\tseverity\tclearance\tinduction\tmean_set_point_hz"]
    rows += [
        f"sub-{store.label(s.name)}\t{s.severity:.6g}\t{s.clearance:.6g}\t{s.induction:.6g}"
        f"\t{s.set_point_hz.mean():.6g}"
        for s in cohort.subjects
    ]
    columns = {
        "severity": {"Description": "scale of the lesion where this person is a patient"},
        "clearance": {"Description": "drug elimination, 1 in the typical person"},
        "induction": {"Description": "inducibility of synapses, 1 in the typical person"},
        "mean_set_point_hz": {"Description": "mean homeostatic firing rate", "Units": "Hz"},
        "Note": "virtual subjects",
    }
    if scenario.cohort.folder is not None:
        columns["Note"] = "virtual subjects with the connectomes of the people of these labels"
    # first: it says whose folder this is, should the run be stopped from here on
    write_whole(out / "dataset_description.json", json.dumps(description, indent=1) + "\n")
    write_whole(out / "code" / "scenario.resolved.yaml", scenario.to_yaml())
    write_whole(out / "participants.tsv", "\n".join(rows) + "\n")
    write_whole(out / "participants.json", json.dumps(columns, indent=1) + "\n")
    write_whole(out / "CITATION.bib", _SOFTWARE % __version__ + atlas.citation.strip() + "\n")
    write_whole(out / "README", _README)
    write_whole(out / ".bidsignore", "group/\nfigures/\nlogs/\ncode/\nreport.html\n*_relmat.*\n")


def _people(scenario: Scenario) -> dict[str, object]:
    """Return whose connectomes were used, by the folder's name and the digest of its files."""
    cohort = scenario.cohort
    if cohort.folder is None:
        return {}
    return {"People": Path(cohort.folder).name, "PeopleSHA256": cohort.people_sha256}


def is_study(out: Path) -> bool:
    """Tell whether netmod wrote a folder: its description says so."""
    try:
        description = json.loads((out / "dataset_description.json").read_text("utf-8"))
        return any(tool["Name"] == "netmod" for tool in description["GeneratedBy"])
    except (OSError, ValueError, LookupError, TypeError):
        return False


def seal_study(out: Path) -> None:
    """Write ``SHA256SUMS`` over every file but logs."""
    from netmod.study.store import write_whole

    lines = [f"{_digest(path)}  {path.relative_to(out).as_posix()}" for path in _sealed(out)]
    write_whole(out / "SHA256SUMS", "\n".join(lines) + "\n")


def verify_study(out: Path) -> int:
    """Check a study folder against its checksums and print what was found.

    Returns
    -------
    int
        0 when everything matches.

    Raises
    ------
    DataError
        If there are no checksums.
    IntegrityError
        If a file is changed, missing or new, or the list of checksums itself is damaged.
    """
    sums = out / "SHA256SUMS"
    if not sums.is_file():
        raise DataError(
            "no SHA256SUMS here", where=str(out), expected="a finished study folder",
            hint="run 'netmod run' to the end first",
        )  # fmt: skip
    known = _checksums(sums)
    found = {path.relative_to(out).as_posix(): path for path in _sealed(out)}
    wrong = [f"changed: {name}" for name in known.keys() & found.keys()
             if _digest(found[name]) != known[name]]  # fmt: skip
    wrong += [f"missing: {name}" for name in known.keys() - found.keys()]
    wrong += [f"not listed: {name}" for name in found.keys() - known.keys()]
    if wrong:
        raise IntegrityError(
            f"{len(wrong)} files do not match", where=str(out), got="; ".join(sorted(wrong)[:10]),
            hint="run the study again; finished scans that are intact are kept",
        )  # fmt: skip
    print(f"{len(known)} files match")
    return 0


def cite_study(out: Path) -> str:
    """Return the BibTeX of what a study used.

    Raises
    ------
    DataError
        If the folder is no study, or the file is not text.
    """
    bib = out / "CITATION.bib"
    if not bib.is_file():
        raise DataError("no CITATION.bib here", where=str(out), expected="a study folder")
    try:
        return bib.read_text("utf-8").rstrip()
    except UnicodeDecodeError as error:
        raise DataError(
            "not a text file", where=str(bib), expected="BibTeX in UTF-8",
            got=f"byte 0x{error.object[error.start]:02x} at offset {error.start}",
            hint="run the study again; it writes this file anew",
        ) from None  # fmt: skip


def _checksums(sums: Path) -> dict[str, str]:
    """Return the digests of a file like that of sha256sum, by path."""
    known: dict[str, str] = {}
    # split at \n alone: a file's name may hold any other line break
    for number, line in enumerate(sums.read_bytes().removesuffix(b"\n").split(b"\n"), 1):
        match = re.fullmatch(rb"([0-9a-f]{64})  (.+)", line, re.DOTALL)
        try:
            name = match.group(2).decode("utf-8") if match else None
        except UnicodeDecodeError:
            name = None
        if match is None or name is None or name in known:
            raise IntegrityError(
                "the list of checksums is damaged", where=f"{sums}:{number}",
                expected="a SHA-256, two spaces and a path, each path once",
                got=repr(line[:60])[1:],
                hint="run the study again; finished scans that are intact are kept",
            )  # fmt: skip
        known[name] = match.group(1).decode()
    return known


def _sealed(out: Path) -> list[Path]:
    paths = (p for p in out.rglob("*") if p.is_file())
    return sorted(
        p for p in paths
        if p.relative_to(out).parts[0] != "logs" and p.name != "SHA256SUMS"
    )  # fmt: skip


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
