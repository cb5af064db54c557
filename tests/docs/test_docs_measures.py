"""docs/measures.md says what the declarations say, and its example runs."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from netmod.graph.catalogue import GROUPS

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "measures.md").read_text("utf-8")


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    """What the example defines."""
    spec = importlib.util.spec_from_file_location(
        "docs_blocks", Path(__file__).parent / "blocks.py"
    )
    blocks = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(blocks)
    return blocks.run_page("docs/measures.md", tmp_path_factory.mktemp("docs"))


def test_page_is_what_the_declarations_say():
    command = [sys.executable, "docs/make_measures.py", "--check"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert found.returncode == 0, found.stdout + found.stderr


def test_check_finds_a_stale_page_and_writes_nothing(tmp_path):
    for name in ("make_measures.py", "make_models.py"):
        (tmp_path / name).write_text((ROOT / "docs" / name).read_text("utf-8"), "utf-8")
    stale = PAGE.replace("| [0, 1] |", "| [0, 2] |", 1)
    assert stale != PAGE
    (tmp_path / "measures.md").write_text(stale, "utf-8")
    command = [sys.executable, str(tmp_path / "make_measures.py"), "--check"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert found.returncode == 1 and "stale" in found.stderr
    assert (tmp_path / "measures.md").read_text("utf-8") == stale


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.kind)
def test_every_name_has_its_row(group):
    part = re.search(rf"^## {group.title}$(.*?)(?=^## |\Z)", PAGE, re.M | re.S)[1]
    assert re.findall(r"^\| `(\w+)` \|", part, re.M) == list(group.members)
    rows = [line for line in part.splitlines() if line.startswith("|")]
    assert len({len(re.findall(r"(?<!\\)\|", row)) for row in rows}) == 1


def test_links_hold_whole_identifiers():
    for shown, target in re.findall(r"\[doi:(\S+?)\]\(https://doi\.org/(\S+)\)(?= |;|,|$)", PAGE):
        assert shown == target
    assert "`doi:10.1002/(SICI)1097-0193(1999)8:4<194::AID-HBM4>3.0.CO;2-C`" in PAGE


def test_definitions_of_other_libraries_are_told():
    table = PAGE.split("## Where definitions differ")[1]
    assert "| clustering, transitivity | weights over the largest, as networkx" in table
    assert 'is `definition="rubinov"`; BCT\'s default (Wang et al. 2016) is not offered |' in table


def test_example_gives_what_it_says(example):
    assert example["fc"].shape == example["partial"].shape == (68, 68)
    assert example["q_networks"] < example["q"] < 1
    assert example["agreed"].labels.shape == (68,)
    assert example["beyond"].z > 3
    assert (np.diff(example["curve"].values) > 0).all()
    assert example["efficiency"] == pytest.approx(example["curve"].values[1])
    assert ((example["roles"] >= 0) & (example["roles"] < 1)).all()
    # samples that do not depend on each other have no dynamics: the surrogate is as good
    assert example["own"] == pytest.approx(example["surrogate"], rel=0.3)
    assert 0 < example["metastability"] < 0.5
    assert example["row"]["modularity"] == pytest.approx(example["q"], abs=1e-3)
