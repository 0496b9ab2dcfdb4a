#!/usr/bin/env bash
# The digits project from first data to a shared repo, step by step. Each line after `$` is a command that is run
# there and then; what follows it is that command's own output.
#
#   demo.sh [FOLDER]     FOLDER (default: demo) gets digits/ (the git repo), storage/ (its remote) and clone/.
#                        A folder of that name that exists is moved aside to a dated name.
set -euo pipefail

source="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
if [ -x "$source/../.venv/bin/dvnb" ]; then
  bin="$(cd "$source/../.venv/bin" && pwd)"
  export PATH="$bin:$PATH"
fi

# A git identity and defaults of its own, so that a machine without git's configuration, or with any, gives the same.
export GIT_AUTHOR_NAME="Dvnb Demo" GIT_AUTHOR_EMAIL="demo@example.org"
export GIT_COMMITTER_NAME="$GIT_AUTHOR_NAME" GIT_COMMITTER_EMAIL="$GIT_AUTHOR_EMAIL"
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 GIT_PAGER=cat
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE DVC_ROOT DVC_STAGE

heading() { printf '\n\n===== %s\n' "$*"; }
run() {
  local word line=""
  for word in "$@"; do
    case "$word" in *[!A-Za-z0-9_./:=,-]*) word="'$word'" ;; esac
    line="$line $word"
  done
  printf '\n$%s\n' "$line"
  "$@"
}
save() { run git add --all; run git commit --quiet -m "$1"; }

folder="${1:-demo}"
folder="${folder%/}"
if [ -e "$folder" ] || [ -L "$folder" ]; then
  aside="$folder-$(date +%Y%m%d-%H%M%S)"
  while [ -e "$aside" ]; do aside="$aside-again"; done
  mv "$folder" "$aside"
  echo "the '$folder' that was here is now '$aside'"
fi
mkdir -p "$folder/digits"
folder="$(cd "$folder" && pwd)"
cp "$source"/{README.md,params.yaml,make_data.py,prepare.ipynb,train.ipynb,evaluate.ipynb} "$folder/digits"
cd "$folder/digits"

heading "A git repo with three notebooks, a params.yaml and 1,000 images"
run git init --quiet -b main
run dvnb init
run python make_data.py --version 1
run dvnb add data

heading "Each notebook becomes a stage: what it reads (-d, -p) and what it makes (-o, -M, --plots)"
run mkdir plots
run dvnb notebook stage prepare.ipynb -n prepare -d data -p prepare.test_size,prepare.seed -o features
run dvnb notebook stage train.ipynb -n train -d features/train.csv -p train.C,train.gamma,train.seed \
  -o model.joblib -M metrics/train.json --plots plots/learning_curve.csv
run dvnb notebook stage evaluate.ipynb -n evaluate -d features/test.csv -d model.joblib -p evaluate.show \
  -M metrics/test.json --plots plots/confusion.csv --plots plots/confusion.png
run dvnb stage list

heading "Run them, in the order in which they need each other"
run dvnb repro
save "First model"

heading "Nothing changed, so nothing runs"
run dvnb repro

heading "One parameter changes: only what depends on it runs"
run sed -i.before 's/gamma: 0.005/gamma: 0.001/' params.yaml
rm params.yaml.before
run dvnb params diff
run dvnb status
run dvnb repro
run dvnb metrics diff
save "A wider kernel"
run git tag v1

heading "More data arrives: all 1,797 images"
run python make_data.py --version 2
run dvnb status data.dvc
run dvnb add data
run dvnb repro
save "All images"
run git tag v2

heading "The old data alone, without moving git's HEAD, and back"
run dvnb checkout --rev v1 data
run git diff data.dvc
run dvnb status
run dvnb checkout --rev v2 data
run git status --short
run dvnb status

heading "The metrics of both tags, side by side"
run dvnb metrics show -T
run dvnb metrics diff v1 v2

heading "The pipeline as a graph"
run dvnb dag

heading "Share it: data to a remote, a clone elsewhere, and everything is there"
run dvnb remote add -d storage ../storage
save "A remote"
run dvnb push
run git clone --quiet "$folder/digits" "$folder/clone"
cd "$folder/clone"
run dvnb pull
run dvnb status
run dvnb repro

heading "Open it in JupyterLab"
cat <<END

  ${bin:+$bin/}python -m pip install jupyterlab
  ${bin:+$bin/}jupyter lab --notebook-dir "$folder/digits"

In a notebook there: %load_ext dvnb, then %dvc status, %dvc dag, %dvc metrics show -T.
END
