"""Which devices JAX uses: every core by default, set before JAX starts its backend."""

from __future__ import annotations

import contextlib
import os

from threadpoolctl import threadpool_limits

from netmod.errors import ConfigError

_CPU_FLAGS = {
    # one device a core runs its own loop; a shared thread pool inside an operation only disturbs
    "--xla_cpu_multi_thread_eigen": "false",
}


def usable_cores() -> int:
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):  # Linux; elsewhere all cores count
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def prepare_devices(device: str = "cpu", jobs: int | None = None) -> tuple[str, ...]:
    """Choose the platform and, on the CPU, one JAX device for each core.

    To be called once by a program, before anything has run in JAX: importing netmod changes
    nothing. What the user has set in ``XLA_FLAGS``, ``JAX_PLATFORMS`` or
    ``JAX_NUM_CPU_DEVICES`` stands.

    Parameters
    ----------
    device : {"cpu", "gpu"}
        Where to compute.
    jobs : int, optional
        Number of CPU devices; all cores that this process may use when None.

    Returns
    -------
    tuple of str
        The devices, as JAX names them.

    Raises
    ------
    ConfigError
        If a GPU was asked for and JAX sees none.
    """
    flags = os.environ.get("XLA_FLAGS", "")
    if device == "cpu":
        for flag, value in _CPU_FLAGS.items():
            if flag not in flags:
                flags = f"{flags} {flag}={value}".strip()
        os.environ["XLA_FLAGS"] = flags
        os.environ.setdefault("JAX_PLATFORMS", "cpu")
    import jax

    chosen = "xla_force_host_platform_device_count" in flags or "JAX_NUM_CPU_DEVICES" in os.environ
    if device == "cpu" and not chosen:
        cores = jobs or usable_cores()
        # once the backend runs (in a notebook, a test) its devices are used as they are
        with contextlib.suppress(RuntimeError):
            jax.config.update("jax_num_cpu_devices", cores)
    if device == "cpu":
        # small matrices gain nothing from BLAS threads, which spin against the devices' own
        threadpool_limits(1, user_api="blas")
    devices = jax.devices()
    if device == "gpu" and devices[0].platform != "gpu":
        raise ConfigError(
            "no GPU was found",
            expected="a GPU that JAX can use",
            got=f"{devices[0].platform} devices only",
            hint="install netmod[gpu] on a machine with a GPU, or use --device cpu",
        )
    return tuple(str(d) for d in devices)
