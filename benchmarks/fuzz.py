"""Every format and fault through check and encode: verdicts, peak memory, seconds.

python benchmarks/fuzz.py [--encoders light|auto|none] [--list]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

TESTS = Path(__file__).parents[1] / "tests"
sys.path.insert(0, str(TESTS))

from faults import FILES, PATHS, TEXTS, Kind, write_files, write_paths  # noqa: E402

ENCODERS = {
    "light": {"image": "colour-histogram", "text": "tfidf", "audio": "mfcc"},
    "auto": {"image": "auto", "text": "auto", "audio": "auto"},
    "none": {},
}
LIMIT = 600  # seconds


def main() -> None:
    """Print the table, and what was judged otherwise than expected."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--encoders", choices=ENCODERS, default="light")
    parser.add_argument("--list", action="store_true", help="every kind with its verdict")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        files = write_files(Path(folder) / "files")
        paths = write_paths(Path(folder) / "deep" / "paths")
        print(f"{time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores, encoders {args.encoders}")
        print(f"{len(FILES) + len(TEXTS) + len(PATHS)} kinds written in {since(start)} s\n")
        chosen = ENCODERS[args.encoders]
        found = run(files, chosen)
        of_paths = run(paths, {name: chosen[name] for name in chosen if name == "image"})
    wrong = [kind for kind in (*FILES, *TEXTS) if not as_expected(kind, found)]
    print("| what | kinds | flawless | used, with a remark | left out | named wrongly |")
    print("|---|---|---|---|---|---|")
    for name in ("image", "audio", "text"):
        print(row(name, [k for k in (*FILES, *TEXTS) if k.modality == name], wrong))
    expected = Counter(code for kind in PATHS for code in kind.codes)
    counts = {code: n for code, n in of_paths["counts"].items() if code.startswith("file.")}
    amiss = sum(((expected - Counter(counts)) + (Counter(counts) - expected)).values())
    print(row("path", list(PATHS), [*PATHS][:amiss]))
    print("\n| shop | check, s | encode, s | peak, MiB |\n|---|---|---|---|")
    for name, one in (("files and texts", found), ("paths", of_paths)):
        seconds = f"{one['check_seconds']:.1f} | {one['encode_seconds']:.1f}"
        print(f"| {name} | {seconds} | {one['peak_mib']:.0f} |")
    for kind in wrong:
        print(f"{kind.name}: expected {kind.codes}, found {found['codes'][kind.name]}")
    if args.list:
        print(*(f"{k.modality} {k.name}: {', '.join(k.codes) or 'good'}" for k in
                (*FILES, *TEXTS, *PATHS)), sep="\n")  # fmt: skip


def run(folder: Path, encoders: dict[str, str]) -> dict[str, Any]:
    """Check and encode in a process of its own."""
    chosen = [f"{modality}={name}" for modality, name in encoders.items()]
    command = [sys.executable, str(TESTS / "faults" / "run.py"), str(folder), str(LIMIT), *chosen]
    return json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)


def as_expected(kind: Kind, found: dict[str, Any]) -> bool:
    """Whether the codes are right, and the vector is there or not."""
    named = set(kind.codes) == set(found["codes"][kind.name])
    present = found["present"].get(kind.modality)
    return named and (present is None or (kind.name in present) == kind.usable)


def row(name: str, kinds: list[Kind], wrong: list[Kind]) -> str:
    """One line of the table."""
    good = sum(kind.usable and not kind.codes for kind in kinds)
    out = sum(not kind.usable for kind in kinds)
    amiss = sum(kind in wrong for kind in kinds)
    return f"| {name} | {len(kinds)} | {good} | {len(kinds) - good - out} | {out} | {amiss} |"


def since(start: float) -> str:
    """Seconds, rounded."""
    return f"{time.perf_counter() - start:.1f}"


if __name__ == "__main__":
    main()
