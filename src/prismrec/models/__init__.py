"""One idea per file. `prismrec.models.Prism` loads the file of Prism when it is first used."""

from __future__ import annotations

import importlib
from typing import Any

from prismrec import registry

__all__: list[str] = []


def __getattr__(name: str) -> Any:
    for target in registry.KINDS["models"].values():
        module, _, attribute = target.partition(":")
        if attribute == name:
            return getattr(importlib.import_module(module), name)
    raise AttributeError(f"module 'prismrec.models' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(target.partition(":")[2] for target in registry.KINDS["models"].values())
