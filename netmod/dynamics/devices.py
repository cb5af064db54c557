"""Which devices JAX uses: every core by default, set before JAX starts its backend."""

from __future__ import annotations

import contextlib
import importlib.util
import logging
import os
import sys
from collections.abc import Iterator

from threadpoolctl import threadpool_limits

from netmod.dynamics.compilation_cache import keep_compiled_programs
from netmod.dynamics.hosts import Hosts, check_exchange, connect
from netmod.errors import ConfigError

_CPU_FLAGS = {
    # one device a core runs its own loop; a shared thread pool inside an operation only disturbs
    "--xla_cpu_multi_thread_eigen": "false",
    # loops over few bytes become one function, which saves most calls of the loop over the edges
    "--xla_backend_extra_options": "xla_cpu_small_while_loop_byte_threshold=200000",
}


_GPU_PLUGINS = ("jax_cuda12_plugin", "jax_cuda13_plugin", "jax_rocm60_plugin", "jax_rocm7_plugin")
"""Modules by which JAX reaches a GPU."""


def usable_cores() -> int:
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):  # Linux; elsewhere all cores count
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def prepare_devices(
    device: str = "cpu", jobs: int | None = None, hosts: Hosts | None = None
) -> tuple[str, ...]:
    """Choose the platform and, on the CPU, one JAX device for each core.

    To be called once by a program, before anything has run in JAX: importing netmod changes
    nothing. What the user has set in ``XLA_FLAGS``, ``JAX_PLATFORMS`` or
    ``JAX_NUM_CPU_DEVICES`` stands. Compiled programs are kept for the next start
    (:func:`netmod.dynamics.compilation_cache.keep_compiled_programs`).

    Parameters
    ----------
    device : {"cpu", "gpu", "auto"}
        Where to compute; "auto" takes a GPU that JAX can use, else the CPU, and says so in one
        line on stderr if JAX's GPU plugin is installed.
    jobs : int, optional
        Number of CPU devices; all cores that this process may use when None.
    hosts : Hosts, optional
        Share the lanes of every run with other processes, each of which runs the same program and
        gets all results; this process alone by default.

    Returns
    -------
    tuple of str
        The devices of all processes, as JAX names them.

    Raises
    ------
    ConfigError
        If a GPU was asked for and JAX sees none; or if the processes do not come together
        (:func:`netmod.dynamics.hosts.connect`), or differ in their number of devices.
    """
    wanted = device
    if device == "auto" and not _gpu_possible():
        device = "cpu"
    flags = os.environ.get("XLA_FLAGS", "")
    if device != "gpu":
        os.environ["XLA_FLAGS"] = flags = with_cpu_flags(flags)
    if device == "cpu":
        os.environ.setdefault("JAX_PLATFORMS", "cpu")
    import jax

    if hosts is not None:
        connect(hosts)
    keep_compiled_programs()
    chosen = "xla_force_host_platform_device_count" in flags or "JAX_NUM_CPU_DEVICES" in os.environ
    if device != "gpu" and not chosen:
        cores = jobs or usable_cores()
        # once the backend runs (in a notebook, a test) its devices are used as they are
        with contextlib.suppress(RuntimeError):
            jax.config.update("jax_num_cpu_devices", cores)
    with contextlib.nullcontext() if wanted == "gpu" else _quiet():
        devices = jax.devices()
    found = devices[0].platform
    if wanted == "gpu" and found != "gpu":
        raise ConfigError(
            "no GPU was found",
            expected="a GPU that JAX can use",
            got=f"{found} devices only",
            hint="install netmod[gpu] on a machine with a GPU, or use --device cpu",
        )
    if device == "auto" and found == "cpu":
        print("netmod: no usable GPU: computing on the CPU", file=sys.stderr, flush=True)
    if found == "cpu":
        # small matrices gain nothing from BLAS threads, which spin against the devices' own
        threadpool_limits(1, user_api="blas")
    if hosts is not None:
        check_exchange()
    return tuple(str(d) for d in devices)


def with_cpu_flags(flags: str) -> str:
    """Return XLA's flags with those that measured best on the CPU, unless they are set already.

    Parameters
    ----------
    flags : str
        What ``XLA_FLAGS`` holds. Backend options of the user's own stand alone.
    """
    missing = [f"{flag}={value}" for flag, value in _CPU_FLAGS.items() if flag not in flags]
    return " ".join([*flags.split(), *missing])


def _gpu_possible() -> bool:
    """Tell whether JAX has a plugin for a GPU and the user has not chosen another platform."""
    if os.environ.get("JAX_PLATFORMS"):
        return False
    return any(importlib.util.find_spec(name) is not None for name in _GPU_PLUGINS)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Silence JAX where its plugin finds no GPU and none was asked for: our line is enough."""
    log = logging.getLogger("jax._src.xla_bridge")
    before = log.level
    log.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        log.setLevel(before)
