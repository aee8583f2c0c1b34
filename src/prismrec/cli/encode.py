"""`prismrec encode`: a shop's media to vectors, kept beside the shop and reused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from prismrec.cli.options import AsJson, Audio, Image, ShopPath, StorePlace, Text
from prismrec.cli.output import emit, say, table, warn

if TYPE_CHECKING:
    from prismrec.encode import Encoded

__all__ = ["encode", "print_counts", "summary"]


def encode(
    shop: ShopPath,
    image: Image = "auto",
    text: Text = "auto",
    audio: Audio = "auto",
    store: StorePlace = None,
    as_json: AsJson = False,
) -> None:
    """Encode every picture, text and sound once; go on where an earlier run was stopped."""
    from prismrec.cli.loading import encoded, open_shop

    opened = open_shop(shop)
    out = encoded(opened, image=image, text=text, audio=audio, store=store)
    if as_json:
        emit({"shop": opened.name, **summary(out)})
    else:
        print_counts(out)
        for problem in out.problems:
            warn(str(problem))


def summary(out: Encoded) -> dict[str, Any]:
    """What was computed, reused and skipped, and what every modality covers now."""
    return {
        "counts": {modality: vars(counts) for modality, counts in out.counts.items()},
        "parts": {
            modality: {name: vars(counts) for name, counts in parts.items()}
            for modality, parts in out.parts.items()
        },
        "features": {
            side: {
                name: {"dim": f.dim, "coverage": f.coverage, "encoder": f.encoder}
                for name, f in features.items()
            }
            for side, features in (("items", out.data.items), ("users", out.data.users))
        },
        "problems": [vars(problem) for problem in out.problems],
    }


def print_counts(out: Encoded) -> None:
    """Print what was computed, reused and skipped in each modality."""
    if not out.counts:
        say("there are no media to encode")
        return
    rows = []
    for name, counts in out.counts.items():
        sides = [side[name].coverage for side in (out.data.items, out.data.users) if name in side]
        coverage = " / ".join(f"{share:.1%}" for share in sides)
        rows.append([name, counts.computed, counts.reused, counts.skipped, coverage])
        parts = out.parts[name] if len(out.parts[name]) > 1 else {}
        rows += [[f"  {p}", c.computed, c.reused, c.skipped, ""] for p, c in parts.items()]
    table("", ("modality", "computed", "reused", "skipped", "items / users covered"), rows)
