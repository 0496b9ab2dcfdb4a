# Everything needs only python3 (3.11 or newer), git and make; the tests of widgets also need Chromium.
# Each target sets up .venv itself, once per pyproject.toml.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo test check conformance bench

PYTHON ?= python3
DEMO ?= demo
CONFORMANCE ?= ../shared/conformance
VENV := .venv
BIN := $(VENV)/bin

help:
	@echo "make demo         run the digits project from data to metrics in ./$(DEMO)"
	@echo "make test         run the tests"
	@echo "make check        lint, types, layers"
	@echo "make conformance  compare with the recorded results of dvc in $(CONFORMANCE)"
	@echo "make bench        measure against stock dvc and coreutils (some minutes)"

demo: $(VENV)/ready-demo
	@PATH="$(CURDIR)/$(BIN):$$PATH" example_notebooks/demo.sh "$(DEMO)"

test: $(VENV)/ready-test
	@echo "== tests: unit, functional, notebooks, browser, interop with stock dvc (two processes)"
	@$(BIN)/python -m compileall -q dvnb  # once, not in each of the processes that tests start
	@$(BIN)/python -m pytest -n 2 $(PYTEST_ARGS)
	@for shell in zsh fish; do command -v $$shell >/dev/null || \
	  echo "== completion: no $$shell here, so that its completion was not tried"; done
	@test -d $(CONFORMANCE) || echo "== conformance: no $(CONFORMANCE) here, so its scenarios are left out"

check: $(VENV)/ready-dev
	@echo "== lint (ruff)"
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@echo "== types (pyright)"
	@$(BIN)/pyright
	@echo "== layers (import-linter)"
	@$(BIN)/lint-imports --no-cache

conformance: $(VENV)/ready-test
	@echo "== conformance: every scenario of $(CONFORMANCE) with $(BIN)/dvnb in the place of dvc"
	@$(BIN)/python tests/conformance/run.py --scenarios $(CONFORMANCE) --exe $(BIN)/dvnb $(CONFORMANCE_ARGS)

bench: $(VENV)/ready-test
	@echo "== bench: dvnb, stock dvc and coreutils in turn; the numbers are kept in tests/bench/results"
	@$(BIN)/python tests/bench/run.py $(BENCH_ARGS)

# A stamp holds the checksum of the pyproject.toml it was made from: touching the file, or checking out another
# branch and back, installs nothing. FORCE makes the (instant) comparison happen each time.
$(VENV)/ready-demo: EXTRAS := demo
$(VENV)/ready-demo: STAMPS := $(VENV)/ready-demo $(VENV)/ready-test $(VENV)/ready-dev
$(VENV)/ready-test: EXTRAS := demo,test
$(VENV)/ready-test: STAMPS := $(VENV)/ready-test $(VENV)/ready-dev
$(VENV)/ready-dev: EXTRAS := demo,test,dev
$(VENV)/ready-dev: STAMPS := $(VENV)/ready-dev
$(VENV)/ready-%: FORCE
	@set -euo pipefail; \
	fail() { echo "error: $$1" >&2; exit 1; }; \
	recent='import sys; sys.exit(sys.version_info < (3, 11))'; \
	sum="$$(cksum < pyproject.toml)"; \
	if [ -x $(BIN)/dvnb ] && grep -sqxF "$$sum" $(STAMPS); then exit 0; fi; \
	command -v $(PYTHON) >/dev/null || fail "'$(PYTHON)' not found; install Python 3.11 or newer"; \
	$(PYTHON) -c "$$recent" || \
	  fail "Python 3.11 or newer is needed, '$(PYTHON)' is $$($(PYTHON) -V 2>&1); try: make $* PYTHON=python3.12"; \
	if ! $(BIN)/python -m pip --version >/dev/null 2>&1; then \
	  echo "== $(VENV): making a new environment with $$($(PYTHON) -V)"; \
	  $(PYTHON) -m venv --clear $(VENV) || \
	    fail "'$(PYTHON) -m venv' failed; some systems keep it in a package of its own, such as python3-venv"; \
	fi; \
	$(BIN)/python -c "$$recent" || fail "$(VENV) was made with an older Python; move it away and run make again"; \
	echo "== $(VENV): installing dvnb and what it needs (extras: $(EXTRAS)); the first time this takes some minutes"; \
	$(BIN)/python -m pip install --disable-pip-version-check --progress-bar off -e '.[$(EXTRAS)]' \
	  | { grep -Ev '^(Requirement already satisfied|  (Using cached|Preparing|Getting|Installing build|Checking if))' || true; }; \
	$(BIN)/python -m compileall -q dvnb; \
	echo "$$sum" > $@

FORCE:
