"""Several processes, each with devices of its own, as one: they meet, share lanes, and gather."""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections import Counter
from collections.abc import Sequence
from numbers import Integral
from typing import Any, NamedTuple

import numpy as np

from netmod.errors import ConfigError


class Hosts(NamedTuple):
    """Processes that share the lanes of every run: one a host, or one a GPU.

    Without ``coordinator``, ``count`` and ``index`` JAX takes them from SLURM or Open MPI.

    Attributes
    ----------
    coordinator : str, optional
        ``address:port`` of process 0, as the others reach it.
    count : int, optional
        Number of processes.
    index : int, optional
        Which of them this is, from 0.
    timeout_s : int
        How long to wait for the others at the start.
    """

    coordinator: str | None = None
    count: int | None = None
    index: int | None = None
    timeout_s: int = 300


def connect(hosts: Hosts) -> None:
    """Connect this process with the others (:func:`jax.distributed.initialize`).

    Parameters
    ----------
    hosts : Hosts
        Which they are. Where JAX asks SLURM or Open MPI for them, it does the waiting as well,
        and ends a process that waits in vain.

    Raises
    ------
    ConfigError
        If the settings are incomplete or wrong, JAX runs already, or the processes do not meet
        under the coordinator that was given.
    """
    _check(hosts)
    import jax

    if _jax_runs():
        raise ConfigError(
            "JAX runs already: it can join no other processes now",
            expected="prepare_devices with hosts once, before anything is computed",
            got="a running backend, or processes that are connected",
            hint="make it the first call of the program",
        )
    if hosts.coordinator is not None:
        # JAX would wait too, but end a process that waits in vain by a signal
        name, _, port = hosts.coordinator.rpartition(":")
        end = time.monotonic() + hosts.timeout_s
        if hosts.index:
            _join((name.strip("[]"), int(port)), end)
        else:
            _invite(int(port), hosts.count - 1, end)
    if hasattr(jax.config, "jax_enable_preemption_service"):
        # it would keep SIGTERM from ending the program
        jax.config.update("jax_enable_preemption_service", False)
    try:
        jax.distributed.initialize(
            hosts.coordinator,
            None if hosts.count is None else int(hosts.count),
            None if hosts.index is None else int(hosts.index),
            initialization_timeout=hosts.timeout_s,
        )
    except RuntimeError as error:
        raise ConfigError(
            "the processes do not come together",
            expected="process 0, and all others, in time",
            got=str(error),
            hint="start all processes, check address and port, or raise timeout_s",
        ) from None
    except ValueError as error:
        raise ConfigError(
            "the other processes are not known",
            expected="a job step of SLURM or Open MPI; or coordinator, count and index",
            got=str(error),
            hint="start the program by srun or mpirun, or give Hosts all three",
        ) from None


def check_exchange() -> None:
    """Refuse processes that differ in their number of devices; exchange arrays a first time.

    JAX waits half a minute for the first exchange but as long as need be for others, and a run
    may end later in one process than in the next.

    Raises
    ------
    ConfigError
        If the numbers differ.
    """
    import jax

    devices = by_process(jax.devices())
    counts = Counter(device.process_index for device in devices)
    if len(set(counts.values())) > 1:
        raise ConfigError(
            "the processes have different numbers of devices",
            expected="the same number in each",
            got=", ".join(f"{count} in process {index}" for index, count in counts.items()),
            hint="set jobs",
        )
    gather(spread(np.arange(len(devices), dtype=np.int32), devices, "lanes"), devices)


def by_process(devices: Sequence[Any]) -> tuple[Any, ...]:
    """Return devices with those of a process side by side."""
    return tuple(sorted(devices, key=lambda device: device.process_index))


def spread(tree: Any, devices: Sequence[Any], axis: str | None) -> Any:
    """Return arrays that every process holds as arrays over the devices of all.

    Parameters
    ----------
    tree : pytree of array
        The same in every process.
    devices : sequence
        Devices of all processes.
    axis : {"lanes", None}
        Cut along the first axis, or whole on every device.
    """
    import jax
    from jax.sharding import Mesh, NamedSharding, PartitionSpec

    sharding = NamedSharding(Mesh(np.array(devices), ("lanes",)), PartitionSpec(axis))
    return jax.tree.map(
        lambda x: jax.make_array_from_callback(x.shape, sharding, x.__getitem__), tree
    )


