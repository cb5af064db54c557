"""docs/extending.md on readouts is true: one file more or changed, and it is known everywhere."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "extending.md").read_text("utf-8")

ASK = """
import json, sys
import numpy as np
from netmod.cli import main
from netmod.graph import METRICS, NetworkMasks, signature_row
from netmod.graph.measures import MEASURES, measure
from netmod.scenario import json_schema

networks = ("Default",) * 3 + ("Visual",) * 4
masks = NetworkMasks(7, tuple(range(7)), networks, {})
cov = np.cov(np.random.default_rng(0).standard_normal((7, 30)))
row = signature_row(cov, np.ones(7), masks, 2)
fc = np.corrcoef(np.random.default_rng(0).standard_normal((7, 30)))
print(json.dumps({
    "columns": list(row), "metrics": list(METRICS),
    "value": row.get("visual_within"), "by_hand": fc[3:, 3:][np.triu_indices(4, 1)].mean(),
    "reciprocity": "reciprocity" in MEASURES and measure([[0, 1], [0.5, 0]], "reciprocity"),
    "schema": "visual_within" in json.dumps(json_schema()),
}))
sys.exit(main(["metrics", *sys.argv[1:]]))
"""


def block(heading):
    """The first block of Python under a heading of the page."""
    part = PAGE.split(f"\n## {heading}\n")[1]
    return re.search(r"```python\n(.*?)```", part, re.S)[1]


@pytest.fixture
def tree(tmp_path):
    """A copy of the package and of what makes its page."""
    shutil.copytree(
        ROOT / "netmod", tmp_path / "netmod", ignore=shutil.ignore_patterns("__pycache__")
    )
    (tmp_path / "atlases").symlink_to(ROOT / "atlases")
    (tmp_path / "configs").symlink_to(ROOT / "configs")
    (tmp_path / "docs").mkdir()
    for name in ("make_models.py", "make_measures.py"):
        shutil.copy(ROOT / "docs" / name, tmp_path / "docs")
    return tmp_path


def python(tree, *words):
    done = subprocess.run(
        [sys.executable, *words],
        cwd=tree,
        env={"PYTHONPATH": str(tree), "PATH": ""},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_signature_is_known_everywhere_from_one_file(tree):
    text = block("A signature")
    function = re.search(r"^def _visual_within.*?(?=^\S)", text, re.M | re.S)[0]
    entry = re.search(r"VISUAL_WITHIN = (Metric\(.*?^\)),?$", text, re.M | re.S)[1]
    path = tree / "netmod" / "graph" / "signatures.py"
    source = path.read_text("utf-8")
    head = "METRICS: Mapping[str, Metric] = by_name(\n"
    assert head in source
    end = source.index("\n)\n", source.index(head)) + 1
    changed = source[:end] + f"{entry},\n" + source[end:]
    path.write_text(changed.replace(head, f"{function}\n{head}"), "utf-8")

    answer, _, listing = python(tree, "-c", ASK, "visual_within").partition("\n")
    told = json.loads(answer)
    assert told["columns"][-1] == told["metrics"][-1] == "visual_within"
    assert told["value"] == pytest.approx(told["by_hand"], abs=1e-12)
    assert told["schema"]
    assert "visual_within (signature)" in listing and "doi:10.1152/jn.00338.2011" in listing
    python(tree, "docs/make_measures.py")
    assert "| `visual_within` | mean r over all" in (tree / "docs/measures.md").read_text("utf-8")


def test_a_graph_measure_is_known_everywhere_from_one_file(tree):
    new = tree / "netmod" / "graph" / "measures" / "reciprocity.py"
    new.write_text(block("A graph measure"), "utf-8")
    answer, _, listing = python(tree, "-c", ASK, "reciprocity").partition("\n")
    assert json.loads(answer)["reciprocity"] == pytest.approx(2 / 3)
    assert "reciprocity (graph measure)" in listing
    assert "input: matrix, directed or not, no negative weights" in listing
    python(tree, "docs/make_measures.py")
    assert "| `reciprocity` | share of weight" in (tree / "docs/measures.md").read_text("utf-8")
