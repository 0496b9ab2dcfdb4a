"""Every flag that dvc has in the verbs of data, by both its names: none is missing without anybody noticing."""

from __future__ import annotations

import argparse

import pytest

from dvnb.commands import parser, registry

# Verb, its options (short/long), its arguments with how many there may be; a line that is indented goes on.
FLAGS = """\
add: --no-commit --glob -o/--out --to-remote -r/--remote --remote-jobs -f/--force --no-relink <targets+>
cache dir: --global --system --project --local -u/--unset <value?>
cache migrate: --dvc-files --dry
check-ignore: -d/--details -a/--all -n/--non-matching --stdin <targets*>
checkout: --summary -d/--with-deps -R/--recursive -f/--force --relink --allow-missing <targets*>
commit: -f/--force -d/--with-deps -R/--recursive --no-relink <targets*>
config: --global --system --project --local -u/--unset -l/--list --show-origin <name?> <value?>
data status: --json --granular --unchanged --untracked-files -r/--remote --not-in-remote --no-remote-refresh
    <targets*>
pull: -j/--jobs -r/--remote -a/--all-branches -T/--all-tags -A/--all-commits -f/--force -d/--with-deps
    -R/--recursive --run-cache/--no-run-cache --glob --allow-missing <targets*>
push: -j/--jobs -r/--remote -a/--all-branches -T/--all-tags -A/--all-commits -d/--with-deps -R/--recursive
    --run-cache/--no-run-cache --glob <targets*>
fetch: -j/--jobs -r/--remote -a/--all-branches -T/--all-tags -A/--all-commits -d/--with-deps -R/--recursive
    --run-cache/--no-run-cache --max-size --type <targets*>
status: -j/--jobs -c/--cloud -r/--remote -a/--all-branches -T/--all-tags -A/--all-commits -d/--with-deps
    -R/--recursive --json --no-updates <targets*>
destroy: -f/--force
diff: --targets --json --show-hash --md --hide-missing <a_rev?> <b_rev?>
du: --rev -s/--summarize --config --remote --remote-config <url> <path?>
exp list: -A/--all-commits --rev -n/--num --name-only/--names-only --sha-only/--shas-only <git_remote?>
exp save: -R/--recursive -f/--force --json -n/--name -I/--include-untracked -m/--message -M <targets*>
exp show: -A/--all-commits --rev -n/--num -a/--all-branches -T/--all-tags --no-pager --only-changed --drop --keep
    --param-deps --sort-by --sort-order --sha --hide-failed --hide-queued --hide-workspace --json --csv --md
    --precision --no-fetch -f/--force
freeze: <targets+>
unfreeze: <targets+>
gc: -w/--workspace --rev -n/--num -a/--all-branches -T/--all-tags -A/--all-commits --date --all-experiments
    --not-in-remote -c/--cloud -r/--remote --skip-failed -f/--force -j/--jobs -p/--projects --dry
get: -o/--out --rev --show-url -j/--jobs -f/--force --config --remote --remote-config <url> <path>
get-url: -j/--jobs -f/--force --fs-config <url> <out?>
git-hook pre-commit: <args*>
git-hook post-checkout: <args*>
git-hook pre-push: <args*>
git-hook merge-driver: --ancestor --our --their
import: -o/--out -f/--force --rev --no-exec --no-download -j/--jobs --config --remote --remote-config <url> <path>
import-url: --to-remote -r/--remote --no-exec --no-download -j/--jobs -f/--force --version-aware --fs-config <url>
    <out?>
init: --no-scm -f/--force --subdir <directory?>
install: --use-pre-commit-tool
list: -R/--recursive -T/--tree -L/--level --dvc-only --json --rev --config --remote --remote-config --size
    --show-hash <url> <path?>
list-url: -R/--recursive -T/--tree -L/--level --size --fs-config <url>
move: <src> <dst>
remote add: --global --system --project --local -d/--default -f/--force <name> <url>
remote default: --global --system --project --local -u/--unset <name?>
remote modify: --global --system --project --local -u/--unset <name> <option> <value?>
remote list: --global --system --project --local
remote remove: --global --system --project --local <name>
remote rename: --global --system --project --local <name> <new>
remove: --outs <targets+>
unprotect: <targets+>
update: --rev -R/--recursive --no-download --to-remote -r/--remote -j/--jobs <targets+>
"""


def _lines() -> list[str]:
    return FLAGS.replace("\n    ", " ").splitlines()


def _actions(words: str) -> list[argparse.Action]:
    verb = words.split(maxsplit=1)[0]
    command = next(command for command in registry.commands(verb) if command.words == words)
    return parser.build(command)._actions


@pytest.mark.parametrize("line", _lines(), ids=lambda line: line.partition(":")[0])
def test_flags(line: str) -> None:
    words, _, wanted = line.partition(": ")
    actions = _actions(words)
    options = {tuple(action.option_strings) for action in actions}
    known = {name for names in options for name in names}
    names = [name for name in wanted.split() if name.startswith("-")]
    missing = [name for name in names if not known.issuperset(name.split("/"))]
    assert not missing
    together = {frozenset(names) for names in options}
    apart = [name for name in names if not any(found.issuperset(name.split("/")) for found in together)]
    assert not apart, "the short and the long name must be one option"


@pytest.mark.parametrize("line", _lines(), ids=lambda line: line.partition(":")[0])
def test_arguments(line: str) -> None:
    words, _, wanted = line.partition(": ")
    found = [action for action in _actions(words) if not action.option_strings]
    counts = ["" if action.nargs is None else str(action.nargs) for action in found]
    arguments = [word.strip("<>") for word in wanted.split() if word.startswith("<")]
    expected = [word[-1] if word[-1] in "?*+" else "" for word in arguments]
    assert counts[: len(expected)] == expected
    assert set(counts[len(expected) :]) <= {"?", "*"}
