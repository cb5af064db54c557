import importlib.util
from pathlib import Path

import pytest

from netmod.study.results import load_results


def load_fake_study():
    path = Path(__file__).with_name("fake_study.py")
    spec = importlib.util.spec_from_file_location("fake_study", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def fake():
    return load_fake_study()


@pytest.fixture(scope="session")
def atlas(fake):
    return fake.fake_atlas()


@pytest.fixture(scope="session")
def study(fake, atlas, tmp_path_factory):
    return fake.write_fake_study(tmp_path_factory.mktemp("study") / "out", atlas)


@pytest.fixture(scope="session")
def results(study):
    return load_results(study)


@pytest.fixture(autouse=True)
def _look():
    import matplotlib

    from netmod.figures.style import RC

    matplotlib.use("Agg")
    with matplotlib.rc_context(RC):
        yield
