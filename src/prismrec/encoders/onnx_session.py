"""Networks converted once to ONNX, kept in the cache folder and run by onnxruntime."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from prismrec.cache import cache_folder
from prismrec.packages import require

__all__ = ["open_session", "require_onnx"]


def open_session(key: str, convert: Callable[[], bytes], threads: int) -> Any:
    """An `onnxruntime.InferenceSession` on the CPU for the model that `convert` returns.

    `key` must stand for everything that `convert` reads: an equal key finds the converted model
    in the cache folder. Where that folder cannot be written the model is converted every time.

    Raises:
        MissingPackage: where onnxruntime, onnx or the weights are not installed.
    """
    runtime = require("onnxruntime", "media")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Waiting threads would otherwise burn the cores that decode the next pictures.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    model = _converted(cache_folder() / "onnx" / f"{key}.onnx", convert)
    return runtime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def require_onnx() -> Any:
    """The onnx package with the parts that build models.

    Raises:
        MissingPackage: where it is not installed.
    """
    for part in ("helper", "numpy_helper", "checker"):
        require(f"onnx.{part}", "media")
    return require("onnx", "media")


def _converted(path: Path, convert: Callable[[], bytes]) -> bytes:
    if path.is_file():
        return path.read_bytes()
    model = convert()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_whole(path, model)
    except OSError:  # a full or read-only disk costs time at the next start, nothing else
        return model
    return model


def _write_whole(path: Path, data: bytes) -> None:
    """Write so that a reader, or a kill at any moment, sees the whole file or none."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
