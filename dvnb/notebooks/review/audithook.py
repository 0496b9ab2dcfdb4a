"""Starts a Python program whose opened files are written down: `python audithook.py LOG ROOT -m MODULE …`.

It runs in the kernel's interpreter, which need not have dvnb: any Python 3.8 or later, standard library only. The
program finds `sys.argv`, `sys.path` and `__main__` as without it.
"""

import os
import runpy
import sys


def main() -> None:
    """Add the hook, then become the program."""
    log = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    _watch(log, sys.argv[2])
    arguments = sys.argv[3:]
    sys.path[0] = os.getcwd()
    if arguments[0] == "-m":
        sys.argv = arguments[1:]
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = arguments
        sys.path[0] = os.path.dirname(os.path.abspath(arguments[0]))
        runpy.run_path(arguments[0], run_name="__main__")


def _watch(log: int, root: str) -> None:
    # All names are bound here: at the interpreter's end a module's own are gone.
    join, normpath, fsdecode, getcwd, write = os.path.join, os.path.normpath, os.fsdecode, os.getcwd, os.write
    writing, updating, cutting = os.O_WRONLY, os.O_RDWR, os.O_TRUNC
    inside = root.rstrip("/") + "/"

    def note(kind, path):  # type: ignore[no-untyped-def]
        if isinstance(path, int):
            return
        full = normpath(join(getcwd(), fsdecode(path)))
        if full.startswith(inside):
            write(log, (kind + "\0" + full + "\0\n").encode("utf-8", "surrogateescape"))

    def hook(event, args):  # type: ignore[no-untyped-def]
        try:
            if event == "open":
                path, mode, flags = args
                if mode is None:
                    kind = "write" if flags & cutting else "update" if flags & (writing | updating) else "read"
                else:
                    kind = "update" if "a" in mode or ("+" in mode and "r" in mode) else "read"
                    kind = "write" if "w" in mode or "x" in mode else kind
                note(kind, path)
            elif event == "sqlite3.connect":
                if args[0] != ":memory:" and not str(args[0]).startswith("file:"):
                    note("update", args[0])
            elif event in ("os.rename", "shutil.move"):
                note("write", args[1])
            elif event == "subprocess.Popen":
                write(log, ("program\0" + fsdecode(args[0]) + "\0\n").encode("utf-8", "surrogateescape"))
        except Exception:  # noqa: BLE001, S110  # watching must not change what the program does
            pass

    sys.addaudithook(hook)


if __name__ == "__main__":
    main()
