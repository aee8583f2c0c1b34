"""Pages of results: one frame, one style and charts that every HTML result is drawn with.

A template of another package begins so, and is rendered by `environment("that.package")`:

    {% extends "page.html" %}
    {% from "charts.html" import dots, bars, scatter, lines, heatmap, stacked_share %}
"""

from __future__ import annotations

import base64
import hashlib
import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from prismrec.pages.scales import Scale, apart, scale
from prismrec.pages.thumbnails import thumbnails, usual_aspect

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["Scale", "apart", "environment", "scale", "thumbnails", "tone", "usual_aspect"]

TONES = ("image", "text", "audio", "popularity")  # modalities that have a colour of their own
SERIES = 8  # colours and shapes for everything else


def environment(package: str) -> Environment:
    """Where templates of a package find each other, the frame, the charts and the style.

    Everything is escaped, and a value that a template names but was not given is an error.

    Args:
        package: whose templates; beside its `__init__.py`, or below it.
    """
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    page = Environment(
        loader=ChoiceLoader([PackageLoader(package, ""), PackageLoader("prismrec.pages", "")]),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    script = page.get_template("page.js").render()
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")
    page.globals.update(scale=scale, apart=apart, tone=tone, shape=shape, script_hash=digest)
    page.filters.update(figure=figure, percent=percent, numbers=numbers)
    return page


def tone(name: str, place: int = 0) -> str:
    """Class of the colour of a modality, or of the series at a place where it has none."""
    return f"tone-{name}" if name in TONES else f"tone-{place % SERIES}"


def shape(place: int) -> str:
    """Path of a marker around (0, 0), some 10 pixels wide; no two of eight are alike."""
    return (
        "M0-5A5 5 0 1 1 0 5A5 5 0 1 1 0-5Z",  # circle
        "M-4.4-4.4H4.4V4.4H-4.4Z",  # square
        "M0-6L6 0L0 6L-6 0Z",  # diamond
        "M0-5.6L5.6 4.2H-5.6Z",  # triangle
        "M0 5.6L5.6-4.2H-5.6Z",  # triangle, on its tip
        "M-2-5.5H2V-2H5.5V2H2V5.5H-2V2H-5.5V-2H-2Z",  # plus
        "M-5-3L-3-5L0-2L3-5L5-3L2 0L5 3L3 5L0 2L-3 5L-5 3L-2 0Z",  # cross
        "M-5.6 0L-2.8-4.9H2.8L5.6 0L2.8 4.9H-2.8Z",  # hexagon
    )[place % SERIES]


def figure(value: Any, places: int = 4) -> str:
    """A number with a fixed number of decimals; a dash where there is none."""
    if value is None or not math.isfinite(value):
        return "–"
    text = f"{value:,.{places}f}"
    return text.replace("-", "−") if float(text.replace(",", "")) else text.lstrip("-")


def percent(value: Any, places: int = 1) -> str:
    """A share in per cent; a dash where there is none."""
    return "–" if value is None else f"{figure(100 * value, places)} %"


def numbers(rows: Iterable[Mapping[str, Any]], *names: str) -> list[float | None]:
    """The values of some fields of all rows; None where a row has no such field."""
    return [row.get(name) for row in rows for name in names]
