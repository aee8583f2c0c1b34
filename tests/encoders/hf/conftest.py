"""Tiny models of each family, built here and saved as their makers save them."""

from __future__ import annotations

import importlib
import shutil
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

Model = Callable[[str], Path]


@pytest.fixture(scope="session")
def tiny() -> ModuleType:
    """The makers; importing them imports torch and transformers, which takes seconds."""
    module = importlib.import_module("encoders.hf.tiny")
    module.torch.set_num_threads(1)  # on models of this size a second thread only waits
    return module


@pytest.fixture(scope="session")
def model(tiny: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Model:
    """The folder of a tiny model, made when it is first asked for; not to be changed."""
    root, made = tmp_path_factory.mktemp("models"), {}

    def folder(name: str) -> Path:
        if name not in made:
            made[name] = tiny.MAKERS[name](root / name)
        return made[name]

    return folder


@pytest.fixture
def copied(model: Model, tmp_path: Path) -> Model:
    """Likewise, to be changed."""
    return lambda name: Path(shutil.copytree(model(name), tmp_path / name))
