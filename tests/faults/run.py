"""A process of its own: check and encode a shop, and tell the verdicts, peak and time as JSON.

python run.py SHOP SECONDS [image=NAME] [text=NAME] [audio=NAME]
"""

from __future__ import annotations

import faulthandler
import json
import sys
import time
from typing import Any

from peak import peak_mib

from prismrec.data.read import read
from prismrec.encode import choose_encoders, encode_media
from prismrec.media.quality import check
from prismrec.store.memory import MemoryStore

ALIKE = ("duplicate", "near-duplicate")


def main(folder: str, choice: dict[str, str]) -> dict[str, Any]:
    """Codes of each item, which items have a vector of each modality, peak and seconds."""
    start = time.perf_counter()
    shop = read(folder)
    report = check(shop)
    middle = time.perf_counter()
    codes: dict[str, list[str]] = {name: [] for name in shop.item_ids}
    for finding in report.findings:
        if finding.side == "item" and finding.modality and not finding.code.endswith(ALIKE):
            for case in finding.cases:
                for name in case.ids:
                    codes[name].append(finding.code)
    encoders = choose_encoders(shop, **{"image": None, "text": None, "audio": None} | choice)
    found = encode_media(shop, encoders, store=MemoryStore())
    return {
        "codes": codes,
        "counts": {finding.code: finding.count for finding in report.findings},
        "present": {
            modality: [
                name for name, there in zip(shop.item_ids, feature.present, strict=True) if there
            ]
            for modality, feature in found.data.items.items()
        },
        "peak_mib": peak_mib(),
        "check_seconds": middle - start,
        "encode_seconds": time.perf_counter() - middle,
    }


if __name__ == "__main__":
    faulthandler.dump_traceback_later(float(sys.argv[2]), exit=True)
    chosen = dict(argument.split("=", 1) for argument in sys.argv[3:])
    sys.stdout.write(json.dumps(main(sys.argv[1], chosen)))
