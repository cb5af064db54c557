"""The commented scenario that ``netmod init`` writes."""

from __future__ import annotations

import re
from pathlib import Path

from netmod.errors import ConfigError

_TEXT = """\
# A netmod scenario. A research simulator, not medical advice.
# Check it:  netmod validate {file}
# Run it:    netmod run {file}
# Every key with its unit, range and source:  netmod schema, netmod models, netmod treatments
schema_version: 1
name: {name}
seed: 20261            # 0 … 2**32 - 1; the same seed gives the same numbers

atlas: dk84            # a name, or a folder relative to this file
engine: linear         # linear: seconds, the linearised model; sde: minutes, simulated scans

cohort:
  subjects: 16         # every subject appears in every arm
  # variability: calibrated  # people differ as real ones do; independent unless said
  # folder: people           # real people instead: participants.tsv and connectomes

# From baseline on, each with its unit: min, h, d or wk.
times: [baseline, 2 h, 1 d, 6 wk]

# One word is an arm: a population untreated (healthy, mdd), or a treatment given to mdd.
arms:
  healthy: {{}}
  mdd: {{}}
  sham: {{}}
  rtms_10hz: {{}}
  # An arm written out; keys left out keep what its name means, or mdd untreated:
  # rtms_vertex:
  #   population: mdd
  #   treatment: rtms_10hz
  #   modifiers: [target_vertex]
  #   parameters: {{sessions: 20}}
  # Several treatments in one arm, each from day 0 (start) or after the one before (after):
  # combined:
  #   sequence:
  #     - {{treatment: psilocybin, parameters: {{doses: 1}}}}
  #     - {{treatment: rtms_10hz, after: 1 d, target: dlpfc_left}}

# What follows shows the defaults; remove the signs to change one.
# solver: {{name: heun, dt_ms: 1.0, noise: gaussian}}
# scanner: {{duration_s: 300, tr_s: 2, warmup_s: 20, hemodynamics: friston2003}}
# readout: {{louvain_runs: 10, bootstrap: 2000, permutations: 5000}}
"""


def write_template(name: str = "scenario") -> Path:
    """Write a commented scenario and return its path.

    Parameters
    ----------
    name : str
        Name of the scenario, or the path of the file to write; ``.yaml`` is added when missing.

    Raises
    ------
    ConfigError
        If the name is unusable, the file exists, or it cannot be written.
    """
    path = Path(name)
    if path.suffix not in (".yaml", ".yml"):
        path = path.with_name(path.name + ".yaml") if path.name else path
    stem = path.stem
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,63}", stem):
        slug = re.sub(r"[^a-z0-9_-]+", "_", stem.lower()).strip("_-")[:64]
        raise ConfigError(
            "not a usable name",
            where="init",
            expected="small letters, digits, _ and -",
            got=repr(name),
            hint=f"netmod init {slug}" if slug else "netmod init scenario",
        )
    try:
        with path.open("x", encoding="utf-8") as stream:
            stream.write(_TEXT.format(name=stem, file=path))
    except FileExistsError:
        hint = "choose another name; an existing file is never overwritten"
        raise ConfigError("the file exists", where=str(path), hint=hint) from None
    except OSError as error:
        hint = "check the folder and its permissions"
        what = f"cannot write the file: {error.strerror}"
        raise ConfigError(what, where=str(path), hint=hint) from None
    return path
