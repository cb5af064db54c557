import importlib.util
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def fake():
    path = Path(__file__).parents[1] / "figures" / "fake_study.py"
    spec = importlib.util.spec_from_file_location("fake_study", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def atlas(fake):
    return fake.fake_atlas()


@pytest.fixture
def stub_figures():
    """One-pixel pictures in the place of figures, which have tests of their own."""
    from PIL import Image

    from netmod.figures import FIGURES

    def write(out):
        (out / "figures").mkdir(exist_ok=True)
        for entry in FIGURES:
            Image.new("RGB", (1, 1)).save(out / "figures" / f"{entry.name}.png")
        return out

    return write
