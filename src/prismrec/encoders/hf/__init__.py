"""Models of the Hugging Face hub, or of a folder in its form: `hf:NAME?field=value&field=value`."""

from __future__ import annotations

from dataclasses import dataclass

from prismrec.encoders import Encoder

__all__ = ["HuggingFace"]


@dataclass(frozen=True)
class HuggingFace:
    """A model of the Hugging Face hub for pictures, texts or sounds, through transformers.

    The address is a folder, or a name of the hub such as `openai/clip-vit-base-patch32`, with `@`
    and a branch, tag or commit where one is wanted. What has been downloaded before is taken as
    it is; else it is downloaded. Weights are read from safetensors files only, and code that
    comes with a model is never run.
    """

    pooling: str | None = None  # cls, mean, max, last or pooler; by default what the model wants
    normalise: bool | None = None  # to unit length; by default what the model wants
    instruction: str | None = None  # what stands before every text, or asks for the picture
    prompt: str | None = None  # name of an instruction that comes with the model, as query
    dim: int | None = None  # the first so many of a Matryoshka vector, at unit length again
    length: int | None = None  # tokens of a text that are read; by default what the model can
    seconds: float = 10.0  # length of the windows of a sound, which are averaged
    layer: int = -1  # of a model of sounds whose frames are averaged; -1 is the last one
    precision: str = "auto"  # float32, float16 or bfloat16; auto is half on a GPU
    also: str | None = None  # text: a multimodal model reads a picture with its text, in one vector

    def open(self, address: str, modality: str) -> Encoder:
        """The encoder of one modality; its weights are read when they are needed.

        Raises:
            BadModel: where there is no such model, or it does not read that modality.
            MissingPackage: where transformers or torch is not installed.
        """
        from prismrec.encoders.hf.families import open_model

        return open_model(address, modality, self)
