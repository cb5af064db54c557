"""docs/tour.md runs, and shows what its prose says."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

HERE = Path(__file__).resolve().parent


def run_page(page, folder):
    """Return what the blocks of a page define, run in a folder."""
    spec = importlib.util.spec_from_file_location("docs_blocks", HERE / "blocks.py")
    blocks = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(blocks)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        return blocks.run_page(page, folder)


@pytest.fixture(scope="module")
def tour(tmp_path_factory):
    """What the blocks of the page define."""
    folder = tmp_path_factory.mktemp("tour")
    return run_page("docs/tour.md", folder) | {"folder": folder}


def test_ten_lines_from_atlas_to_fc():
    text = (HERE.parents[1] / "docs" / "tour.md").read_text("utf-8")
    first = text.split("```python\n")[1].split("```")[0]
    assert len([line for line in first.splitlines() if line.strip()]) <= 10


def test_simulated_scan_resembles_the_data(tour):
    scan = tour["scan"]
    assert scan.bold.shape == (60, 84) and scan.tr_s == 2.0
    assert scan.rate_hz == pytest.approx(3.06, rel=0.2)
    assert tour["r"] > 0.5


def test_linear_engine_reproduces_the_fitted_fc(tour):
    assert tour["r_linear"] == pytest.approx(0.969, abs=0.01)
    assert tour["agree"] > 0.6


def test_fit_of_the_tractography_grows_with_coupling(tour):
    assert (np.diff(tour["fits"]) > 0).all()
    means = [scan.rate_hz.mean() for scan in tour["scans"]]
    assert means == pytest.approx([3.06] * 4, rel=0.05)


def test_delays_are_lengths_over_velocity(tour):
    edges = (tour["delayed"].parameters.weights != 0).any(axis=0)
    expected = tour["atlas"].lengths_mm[edges].max() / 6.0
    assert tour["longest_ms"] == pytest.approx(expected, rel=1e-6)
    assert tour["late"].rate_hz.mean() == pytest.approx(3.06, rel=0.1)


def test_pulse_acts_from_its_onset_and_strongest_at_its_target(tour):
    before, response = tour["before"], tour["response"]
    assert (response[before] == 0.0).all()
    assert (response[~before] != 0.0).any(axis=0).all()
    target = {tour["atlas"].region[k] for k in tour["dlpfc"]}
    assert set(tour["order"][:2]) == target


def test_another_model_runs_on_the_same_network(tour):
    assert tour["hopf_scan"].bold.shape == (60, 84)
    assert 0.2 < tour["r_hopf"] < 0.9


def test_bold_by_convolution_shows_the_solved_fc_in_the_band_and_without_global_signal(tour):
    bold, band, rest, pairs = (tour[name] for name in ("bold", "band", "rest", "pairs"))
    # one value for each tenth of a second: the last of ten means of 10 ms
    np.testing.assert_allclose(
        tour["activity"][3], tour["neural"]["S_E"][0, 30:40].mean(axis=0), rtol=1e-6
    )
    assert bold.shape == (60, 84)
    found = np.corrcoef(bold.T)[pairs]
    assert np.corrcoef(found, tour["solved"].fc()[pairs])[0, 1] > 0.5  # measured 0.72
    hz = np.fft.rfftfreq(len(bold), 2.0)
    inside = (hz >= 0.01) & (hz <= 0.1)
    share = []
    for series in (bold, band):
        power = (np.abs(np.fft.rfft(series - series.mean(axis=0), axis=0)) ** 2).sum(axis=1)
        share.append(power[inside].sum() / power.sum())
    assert share[0] < 0.9 < share[1]  # measured 0.871 and 0.944
    z = (band - band.mean(axis=0)) / band.std(axis=0)
    assert np.abs(np.corrcoef(rest.T, z.mean(axis=1))[-1, :-1]).max() < 1e-10
    assert abs(np.corrcoef(rest.T)[pairs].mean()) < 0.1 < found.mean()


def test_eeg_is_the_gain_times_the_potentials_with_an_alpha_peak(tour):
    potential, eeg, lead = tour["source"]["potential"][0, 250:], tour["eeg"], tour["lead"]
    assert eeg.shape == (1000, 5) and lead.gain.shape == (5, 84)
    sensors = [[row @ gain for gain in lead.gain] for row in potential[:3].astype(float)]
    expected = np.array(sensors) - np.mean(sensors, axis=1, keepdims=True)
    np.testing.assert_allclose(eeg[:3], expected, atol=1e-9 * np.abs(sensors).max())
    assert (np.abs(tour["hz"][tour["power"].argmax(axis=0)] - 10.5) < 1.0).all()  # measured


def test_figure_is_written(tour):
    assert (tour["folder"] / "fc.png").read_bytes().startswith(b"\x89PNG")


def test_readme_runs(tmp_path, capsys):
    names = run_page("README.md", tmp_path)
    assert names["scan"].fc().shape == (84, 84)
    assert names["scan"].rate_hz.mean() == pytest.approx(3.1, abs=0.1)
    shape = (1, 2000, 84)
    assert str(shape) in capsys.readouterr().out
    assert names["hopf"].parameters.delays_s.max() > 0.03
