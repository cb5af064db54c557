"""What holds for every test: no screen, no network (pytest-socket), jax in single precision.

Programs are compiled with the flags that a user's are.

No test reads programs that another run has compiled; those that do say so.
"""

import os
import sys

import pytest

from netmod.dynamics.devices import with_cpu_flags

os.environ["XLA_FLAGS"] = with_cpu_flags(os.environ.get("XLA_FLAGS", ""))
os.environ["MPLBACKEND"] = "Agg"
os.environ["NETMOD_COMPILATION_CACHE"] = "off"
os.environ.pop("JAX_COMPILATION_CACHE_DIR", None)


@pytest.fixture(autouse=True)
def _precision_stays_as_it_was():
    """A room may switch to 64 bits only inside its own block."""
    yield
    jax = sys.modules.get("jax")
    assert jax is None or not jax.config.jax_enable_x64
