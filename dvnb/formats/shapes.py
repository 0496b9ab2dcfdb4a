"""What `.dvc` files, `dvc.yaml` and `dvc.lock` may hold. Imported only for a document that was not checked before.

Raise `strict.VERSION` with every change here: documents found good by older shapes are then checked again.
Source: dvc's schema.py, output.py, dependency/.
"""

from __future__ import annotations

from typing import Any

from dvnb.formats.schema import (
    Check,
    Issue,
    Where,
    anything,
    at_most,
    checksum,
    equal_to,
    flag,
    list_of,
    mapping,
    mapping_of,
    mapping_to,
    null,
    number,
    one_of,
    sequence,
    text,
)

_CHECKSUMS: dict[str, Check] = {"md5": checksum, "checksum": checksum, "etag": checksum}
_META: dict[str, Check] = {"size": number, "nfiles": number, "isexec": flag, "version_id": text}
_CLOUD = at_most(1, mapping_to(mapping_of(_CHECKSUMS | _META)))
_MEMBER = mapping_of({**_CHECKSUMS, **_META, "relpath": text, "cloud": _CLOUD}, "relpath")
_CONTENT: dict[str, Check] = {
    **_CHECKSUMS,
    **_META,
    "path": text,
    "cloud": _CLOUD,
    "hash": text,
    "files": list_of(_MEMBER),
}
_ANNOTATION: dict[str, Check] = {"desc": text, "type": text, "labels": list_of(text), "meta": anything}

_REPO = mapping_of(
    {"url": text, "rev": text, "rev_lock": text, "config": one_of(text, mapping), "remote": one_of(text, mapping)},
    "url",
)
_DB = mapping_of({"query": text, "connection": text, "file_format": text, "table": text})
_DVCFILE_DEP = mapping_of({**_CONTENT, "persist": flag, "repo": _REPO, "db": _DB, "fs_config": mapping})
_DVCFILE_OUT = mapping_of(
    {**_CONTENT, **_ANNOTATION, "persist": flag, "cache": flag, "remote": text, "push": flag, "fs_config": mapping}
)
DVCFILE = mapping_of(
    {
        "md5": checksum,
        "wdir": one_of(text, null),
        "deps": one_of(list_of(_DVCFILE_DEP), null),
        "outs": one_of(list_of(_DVCFILE_OUT), null),
        "locked": flag,
        "frozen": flag,
        "meta": anything,
        "always_changed": flag,
        "desc": text,
    }
)

# What dvc wrote before 1.0, and until 2.0 beside dvc.yaml: a stage in a file of its own.
_OLD: dict[str, Check] = {"metric": anything, "plot": anything, "tags": anything, "live": anything}
SINGLE_STAGE = mapping_of(
    {
        "md5": checksum,
        "cmd": one_of(text, sequence, null),
        "wdir": one_of(text, null),
        "deps": one_of(
            list_of(
                mapping_of(
                    {
                        **_CONTENT,
                        **_OLD,
                        "persist": flag,
                        "repo": _REPO,
                        "db": _DB,
                        "fs_config": mapping,
                        "params": anything,
                    }
                )
            ),
            null,
        ),
        "outs": one_of(
            list_of(
                mapping_of(
                    {
                        **_CONTENT,
                        **_ANNOTATION,
                        **_OLD,
                        "persist": flag,
                        "cache": flag,
                        "checkpoint": flag,
                        "remote": text,
                        "push": flag,
                        "fs_config": mapping,
                    },
                    "path",
                )
            ),
            null,
        ),
        "locked": flag,
        "frozen": flag,
        "meta": anything,
        "tags": anything,
        "always_changed": flag,
        "desc": text,
    }
)

_LOCK_ITEM = mapping_of({**_CONTENT, "dataset": mapping}, "path")
_LOCK_STAGE = mapping_of(
    {
        "cmd": one_of(text, sequence),
        "deps": list_of(_LOCK_ITEM),
        "params": mapping_to(mapping_to(anything)),
        "outs": list_of(_LOCK_ITEM),
    },
    "cmd",
)
LOCKFILE = mapping_of(
    {"schema": equal_to("2.0", "invalid schema version"), "datasets": anything, "stages": mapping_to(_LOCK_STAGE)},
    "schema",
)

_OUT_FLAGS: dict[str, Check] = {
    **_ANNOTATION,
    "cache": flag,
    "persist": flag,
    "checkpoint": flag,
    "remote": text,
    "push": flag,
}
_OUT = mapping_to(mapping_of(_OUT_FLAGS))
_PLOT_FLAGS = mapping_of(
    {
        **_OUT_FLAGS,
        "template": text,
        "x": text,
        "y": text,
        "x_label": text,
        "y_label": text,
        "title": text,
        "header": flag,
    }
)
_PLOT_OUT = mapping_to(one_of(_PLOT_FLAGS, list_of(_PLOT_FLAGS)))
_VARS = list_of(text, mapping)
_STAGE = mapping_of(
    {
        "matrix": mapping_to(one_of(text, sequence)),
        "cmd": one_of(text, sequence),
        "wdir": text,
        "deps": list_of(text),
        "params": list_of(one_of(text, mapping)),
        "vars": _VARS,
        "frozen": flag,
        "meta": anything,
        "desc": text,
        "always_changed": flag,
        "outs": list_of(one_of(text, _OUT)),
        "metrics": list_of(one_of(text, _OUT)),
        "plots": list_of(one_of(text, _PLOT_OUT)),
    },
    "cmd",
)
_FOREACH = mapping_of({"foreach": one_of(mapping, sequence, text), "do": _STAGE}, "foreach", "do")


def _stage(value: Any, where: Where) -> list[Issue]:
    check = _FOREACH if isinstance(value, dict) and ("foreach" in value or "do" in value) else _STAGE
    return check(value, where)


_PLOT = mapping_of(
    {
        "x": one_of(text, mapping_to(text)),
        "y": one_of(text, list_of(text), mapping_to(one_of(text, list_of(text)))),
        "x_label": text,
        "y_label": text,
        "title": text,
        "template": text,
    }
)
DVCYAML = mapping_of(
    {
        "datasets": anything,
        "plots": list_of(one_of(text, mapping_to(one_of(_PLOT, null), filled=True))),
        "stages": mapping_to(_stage),
        "vars": _VARS,
        "params": list_of(text),
        "metrics": list_of(text),
        "artifacts": mapping_to(mapping_of({"path": text, **_ANNOTATION}, "path")),
    }
)
