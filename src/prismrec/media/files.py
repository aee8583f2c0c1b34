"""Media files of a shop: read whole, and never from outside the shop's folder."""

from __future__ import annotations

from pathlib import Path

from prismrec.errors import BadMedia

__all__ = ["MAX_BYTES", "read_inside"]

MAX_BYTES = 256 * 1024**2


def read_inside(folder: Path, value: str) -> bytes:
    """The bytes of the file that lies at `value` below `folder`.

    Raises:
        BadMedia: where the path leads out of the folder (also through a link), where there is no
            plain file or it cannot be read, or where the file has more than `MAX_BYTES`.
    """
    try:
        root = folder.resolve()
        path = (root / value).resolve()
        if not path.is_relative_to(root):
            raise BadMedia(0, "lies outside the shop's folder and is not read")
        if not path.is_file():
            raise BadMedia(0, "there is no such file")
        if path.stat().st_size > MAX_BYTES:
            raise BadMedia(0, f"larger than {MAX_BYTES // 1024**2} MiB")
        return path.read_bytes()
    except (OSError, ValueError, RuntimeError) as error:  # ValueError: \0; RuntimeError: link loop
        raise BadMedia(0, f"cannot be read ({error})") from error
