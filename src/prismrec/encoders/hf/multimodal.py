"""Multimodal language models as embedders: pictures, texts or both at once in one space."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from PIL import Image

from prismrec.encoders.hf.loading import Weights, device, load
from prismrec.encoders.hf.opened import Opened, width_of
from prismrec.encoders.hf.pictures import prepare_frames
from prismrec.encoders.hf.pooling import pool
from prismrec.encoders.hf.tokens import NO_LIMIT, token_numbers
from prismrec.encoders.pairs import unpack
from prismrec.errors import BadData, BadModel
from prismrec.media import decode_each
from prismrec.media.text import decode_text
from prismrec.packages import require
from prismrec.types import Floats

__all__ = ["MultimodalModel"]

INSTRUCTION = "Represent the user's input."


class Shown(NamedTuple):
    """What is read at once."""

    frames: list[Image.Image]  # of a picture one, of a text none
    text: str


@dataclass(frozen=True)
class MultimodalModel:
    """Pictures or texts to the hidden state of the last token after an instruction.

    Pictures and texts share one space, at unit length; with `also=text` a picture is read together
    with the text of its item. The model is asked as in a chat: the instruction as system, the
    medium as user. Each medium is read by itself: a picture may be hundreds of tokens, so padding
    would cost more than a batch gains.
    """

    opened: Opened
    modality: str

    def __post_init__(self) -> None:
        also = self.opened.options.also
        if also is not None and (self.modality, also) != ("image", "text"):
            raise BadData(f"also={also} means nothing here: only pictures are read with a text")

    @property
    def space(self) -> str:
        """Name of the space, the same for pictures and texts."""
        return self.opened.space()

    @property
    def also(self) -> str | None:
        """The other modality of an item that is read with each picture, in a pair; see `pack`."""
        return self.opened.options.also if self.modality == "image" else None

    @cached_property
    def dim(self) -> int:
        """Width of the language model, or what `dim` keeps of it."""
        return self.opened.dim(self._width)

    @property
    def fingerprint(self) -> str:
        """Stands for files, fields and dtype."""
        return self.opened.fingerprint(self.modality)

    def __call__(self, media: Sequence[bytes]) -> Floats:
        """(n, dim); of a video the mean over frames."""
        torch = require("torch", "hf")
        read = _read_picture if self.modality == "image" else _read_text
        found = [self._mean(each) for each in decode_each(media, read)]
        vectors = torch.cat(found) if found else torch.empty(0, self._width)
        return self.opened.finish(vectors, normalise=True)

    def _mean(self, shown: Shown) -> Any:
        """(1, d) of torch."""
        torch = require("torch", "hf")
        frames: list[Image.Image | None] = [*shown.frames] or [None]
        found = [self._vector(frame, shown.text) for frame in frames]
        return torch.cat(found).mean(0, keepdim=True)

    def _vector(self, picture: Image.Image | None, text: str) -> Any:
        """(1, d) of torch."""
        torch, weights = require("torch", "hf"), self._weights
        seen = {} if picture is None else self._seen(picture)
        with weights.lock, torch.inference_mode():
            ids = self._ids(text, seen.get("image_grid_thw"))
            marks = {"mm_token_type_ids": (ids == self._image_token).int()} if seen else {}
            weights.model.rope_deltas = None  # positions that the last picture left behind
            found = weights.model(
                input_ids=ids, attention_mask=torch.ones_like(ids), use_cache=False, **seen, **marks
            )
            how = self.opened.options.pooling or "last"
            return pool(found.last_hidden_state, torch.ones_like(ids), how)

    def _seen(self, picture: Image.Image) -> dict[str, Any]:
        """Patches of a picture, and how many there are in each direction."""
        torch = require("torch", "hf")
        found = self._processor(images=[picture], return_tensors="pt")
        pixels = found["pixel_values"].to(device(), getattr(torch, self.opened.precision))
        return {"pixel_values": pixels, "image_grid_thw": found["image_grid_thw"].to(device())}

    def _ids(self, text: str, grid: Any) -> Any:
        """(1, t) token numbers of the chat; the one token of a picture stands for all patches."""
        torch = require("torch", "hf")
        content = [{"type": "image"}] if grid is not None else []
        content += [{"type": "text", "text": text}] if text or grid is None else []
        instruction = self.opened.options.instruction
        chat = [
            {"role": "system", "content": [{"type": "text", "text": instruction or INSTRUCTION}]},
            {"role": "user", "content": content},
        ]
        prompt = self._tokenizer.apply_chat_template(
            chat, tokenize=False, add_generation_prompt=True
        )
        (ids,) = token_numbers(self._tokenizer, [prompt], NO_LIMIT)
        token, place, patches = self._image_token, 0, 0
        if grid is not None:
            place = ids.index(token)
            patches = int(grid.prod()) // self._processor.merge_size**2
        after = [each for each in ids[place:] if each != token]  # a text may spell the token out
        return torch.tensor([[*ids[:place], *[token] * patches, *after]], device=device())

    @property
    def _width(self) -> int:
        return width_of(self.opened.config.get_text_config(), "hidden_size")

    @property
    def _image_token(self) -> int:
        return int(self.opened.config.image_token_id)

    @cached_property
    def _weights(self) -> Weights:
        return self.opened.weights()

    @cached_property
    def _processor(self) -> Any:
        return load(self.opened.source, "AutoImageProcessor", backend="pil")

    @cached_property
    def _tokenizer(self) -> Any:
        tokenizer = load(self.opened.source, "AutoTokenizer")
        if tokenizer.chat_template is None:
            raise BadModel(f"{self.opened.source.name} has no chat template, so it cannot be asked")
        return tokenizer


def _read_picture(content: bytes) -> Shown:
    picture, text = unpack(content)
    return Shown(prepare_frames(picture), decode_text(text) if text else "")


def _read_text(data: bytes) -> Shown:
    return Shown([], decode_text(data))
