"""A small anatomy and shorthands for the slow layer."""

import numpy as np
import pytest

from netmod.plasticity import PARAMETERS
from netmod.plasticity.slow import Anatomy, People

CONSTANTS = {name: parameter.default for name, parameter in PARAMETERS.items()}


@pytest.fixture
def constants():
    return dict(CONSTANTS)


@pytest.fixture
def anatomy():
    return Anatomy(
        field={
            "left": np.array([1.0, 0.6, 0.1, 1e-9, 0.0]),
            "right": np.array([1e-9, 0.1, 0.6, 1.0, 0.0]),
        },
        ht2a=np.array([1.0, 0.8, 0.5, 0.2, 0.0]),
        ht1a=np.array([0.3, 1.0, 0.5, 0.2, 0.7]),
        hippocampus=np.array([False, False, False, False, True]),
    )


@pytest.fixture
def one():
    return People(np.ones(1), np.ones(1))


@pytest.fixture
def three():
    return People(np.array([0.7, 1.0, 1.4]), np.array([1.2, 1.0, 0.8]))
