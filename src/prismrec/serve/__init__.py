"""A server: recommendations over HTTP, what people do kept safe, and a page to look at."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from prismrec.data.read import read
from prismrec.data.shop import Shop

__all__ = ["serve"]


def serve(
    model: str | Path, shop: Shop | str | Path, settings: Mapping[str, Any] | None = None
) -> None:
    """Answer over HTTP, and show a page, until stopped.

    Args:
        model: folder that `prismrec fit` wrote.
        shop: what was read, or its folder.
        settings: by name, such as {"port": 8080}; the others come from PRISMREC_ variables, see
            `prismrec.serve.settings`.

    Raises:
        BadModel: where the model cannot be used.
        BadData: where the shop, the database or a setting cannot be used, or the port is taken.
        MissingPackage: where the packages of the extra `serve` are not installed.
    """
    from prismrec.packages import require

    for package in ("fastapi", "uvicorn", "sqlalchemy", "pydantic_settings"):
        require(package, "serve")
    from prismrec.serve.api.running import listening, run
    from prismrec.serve.service import Service
    from prismrec.serve.settings import read_settings

    found = read_settings(settings)
    at = listening(found)
    try:
        service = Service.open(Path(model), shop if isinstance(shop, Shop) else read(shop), found)
    except BaseException:
        at.close()
        raise
    run(service, found, at=at)
