"""Files that a notebook's code reads and writes, as far as constant paths say, and paths that fit one machine only."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from typing import Literal

from dvnb.notebooks.review.codecalls import Call, Names
from dvnb.notebooks.review.codecells import CodeCell
from dvnb.records import dataclass

Use = Literal["read", "write", "read folder"]

_READERS = {
    "numpy.load": 0, "numpy.loadtxt": 0, "numpy.genfromtxt": 0, "numpy.fromfile": 0, "numpy.memmap": 0,
    "joblib.load": 0, "torch.load": 0, "PIL.Image.open": 0, "matplotlib.pyplot.imread": 0, "cv2.imread": 0,
    "imageio.imread": 0, "imageio.v3.imread": 0, "skimage.io.imread": 0, "pyarrow.parquet.read_table": 0,
    "pyarrow.csv.read_csv": 0, "pyarrow.feather.read_table": 0, "scipy.io.loadmat": 0, "scipy.io.wavfile.read": 0,
    "scipy.sparse.load_npz": 0, "xarray.open_dataset": 0, "geopandas.read_file": 0, "rasterio.open": 0,
    "duckdb.read_csv": 0, "duckdb.read_parquet": 0, "duckdb.read_json": 0, "polars.scan_csv": 0,
    "polars.scan_parquet": 0, "polars.scan_ndjson": 0, "shutil.copy": 0, "shutil.copy2": 0, "shutil.copyfile": 0,
}  # fmt: skip
_WRITERS = {
    "numpy.save": 0, "numpy.savez": 0, "numpy.savez_compressed": 0, "numpy.savetxt": 0, "joblib.dump": 1,
    "torch.save": 1, "matplotlib.pyplot.savefig": 0, "matplotlib.pyplot.imsave": 0, "cv2.imwrite": 0,
    "imageio.imwrite": 0, "imageio.v3.imwrite": 0, "skimage.io.imsave": 0, "pyarrow.parquet.write_table": 1,
    "pyarrow.csv.write_csv": 1, "pyarrow.feather.write_feather": 1, "scipy.io.savemat": 0, "scipy.io.wavfile.write": 0,
    "scipy.sparse.save_npz": 0, "shutil.copy": 1, "shutil.copy2": 1, "shutil.copyfile": 1,
}  # fmt: skip
_PATH_WORDS = (
    "path",
    "filepath_or_buffer",
    "path_or_buf",
    "path_or_buffer",
    "file",
    "fname",
    "filename",
    "io",
    "excel_writer",
    "f",
    "fp",
)
_READ_PREFIX = re.compile(
    r"(pandas|polars|modin\.pandas|dask\.dataframe|geopandas|cudf)\.read_(?!sql|clipboard|html|gbq|database)"
)
_WRITING_METHODS = {
    "to_csv", "to_parquet", "to_pickle", "to_feather", "to_excel", "to_json", "to_hdf", "to_orc", "to_stata", "to_xml",
    "to_html", "to_latex", "to_markdown", "to_netcdf", "to_zarr", "to_file", "savefig", "write_csv", "write_parquet",
    "write_ipc", "write_json", "write_ndjson", "write_image", "save_model", "tofile",
}  # fmt: skip
_OPENERS = {"open", "io.open", "gzip.open", "bz2.open", "lzma.open", "codecs.open"}
_NUMPY_SUFFIX = {"numpy.save": ".npy", "numpy.savez": ".npz", "numpy.savez_compressed": ".npz"}

# Folders of one machine or one service; `/tmp` is the same everywhere.
_MACHINE = re.compile(
    r"(/(home|Users|root|mnt|media|Volumes|content|kaggle|workspace|workspaces|dbfs|gpfs|scratch|nfs)/[^\s/]"
    r"|~[\w.-]*/[^\s/.]|[A-Za-z]:[\\/][^\s\\/]|\\\\[^\s\\]+\\[^\s\\])"
)
_NO_PATHS = {"run_line_magic", "run_cell_magic", "system", "getoutput", "startswith"}
_SHELL_PATH = re.compile(r"(?:^|[\s=\"'])(/(?:home|Users|root|mnt|media|Volumes|content|kaggle)/[^\s\"']+)")
_EVERYWHERE = re.compile(r"/(tmp|dev|proc|sys|etc)(/|$)|/$")


@dataclass(frozen=True, slots=True)
class FileUse:
    """One use of a path at a place; `path` is as the code has it."""

    use: Use
    path: str
    cell: CodeCell
    line: int
    last_line: int


@dataclass(frozen=True, slots=True)
class MachinePath:
    """A path that exists on one machine."""

    path: str
    cell: CodeCell
    line: int
    last_line: int


def file_uses(calls: Iterable[Call], names: Names) -> Iterator[FileUse]:
    """Reads and writes of constant local paths, top to bottom."""
    for call in calls:
        for use, argument in _uses(call, names):
            path = names.text(argument)
            if path and _is_local(path):
                suffix = _NUMPY_SUFFIX.get(call.name, "")
                path = path if not suffix or path.endswith(suffix) else path + suffix
                last = call.node.end_lineno or call.node.lineno
                yield FileUse(use, path, call.cell, call.node.lineno, last)


def _uses(call: Call, names: Names) -> Iterator[tuple[Use, ast.expr | None]]:
    name = call.name
    if name in _OPENERS:
        yield from _opened(call, _argument(call, 0))
    elif call.imported:
        if _READ_PREFIX.match(name):
            yield "read", _argument(call, 0)
        if name in _READERS and not (name == "numpy.memmap" and _writes(call, 2)):
            yield "read", _argument(call, _READERS[name])
        if name in _WRITERS:
            yield "write", _argument(call, _WRITERS[name])
        if name in {"os.listdir", "os.scandir", "os.walk"}:
            yield "read folder", _argument(call, 0)
        if name in {"glob.glob", "glob.iglob"}:
            yield "read folder", _folder_of_pattern(names.text(_argument(call, 0)))
        if name == "h5py.File":
            yield ("write" if _writes(call, 1) else "read"), _argument(call, 0)
    elif name.startswith("."):
        yield from _method(call, name[1:])


def _method(call: Call, name: str) -> Iterator[tuple[Use, ast.expr | None]]:
    """What a method does, with its argument, or with the path that it is a method of."""
    if name in _WRITING_METHODS:
        yield "write", _argument(call, 0)
    if not isinstance(call.node.func, ast.Attribute):
        return
    own = call.node.func.value
    if name in {"read_text", "read_bytes"}:
        yield "read", own
    elif name in {"write_text", "write_bytes"}:
        yield "write", own
    elif name == "open" and not _is_text(own):
        yield ("write" if _writes(call, 0) else "read"), own
    elif name in {"glob", "rglob", "iterdir"}:
        yield "read folder", own


def _opened(call: Call, path: ast.expr | None) -> Iterator[tuple[Use, ast.expr | None]]:
    if call.passes_unknown:
        return
    mode = _argument(call, 1, "mode")
    if mode is None:
        yield "read", path
    elif isinstance(mode, ast.Constant) and isinstance(mode.value, str):
        yield ("write" if set(mode.value) & set("wax+") else "read"), path


def _writes(call: Call, position: int) -> bool:
    mode = _argument(call, position, "mode")
    return isinstance(mode, ast.Constant) and isinstance(mode.value, str) and bool(set(mode.value) & set("wax+"))


def _argument(call: Call, position: int, *keywords: str) -> ast.expr | None:
    if len(call.node.args) > position:
        found = call.node.args[position]
        return None if isinstance(found, ast.Starred) else found
    for word in keywords or _PATH_WORDS:
        value = call.keyword(word)
        if value is not None:
            return value
    return None


def _folder_of_pattern(pattern: str | None) -> ast.expr | None:
    fixed = re.split(r"[*?\[]", pattern)[0].rpartition("/")[0] if pattern else ""
    return ast.Constant(fixed) if fixed else None


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant)


def _is_local(path: str) -> bool:
    return "://" not in path and "\n" not in path and "\0" not in path and not path.startswith(("<", "{", "dvnb:"))


def machine_paths(cells: Iterable[CodeCell], calls: Iterable[Call], names: Names) -> list[MachinePath]:
    """Absolute paths in texts that look like one, and as arguments of what reads or writes files."""
    found: dict[tuple[int, int], MachinePath] = {}
    for cell in cells:
        for node in _texts(cell.tree) if cell.tree else ():
            text = node.value if isinstance(node, ast.Constant) else _beginning(node)
            if isinstance(text, str) and _MACHINE.match(text) and "\n" not in text and _is_local(text):
                _add(found, MachinePath(text, cell, node.lineno, node.end_lineno or node.lineno))
        for number, line in enumerate(cell.lines, 1):
            shell = _SHELL_PATH.search(line) if line.lstrip().startswith(("!", "%cd ")) else None
            if shell:
                _add(found, MachinePath(shell[1], cell, number, number))
    for use in file_uses(calls, names):
        if use.path.startswith("/") and not _EVERYWHERE.match(use.path):
            _add(found, MachinePath(use.path, use.cell, use.line, use.last_line))
    said: set[tuple[int, str]] = set()
    kept: list[MachinePath] = []
    for one in sorted(found.values(), key=lambda one: (one.cell.number, one.line)):
        if not any(
            number == one.cell.number and (path.startswith(one.path) or one.path.startswith(path))
            for number, path in said
        ):
            said.add((one.cell.number, one.path))
            kept.append(one)
    return kept


def _add(found: dict[tuple[int, int], MachinePath], one: MachinePath) -> None:
    found.setdefault((one.cell.number, one.line), one)


def _texts(node: ast.AST) -> Iterator[ast.Constant | ast.JoinedStr]:
    """Texts of the code; those that stand alone are documentation, and what a magic was given is no Python."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Expr) and isinstance(child.value, (ast.Constant, ast.JoinedStr)):
            continue
        if isinstance(child, ast.Call) and isinstance(child.func, ast.Attribute) and child.func.attr in _NO_PATHS:
            continue
        if isinstance(child, ast.JoinedStr) or (isinstance(child, ast.Constant) and isinstance(child.value, str)):
            yield child
        else:
            yield from _texts(child)


def _beginning(node: ast.JoinedStr) -> str | None:
    first = node.values[0] if node.values else None
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else None
