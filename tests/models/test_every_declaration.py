"""What every neural mass declares: names, parameters, sources, errors, without loading jax."""

import re
import subprocess
import sys

import numpy as np
import pytest

from netmod.errors import ConfigError
from netmod.models import MODELS
from netmod.models.coupling import COUPLINGS

EVERY_MODEL = pytest.mark.parametrize("model", MODELS.values(), ids=lambda model: model.name)
# a DOI, a package with its version, or the words of `netmod.models.Parameter`
TRACEABLE = r"doi:10\.\d{4,}/\S|\b[a-z]+ \d+\.\d+|\bproposal\b|\brecalled\b"


@EVERY_MODEL
def test_names_fit_together(model):
    assert MODELS[model.name] is model
    assert type(model).__module__ == f"netmod.models.{model.name}"
    for names in (model.states, model.coupling_inputs, model.noise_on):
        assert isinstance(names, tuple) and len(set(names)) == len(names)
    assert model.states and model.coupling_inputs
    assert not set(model.states) & set(model.parameters)
    assert len(model.transmitted) == len(model.coupling_inputs)
    assert set(model.noise_on) <= set(model.states)
    assert model.inhibition is None or model.inhibition in model.parameters
    assert model.stimulus.strip()


@EVERY_MODEL
def test_every_parameter_is_documented(model):
    with pytest.raises(TypeError):
        model.parameters["G"] = None
    for name, p in model.parameters.items():
        assert name.isidentifier() and not name.startswith("noise_sd_"), name
        assert np.isfinite([p.low, p.default, p.high]).all(), name
        assert p.low <= p.default <= p.high and p.low < p.high, name
        assert p.unit and p.unit == p.unit.strip(), name
        assert len(p.doc) > 5 and p.doc[0].isupper() and not p.doc.endswith("."), name
        assert re.search(TRACEABLE, p.source), name
        assert not p.whole or float(p.default).is_integer(), name


@EVERY_MODEL
def test_noise_is_declared_with_its_unit(model):
    assert {"noise_sd", "noise_tau"} <= set(model.parameters)
    size, time = model.parameters["noise_sd"], model.parameters["noise_tau"]
    assert size.unit.endswith("/sqrt(s)") and size.low == 0.0
    assert (time.unit, time.low, time.default) == ("s", 0.0, 0.0)


@EVERY_MODEL
def test_docstring_has_equations_and_a_doi(model):
    text = type(model).__doc__
    assert model.doc.endswith(".") and len(model.doc) < 100
    equations, references = re.split(r"\n +References\n +-+\n", text)
    assert ".. math::" in equations
    # derivatives or differentials, of every state or of those that one complex number holds
    assert re.search(r"/dt|\\dot|\bd[a-z]\w* *&?=", equations)
    assert re.search(r"\b(19|20)\d\d\b", references)
    assert re.search(r"doi:10\.\d{4,}/\S", text)


@EVERY_MODEL
def test_defaults_are_the_declared_ones_and_errors_say_what_would_do(model):
    defaults = model.defaults()
    assert defaults == {name: p.default for name, p in model.parameters.items()}
    name, p = next((n, p) for n, p in model.parameters.items() if len(n) > 3)
    assert model.defaults(**{name: p.low, "G": defaults["G"]}) == {**defaults, name: p.low}
    with pytest.raises(ConfigError) as caught:
        model.defaults(**{name + "x": 1.0})
    assert str(caught.value) == (
        f"model '{model.name}' has no parameter '{name}x'\n"
        f"  expected: {', '.join(model.parameters)}\n  got: {name}x\n"
        f"  hint: did you mean '{name}'?"
    )
    for name, p in model.parameters.items():
        for value in (p.low - 1e-3, p.high + 1e-3, np.nan, np.inf):
            with pytest.raises(ConfigError) as caught:
                model.defaults(**{name: value})
            assert str(caught.value) == (
                f"parameter '{name}' of model '{model.name}' is out of range\n"
                f"  expected: {p.low:g} to {p.high:g} {p.unit}\n  got: {value:g}"
            )


@EVERY_MODEL
def test_unknown_state_names_the_nearest(model):
    assert [model.state_index(s) for s in model.states] == list(range(len(model.states)))
    with pytest.raises(ConfigError, match=f"model '{model.name}' has no state 'nothing'"):
        model.state_index("nothing")


@EVERY_MODEL
def test_every_kind_of_coupling_can_be_chosen(model):
    before = dict(model.parameters)
    own = {name: p for name, p in before.items() if not name.startswith("coupling_")}
    assert before == {**own, **COUPLINGS[model.coupling].parameters}
    assert model.coupled(model.coupling) is model
    for kind, link in COUPLINGS.items():
        other = model.coupled(kind)
        assert other is model.coupled(kind)  # compiled programs are remembered by the object
        assert (other.coupling, other.link, other.name) == (kind, link, model.name)
        assert dict(other.parameters) == {**own, **link.parameters}
        assert set(other.defaults()) == set(other.parameters)
        assert dict(other.coupled(model.coupling).parameters) == before
    assert dict(model.parameters) == before
    with pytest.raises(ConfigError) as caught:
        model.coupled("difusive")
    assert str(caught.value) == (
        "no coupling 'difusive'\n"
        "  expected: linear, diffusive, sigmoidal, sigmoidal_source, sine\n"
        "  got: difusive\n  hint: did you mean 'diffusive'?"
    )


def test_declarations_load_nothing_heavy():
    code = (
        "import sys; from netmod.models import MODELS\n"
        "for m in MODELS.values():\n"
        "    [m.coupled(k).defaults() for k in ('linear', 'sine')], m.doc, m.sent, m.link\n"
        "    m.time_constants(m.defaults())\n"
        "heavy = {'jax', 'scipy', 'pandas', 'matplotlib', 'nilearn'} & set(sys.modules)\n"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
