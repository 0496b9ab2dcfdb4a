"""What a rev holds: its params, its metrics, and the hashes of its deps and outs.

Source: dvc's repo/experiments/serialize.py.
"""

from __future__ import annotations

from typing import Any

from dvnb.objects.hashing import Fingerprint
from dvnb.pipeline.stage import Dep
from dvnb.repo.elsewhere.files import Files
from dvnb.repo.elsewhere.shown import metrics_source, params_source
from dvnb.repo.results.experiments import Recorded
from dvnb.reports import metrics, params

_DATASET = "ds://"


def read_recorded(files: Files, rev: str, timestamp: str | None, *, param_deps: bool) -> Recorded:
    """What these files hold; `param_deps`: only the params that stages declare.

    Raises: FormatError for a metafile that is broken; files of values that are broken say so in the result.
    """
    stages = files.index.stages
    relpath = files.other.project.relpath
    return Recorded(
        rev=rev,
        timestamp=timestamp,
        params=params.show([params_source(files, deps=param_deps)])[""]["data"],
        metrics=metrics.show([metrics_source(files)])[""]["data"],
        deps={relpath(dep.path): _facts(dep.recorded) for stage in stages for dep in stage.deps if _is_file(dep)},
        outs={
            relpath(out.path): _facts(out.recorded) | {"use_cache": out.cache, "is_data_source": stage.is_data_source}
            for stage in stages
            for out in stage.outs
            if out.kind == "outs"
        },
    )


def _is_file(dep: Dep) -> bool:
    return dep.repo is None and dep.db is None and not dep.text.startswith(_DATASET)


def _facts(recorded: Fingerprint | None) -> dict[str, Any]:
    hash_info = recorded.hash_info if recorded else None
    return {
        "hash": hash_info.value if hash_info else None,
        "size": recorded.size if recorded else None,
        "nfiles": recorded.nfiles if recorded else None,
    }
