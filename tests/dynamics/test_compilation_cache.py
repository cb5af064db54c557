"""Compiled programs are kept for the next start, in the user's own folder, and change no byte."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from netmod.dynamics import compilation_cache
from netmod.dynamics.compilation_cache import _make_private, _shrink, cache_folder, processor

PROGRAM = """
import hashlib, json, logging, sys
from jax import monitoring
import jax
import numpy as np
chosen = jax.config.jax_compilation_cache_dir
import netmod
assert jax.config.jax_compilation_cache_dir == chosen
logging.getLogger("netmod").addHandler(logging.StreamHandler(sys.stdout))
logging.getLogger("netmod").setLevel(logging.DEBUG)
hits = []
monitoring.register_event_listener(lambda event, **_: hits.append(event.endswith("/cache_hits")))
netmod.prepare_devices(jobs=1)
told = {"folder": jax.config.jax_compilation_cache_dir,
        "least": jax.config.jax_persistent_cache_min_compile_time_secs}
if len(sys.argv) > 1:
    rng = np.random.default_rng(1)
    net = netmod.Network(rng.uniform(0, 0.1, (2, 6, 6)), J=rng.uniform(1.0, 1.2, 6))
    runs = net.simulate(seed=3, runs=5, duration_s=2.0, tr_s=0.5, warmup_s=0.0)
    told["sha"] = hashlib.sha256(
        b"".join(r.bold.tobytes() + r.rate_hz.tobytes() for r in runs)
    ).hexdigest()
    told["hits"] = sum(hits)
print(json.dumps(told))
"""
OURS = ("NETMOD_COMPILATION_CACHE", "XDG_CACHE_HOME")


def start(home, *words, **environment):
    """Run the program with a home of its own; what it told, and its debug lines."""
    clean = {
        k: v for k, v in os.environ.items() if not k.startswith(("JAX_", "XLA_")) and k not in OURS
    }
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROGRAM, *words],
        capture_output=True,
        text=True,
        check=False,
        env={**clean, "XDG_CACHE_HOME": str(home), **environment},
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    *lines, last = done.stdout.splitlines()
    return json.loads(last), lines


def test_a_warm_cache_gives_the_bytes_of_a_cold_one(tmp_path):
    cold, _ = start(tmp_path, "simulate", JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS="0")
    kept = sorted(Path(cold["folder"]).iterdir())
    warm, _ = start(tmp_path, "simulate", JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS="0")
    assert cold["sha"] == warm["sha"]
    assert cold["hits"] == 0 and warm["hits"] >= 1
    assert any(path.name.startswith("jit_batch") for path in kept)
    # the folder is the user's own, and named after the processor
    folder = Path(warm["folder"])
    assert folder == tmp_path / "netmod" / "xla" / processor()
    assert os.name != "posix" or stat.S_IMODE(folder.stat().st_mode) == 0o700
    # what the user said about small programs stands
    assert warm["least"] == 0


def test_it_can_be_left_off(tmp_path):
    off, _ = start(tmp_path, NETMOD_COMPILATION_CACHE="off")
    assert off["folder"] is None and not list(tmp_path.iterdir())
    assert off["least"] != compilation_cache.LEAST_COMPILE_S
    on, _ = start(tmp_path)
    assert on["least"] == compilation_cache.LEAST_COMPILE_S


def test_a_folder_that_the_user_chose_stands(tmp_path):
    told, _ = start(tmp_path / "ours", JAX_COMPILATION_CACHE_DIR=str(tmp_path / "theirs"))
    assert told["folder"] == str(tmp_path / "theirs")
    assert not (tmp_path / "ours").exists()


def test_a_folder_that_can_not_be_made_is_one_debug_line(tmp_path):
    (tmp_path / "file").write_text("in the way")
    told, lines = start(tmp_path / "file")
    assert told["folder"] is None
    assert len(lines) == 1 and lines[0].startswith(f"no compilation cache in {tmp_path}")


def test_a_cache_that_jax_was_told_to_leave_off_stays_off(tmp_path):
    told, lines = start(tmp_path, JAX_ENABLE_COMPILATION_CACHE="false")
    assert told["folder"] is None and lines == [] and not list(tmp_path.iterdir())


def test_this_test_run_keeps_nothing(tmp_path, monkeypatch):
    import jax

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert compilation_cache.keep_compiled_programs() is None
    assert jax.config.jax_compilation_cache_dir is None
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("system", "environment", "want"),
    [
        ("linux", {}, "home/.cache"),
        ("linux", {"XDG_CACHE_HOME": "relative"}, "home/.cache"),
        ("linux", {"XDG_CACHE_HOME": "/elsewhere"}, "/elsewhere"),
        ("darwin", {}, "home/Library/Caches"),
        ("darwin", {"XDG_CACHE_HOME": "/elsewhere"}, "/elsewhere"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local"),
        ("win32", {}, "home/AppData/Local"),
    ],
)
def test_places(monkeypatch, system, environment, want):
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(Path, "home", lambda: Path("home"))
    assert cache_folder(environment).parents[2] == Path(want)


def test_without_a_home_there_is_no_folder(monkeypatch):
    def homeless():
        raise RuntimeError

    monkeypatch.setattr(Path, "home", homeless)
    assert cache_folder({}) is None


def test_the_processor_is_named_the_same_twice_and_by_its_features(monkeypatch):
    assert processor() == processor()
    plain = processor()
    monkeypatch.setattr(compilation_cache.platform, "processor", lambda: "another")
    assert processor() != plain


@pytest.mark.skipif(os.name != "posix", reason="modes are posix")
def test_an_open_folder_is_closed_and_anothers_is_refused(tmp_path, monkeypatch):
    (tmp_path / "open").mkdir(mode=0o755)
    _make_private(tmp_path / "open")
    assert stat.S_IMODE((tmp_path / "open").stat().st_mode) == 0o700
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    with pytest.raises(PermissionError, match="another user"):
        _make_private(tmp_path / "open")


def test_the_oldest_programs_go_first(tmp_path, monkeypatch):
    monkeypatch.setattr(compilation_cache, "LARGEST_BYTES", 250)
    for k in range(5):
        path = tmp_path / f"program-{4 - k}"
        path.write_bytes(b"x" * 100)
        os.utime(path, (1000 + k, 1000 + k))
    _shrink(tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["program-0", "program-1"]
    _shrink(tmp_path)
    assert len(list(tmp_path.iterdir())) == 2
