"""A small atlas to export, and a data folder of its own for every test."""

from __future__ import annotations

import pytest

from netmod.atlas import load_atlas


@pytest.fixture(autouse=True)
def _own_data_folder(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("NETMOD_DATA", str(tmp_path_factory.mktemp("data")))


@pytest.fixture
def atlas(folder):
    """Return the small atlas of tests/atlas/conftest.py: seven regions, FC, a map, targets."""
    return load_atlas(folder)
