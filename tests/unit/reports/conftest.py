"""A git project with two tagged revs, and what the real dvc prints in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
import yaml

# Runs dvc commands one after the other in one process, as starting dvc takes most of a second.
# dvc keeps streams of its own, so that its output is caught below them.
RUN_DVC = """
import json, os, sys, tempfile
from dvc.cli import main
answers = os.fdopen(os.dup(1), "w")
for line in sys.stdin:
    folder, args = json.loads(line)
    os.chdir(folder)
    with tempfile.TemporaryFile("w+") as caught:
        os.dup2(caught.fileno(), 1)
        main(args)
        sys.stdout.flush()
        caught.seek(0)
        print(json.dumps(caught.read()), file=answers, flush=True)
"""

DVC_YAML = """\
metrics: [metrics.json, m.yaml, t.toml, scalar.json, sub/a.json, bytes.json, bytes.yaml, broken.yaml, broken.toml]
params: [params.yaml, p.json, list.json]
stages:
  train:
    cmd: echo hi
    params: [lr, train.epochs, nope]
"""

V1 = {
    "metrics.json": '{"acc":0.123456789,"auc":{"train":0.5,"test":1234567.891},"n":3,"big":1e20,"s":"text",'
    '"l":[1,2],"b":true,"z":null,"tiny":1.5e-9,"e":{}}',
    "m.yaml": "a: 1\nk: [1,2]\nb: {c: 2.5}\n",
    "t.toml": "x = 1\n[y]\nz = 2.0\n",
    "sub/a.json": '{"q": 1}',
    "scalar.json": "0.75",
    "bytes.json": b"\xff\xfe{}",
    "bytes.yaml": b"a: \xff\n",
    "broken.yaml": "a: [1\nb: 2",
    "broken.toml": "a = ",
    "params.yaml": "lr: 0.1\ntrain: {epochs: 10, layers: [1, 2], name: foo}\nempty: {}\nn: null\nt: true\nv: 0.123456789\n",
    "p.json": '{"p": {"q": [1]}, "1": 2}',
    "list.json": "[1]",
}
V2 = {
    "metrics.json": '{"acc":0.223456789,"auc":{"train":0.5,"test":1},"n":5,"big":1e21,"s":"text2","l":[1,2],'
    '"b":false,"z":null,"tiny":2.5e-9,"new":1}',
    "sub/a.json": '{"q": ',
    "scalar.json": "0.8",
    "params.yaml": "lr: 0.2\ntrain: {epochs: 10, layers: [1, 3], name: bar}\nempty: {a: 1}\nn: 1\nt: false\nv: 0.3\n",
    "p.json": '{"p": {"q": [2]}, "1": 2}',
    "list.json": "[2]",
}


@dataclass
class TwoRevs:
    root: str
    dvc: Callable[..., list[str]]

    @property
    def metrics(self) -> list[str]:
        return yaml.safe_load(DVC_YAML)["metrics"]

    def reader(self, rev: str) -> Callable[[str], bytes]:
        def read(path: str) -> bytes:
            if rev == "workspace":
                with open(os.path.join(self.root, path), "rb") as file:
                    return file.read()
            shown = subprocess.run(["git", "show", f"{rev}:{path}"], cwd=self.root, capture_output=True, check=False)
            if shown.returncode:
                raise FileNotFoundError(path)
            return shown.stdout

        return read


@pytest.fixture(scope="session")
def two_revs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoRevs]:
    root = tmp_path_factory.mktemp("two-revs")
    env = os.environ | {
        "DVC_NO_ANALYTICS": "1",
        "DVC_SYSTEM_CONFIG_DIR": str(tmp_path_factory.mktemp("none")),
        "DVC_GLOBAL_CONFIG_DIR": str(tmp_path_factory.mktemp("none")),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "COLUMNS": "400",
    }

    def git(*args: str) -> None:
        identity = ["-c", "user.name=n", "-c", "user.email=n@example.org"]
        subprocess.run(["git", *identity, *args], cwd=root, check=True, capture_output=True, env=env)

    def dvc(*commands: str, folder: str = "") -> list[str]:
        results: list[str] = []
        for command in commands:
            print(json.dumps((os.path.join(root, folder), command.split())), file=server.stdin, flush=True)
            results.append(json.loads(server.stdout.readline()))
        return results

    def write(files: dict[str, str | bytes]) -> None:
        for name, content in files.items():
            path = root / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        git("add", "-A")

    server = subprocess.Popen(
        [sys.executable, "-c", RUN_DVC],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=env,
    )
    git("init", "-q", "-b", "main")
    dvc("init -q")
    write({"dvc.yaml": DVC_YAML, **V1})
    git("commit", "-qm", "1")
    git("tag", "v1")
    (root / "m.yaml").unlink()
    write(V2)
    git("commit", "-qm", "2")
    git("tag", "v2")
    with server:
        yield TwoRevs(str(root), dvc)
        server.stdin.close()