def gather(tree: Any, devices: Sequence[Any]) -> Any:
    """Return arrays that are cut along their first axis as NumPy arrays, whole in every process.

    One device of each process exchanges them: a copy on every core would fill the memory.

    Parameters
    ----------
    tree : pytree of array
        As they lie on the devices.
    devices : sequence
        Devices of all processes, as many in each, in the order of :func:`by_process`.
    """
    import jax
    from jax.sharding import Mesh, NamedSharding, PartitionSpec

    mesh = Mesh(np.array(devices[:: jax.local_device_count()]), ("hosts",))

    def own(x: Any) -> Any:
        parts = sorted(x.addressable_shards, key=lambda part: part.index[0].start or 0)
        mine = np.concatenate([np.asarray(part.data) for part in parts])
        return jax.make_array_from_process_local_data(
            NamedSharding(mesh, PartitionSpec("hosts")), mine
        )

    whole = jax.jit(_same, out_shardings=NamedSharding(mesh, PartitionSpec()))
    everything = whole(jax.tree.map(own, tree))
    return jax.tree.map(lambda x: np.asarray(x.addressable_data(0)), everything)


def _same(tree: Any) -> Any:
    return tree


def _jax_runs() -> bool:
    """Tell whether JAX has a backend, or is connected, so that it can no longer be connected."""
    import jax

    before = jax.config.jax_num_cpu_devices
    try:  # a running backend refuses another number, and says so in no other public way
        jax.config.update("jax_num_cpu_devices", before + 1)
    except RuntimeError:
        return True
    jax.config.update("jax_num_cpu_devices", before)
    return jax.distributed.is_initialized()


def _check(hosts: Hosts) -> None:
    """Refuse settings that are incomplete or out of range."""
    given = {k: v for k, v in hosts._asdict().items() if k != "timeout_s" and v is not None}
    if not isinstance(hosts.timeout_s, int) or hosts.timeout_s < 1:
        raise ConfigError("timeout_s is not a whole number of at least 1", got=str(hosts.timeout_s))
    if not given:
        return
    if len(given) < 3:
        raise ConfigError(
            "the settings of the processes are incomplete",
            expected="coordinator, count and index, or none of them",
            got=", ".join(given),
            hint="without them they are taken from SLURM or Open MPI",
        )
    name, _, port = str(hosts.coordinator).rpartition(":")
    if not name or not port.isdecimal() or not 0 < int(port) < 2**16:
        raise ConfigError(
            "the coordinator has no address and port",
            expected="address:port, such as node01:47000",
            got=str(hosts.coordinator),
        )
    whole = all(
        isinstance(x, Integral) and not isinstance(x, bool) for x in (hosts.count, hosts.index)
    )
    if not whole or not 0 <= hosts.index < hosts.count:
        raise ConfigError(
            "the index of a process does not fit their number",
            expected="whole numbers, the index from 0 to count - 1",
            got=f"index {hosts.index!r} of {hosts.count!r}",
        )


def _invite(port: int, others: int, end: float) -> None:
    """Wait in process 0 until the others have come, then let all go on.

    Raises
    ------
    ConfigError
        If the port is in use, or some do not come in time.
    """
    with contextlib.ExitStack() as links:
        try:
            both = socket.has_dualstack_ipv6()
            family = socket.AF_INET6 if both else socket.AF_INET
            door = socket.create_server(("", port), family=family, dualstack_ipv6=both)
            links.enter_context(door)
        except OSError as error:
            raise ConfigError(
                "the coordinator's port cannot be opened",
                expected="a free port",
                got=f"{port}: {os.strerror(error.errno)}",
                hint="choose another one",
            ) from None
        guests: list[socket.socket] = []
        while len(guests) < others:
            door.settimeout(max(end - time.monotonic(), 1e-3))
            try:
                guests.append(links.enter_context(door.accept()[0]))
            except TimeoutError:
                raise ConfigError(
                    "not all processes came in time",
                    expected=f"{others} besides this one",
                    got=str(len(guests)),
                    hint="start all of them, or raise timeout_s",
                ) from None
        for guest in guests:
            with contextlib.suppress(OSError):  # it has gone: JAX, which counts again, will say so
                guest.sendall(b"1")


def _join(address: tuple[str, int], end: float) -> None:
    """Come to process 0 and wait until it has met all.

    Raises
    ------
    ConfigError
        If it cannot be reached in time.
    """
    got = "no answer"
    while (left := end - time.monotonic()) > 0:
        try:
            with socket.create_connection(address, left) as link:
                if link.recv(1):
                    return
            got = "it closed the connection"
        except OSError as error:
            got = error.strerror or str(error)
        time.sleep(0.1)
    raise ConfigError(
        "the coordinator cannot be reached",
        where="{}:{}".format(*address),
        expected="process 0, and all others, in time",
        got=got,
        hint="start all processes, check the address and the firewall, or raise timeout_s",
    )
