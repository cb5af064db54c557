"""Pictures inside the page: PNG as base64, made smaller only when the page would be too large."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from pathlib import Path

MOST_CHARACTERS = 4_600_000
"""Room for all pictures of a page of at most 5 MB."""

_SMALLEST_SCALE = 0.2


def embed(paths: Sequence[Path], most: int = MOST_CHARACTERS) -> list[str]:
    """Return PNG files as base64 text that together stay within a size.

    Studies with many arms have tall pictures: first colours are reduced to a palette of 256,
    then, if need be, the pictures shrink together. The files themselves stay as they are.

    Parameters
    ----------
    paths : sequence of Path
        PNG files.
    most : int
        Most characters of all texts together.

    Returns
    -------
    list of str
        One text per file.
    """
    texts = [base64.b64encode(path.read_bytes()).decode() for path in paths]
    scale = 1.0
    while sum(map(len, texts)) > most and scale > _SMALLEST_SCALE:
        texts = [base64.b64encode(_smaller(path, scale)).decode() for path in paths]
        scale *= 0.8
    return texts


def _smaller(path: Path, scale: float) -> bytes:
    from PIL import Image

    with Image.open(path) as picture:
        plain = picture.convert("RGB")
    if scale < 1:
        size = tuple(max(1, round(side * scale)) for side in plain.size)
        plain = plain.resize(size, Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    palette = plain.quantize(256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    palette.save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()
