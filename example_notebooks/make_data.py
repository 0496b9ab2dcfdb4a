"""Write the handwritten digits that scikit-learn ships as image files and a label table.

    python make_data.py --version 1    the first 1,000 images, as a first delivery of data
    python make_data.py --version 2    all 1,797 images

Version 2 holds every file of version 1 unchanged, so a versioned cache stores those only once. Images are
`data/digits/<label>/<index>.png`, 8 x 8 grey pixels of 15 times the ink count (0 to 16) of the original; the table
`data/labels.csv` names each image's path (relative to `data`) and label.
"""

from __future__ import annotations

import argparse
import csv
import io
import os
from pathlib import Path

import numpy as np
from PIL import Image
from sklearn.datasets import load_digits

IMAGES = {1: 1000, 2: 1797}


def digit_files(count: int) -> dict[str, bytes]:
    """The first `count` images and their table: path relative to the data folder -> content."""
    digits = load_digits()
    files: dict[str, bytes] = {}
    table = io.StringIO()
    rows = csv.writer(table, lineterminator="\n")
    rows.writerow(["path", "label"])
    for index in range(count):
        label = int(digits.target[index])
        path = f"digits/{label}/{index:04}.png"
        image = io.BytesIO()
        Image.fromarray((digits.images[index] * 15).astype(np.uint8)).save(image, format="PNG")
        files[path] = image.getvalue()
        rows.writerow([path, label])
    files["labels.csv"] = table.getvalue().encode()
    return files


def write_folder(folder: Path, files: dict[str, bytes]) -> None:
    """Make `folder` hold these files, and of its former images no others.

    Files are replaced, never written into: what is there may be a link to a cache.
    """
    for path, content in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        new = target.with_name(f".{target.name}.new")
        new.write_bytes(content)
        os.replace(new, target)
    for image in folder.glob("digits/*/*.png"):
        if image.relative_to(folder).as_posix() not in files:
            image.unlink()


def main() -> None:
    """Write the version that the command line asks for."""
    parser = argparse.ArgumentParser(description="Write scikit-learn's handwritten digits as files.")
    parser.add_argument("--version", type=int, choices=IMAGES, required=True, help="1: 1,000 images, 2: all 1,797")
    parser.add_argument("--to", type=Path, default=Path("data"), metavar="FOLDER", help="where to (default: data)")
    args = parser.parse_args()
    write_folder(args.to, digit_files(IMAGES[args.version]))
    print(f"{IMAGES[args.version]} images and labels.csv written to {args.to}/")


if __name__ == "__main__":
    main()
