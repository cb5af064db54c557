"""What a neural mass declares, and the messages when a value does not fit."""

import pytest

from netmod.errors import ConfigError
from netmod.models import MODELS

RWW = MODELS["reduced_wong_wang"]


def test_defaults_are_the_published_constants():
    published = {
        "a_E": 310.0, "b_E": 125.0, "d_E": 0.16, "tau_E": 0.1, "gamma_E": 0.641,
        "a_I": 615.0, "b_I": 177.0, "d_I": 0.087, "tau_I": 0.01, "gamma_I": 1.0,
        "w_plus": 1.4, "J_N": 0.15, "I_0": 0.382, "W_E": 1.0, "W_I": 0.7, "J": 1.0,
    }  # fmt: skip
    defaults = RWW.defaults()
    assert {name: defaults[name] for name in published} == published
    # no receptor term and no stimulus unless an arm brings them
    assert (defaults["gain"], defaults["excitation"], defaults["I_ext"]) == (0.0, 0.0, 0.0)


def test_override_changes_that_value_only():
    changed = RWW.defaults(G=2.0)
    assert changed.pop("G") == 2.0
    assert changed == {k: v for k, v in RWW.defaults().items() if k != "G"}


def test_unknown_parameter_names_the_nearest():
    with pytest.raises(ConfigError) as caught:
        RWW.defaults(w_pluss=1.0)
    assert caught.value.what == "model 'reduced_wong_wang' has no parameter 'w_pluss'"
    assert caught.value.hint == "did you mean 'w_plus'?"
    assert "w_plus" in caught.value.expected


@pytest.mark.parametrize("value", [-1e-9, 10.001, float("nan"), float("inf")])
def test_value_outside_its_range_is_refused(value):
    with pytest.raises(ConfigError) as caught:
        RWW.defaults(G=value)
    assert caught.value.what == "parameter 'G' of model 'reduced_wong_wang' is out of range"
    assert caught.value.expected == "0 to 10 1"
    assert caught.value.got == f"{value:g}"
