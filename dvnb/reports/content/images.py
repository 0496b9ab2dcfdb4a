"""Pictures: size, mode and number of pixels that differ, if Pillow is installed; and both as data URIs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from dvnb.reports.content.found import ImageDiff, Side

if TYPE_CHECKING:
    from PIL.Image import Image

KINDS = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".bmp": "image/bmp",
    ".svg": "image/svg+xml",
}
NO_PILLOW = "with the package pillow installed, pixels would be compared too"
_MOST_EMBEDDED = 2 << 20
_LEVELS = 256


def is_image(path: str) -> bool:
    """Whether a file of this name is a picture that can be shown."""
    return os.path.splitext(path)[1].lower() in KINDS


def compare(path: str, old: Side, new: Side) -> tuple[ImageDiff, str]:
    """What differs between two pictures, and a note where that could not be told; either may be missing."""
    found = ImageDiff(None, None, uris=[_uri(path, side) for side in (old, new)])
    if path.lower().endswith(".svg"):
        return found, ""
    try:
        from PIL import Image
    except ImportError:
        return found, NO_PILLOW
    try:
        pictures = [Image.open(side.path) if side.path else None for side in (old, new)]
        found.old, found.new = (_facts(picture) for picture in pictures)
        before, after = pictures
        if before is not None and after is not None and before.size == after.size:
            found.pixels = _different(before, after)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        return found, f"not a picture that pillow can read: {str(error).partition(os.linesep)[0]}"
    return found, ""


def _facts(picture: Image | None) -> dict[str, Any] | None:
    if picture is None:
        return None
    return {"format": picture.format, "mode": picture.mode, "width": picture.width, "height": picture.height}


def _different(old: Image, new: Image) -> int:
    """How many pixels differ in any band."""
    from PIL import ImageChops

    if old.mode == new.mode and old.mode in ("I;16", "I", "F"):  # too deep for a histogram
        before, after = old.tobytes(), new.tobytes()
        step = len(before) // (old.width * old.height)
        return sum(before[at : at + step] != after[at : at + step] for at in range(0, len(before), step))
    bands = ImageChops.difference(old.convert("RGBA"), new.convert("RGBA")).split()
    most = bands[0]
    for band in bands[1:]:
        most = ImageChops.lighter(most, band)
    return old.width * old.height - most.histogram()[:_LEVELS][0]


def _uri(path: str, side: Side) -> str | None:
    if side.path is None or os.path.getsize(side.path) > _MOST_EMBEDDED:
        return None
    from base64 import b64encode

    with open(side.path, "rb") as file:
        data = b64encode(file.read()).decode("ascii")
    return f"data:{KINDS[os.path.splitext(path)[1].lower()]};base64,{data}"
