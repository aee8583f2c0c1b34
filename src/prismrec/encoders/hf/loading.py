"""Configurations, weights and preprocessing of models, with errors of one line."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from prismrec.encoders.hf.source import Source
from prismrec.errors import BadData, BadModel
from prismrec.packages import require

__all__ = ["Weights", "device", "load", "precision_of", "weights_of"]

Loaded = TypeVar("Loaded")
PRECISIONS = ("float32", "float16", "bfloat16")


@dataclass(frozen=True, eq=False)
class Weights:
    """A model on its device."""

    model: Any
    has_pooler: bool  # False where its weights are missing, so that they are random
    lock: threading.Lock = field(default_factory=threading.Lock)  # torch uses all cores by itself


_LOADED: WeakValueDictionary[tuple[str, str, str], Weights] = WeakValueDictionary()
_LOADING = threading.RLock()  # transformers imports its parts while it loads: one at a time


def device() -> Any:
    """The torch device of a GPU where there is one, else of the CPU."""
    torch = require("torch", "hf")
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def precision_of(asked: str, settings: Any) -> str:
    """The name of a torch dtype; "auto" is float32 on the CPU and half on a GPU.

    A model that was trained in bfloat16 may overflow float16, so it stays in bfloat16 there.
    """
    if asked in PRECISIONS:
        return asked
    if asked != "auto":
        raise BadData(f"precision {asked!r} is none of auto, {', '.join(PRECISIONS)}")
    if device().type == "cpu":
        return "float32"
    return "bfloat16" if "bfloat16" in str(getattr(settings, "dtype", "")) else "float16"


def load(source: Source, auto: str, **options: Any) -> Any:
    """`transformers.AUTO.from_pretrained` for a folder, without its messages.

    Raises:
        BadModel: where the folder has no such part.
    """
    transformers = require("transformers", "hf")
    what = auto.removeprefix("Auto")
    loader = getattr(transformers, auto)
    with _LOADING, _quiet(transformers):
        return _named(
            source,
            what,
            lambda: loader.from_pretrained(
                source.folder, trust_remote_code=False, local_files_only=True, **options
            ),
        )


def weights_of(source: Source, auto: str, precision: str) -> Weights:
    """The weights, ready to be run; one copy for all encoders that use the same ones.

    Raises:
        BadModel: where weights are missing: transformers would put random ones there.
    """
    torch = require("torch", "hf")
    key = (source.version, auto, precision)
    with _LOADING:
        weights = _LOADED.get(key)
        if weights is None:
            model, report = load(
                source,
                auto,
                dtype=getattr(torch, precision),
                use_safetensors=True,
                output_loading_info=True,
            )
            has_pooler = _complete(source, report["missing_keys"])
            model = model.eval().requires_grad_(False).to(device())
            weights = _LOADED[key] = Weights(model, has_pooler)
    return weights


def _complete(source: Source, missing: Iterable[str]) -> bool:
    """Whether no weight is missing; a pooler may be, since only `pooling=pooler` asks for it."""
    optional = ("pooler", "masked_spec_embed")  # the second is used in training only
    needed = sorted(name for name in missing if not any(part in name for part in optional))
    if needed:
        more = f" and {len(needed) - 1} more" if len(needed) > 1 else ""
        raise BadModel(
            f"{source.name} has no weights for {needed[0]}{more}; choose one that was saved whole"
        )
    return not any("pooler" in name for name in missing)


def _named(source: Source, what: str, read: Callable[[], Loaded]) -> Loaded:
    try:
        return read()
    except Exception as error:  # transformers raises nearly anything on files that do not fit
        text = " ".join(str(error).split())
        if "trust_remote_code" in text or "custom code" in text:
            raise BadModel(
                f"{source.name} needs code of its own, which is never run; choose another model"
            ) from error
        if "safetensors" in text:
            raise BadModel(
                f"{source.name} has no weights in safetensors files, and no others are read;"
                " choose another model or revision, or convert it"
            ) from error
        raise BadModel(f"{source.name} has no usable {what} ({text[:160]})") from error


@contextmanager
def _quiet(transformers: Any) -> Iterator[None]:
    """Keep its progress bars and advice off the terminal of those who call us."""
    logging = transformers.utils.logging
    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()
