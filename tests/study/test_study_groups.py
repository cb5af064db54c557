"""A study runs together only networks whose inputs are summed alike."""

from types import SimpleNamespace

import numpy as np

from netmod.dynamics.parameters import make_parameters
from netmod.models import MODELS
from netmod.study.engines import run_cells

RWW = MODELS["reduced_wong_wang"]
N = 8


def cell(name, kind):
    rng = np.random.default_rng(1)
    first = rng.uniform(0.0, 0.1, (N, N))
    second = 0.2 * first
    if kind == "pathway":
        second[3, 1] += 0.1
    elif kind == "both":
        second = rng.uniform(0.0, 0.1, (N, N))
    parameters = make_parameters(RWW, np.stack([first, second]))
    return SimpleNamespace(identity=name, parameters=parameters)


def test_no_batch_mixes_networks_that_need_one_matrix_and_both(monkeypatch):
    kinds = {"a": "share", "b": "both", "c": "pathway", "d": "share", "e": "both", "f": "pathway"}
    batches = []

    def run(_scenario, batch):
        batches.append([c.identity for c in batch])
        return [c.identity.upper() for c in batch]

    monkeypatch.setattr("netmod.study.engines._run_sde", run)
    scenario = SimpleNamespace(engine="sde", model=SimpleNamespace(name=RWW.name))
    cells = [cell(name, kind) for name, kind in kinds.items()]
    done = []
    found = dict(run_cells(scenario, [*cells, cells[0]], done.append))
    assert batches == [["a", "d"], ["b", "e"], ["c", "f"]]
    assert found == {name: name.upper() for name in kinds}  # each once, each its own
    assert done == [2, 2, 2]
