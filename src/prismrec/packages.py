"""Optional packages: imported when they are needed, with the command that installs them."""

from __future__ import annotations

import importlib
from typing import Any

from prismrec.errors import MissingPackage

__all__ = ["require"]


def require(module: str, extra: str) -> Any:
    """The module, which the extra `prismrec[extra]` installs.

    Raises:
        MissingPackage: where it is not installed.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        missing = (error.name or module).partition(".")[0]
        raise MissingPackage(
            f'{missing} is not installed; run: pip install "prismrec[{extra}]"'
        ) from None
