# Copyright (c) 2026, hybrid.identity contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The whole of it: `make test`, `make demo`. Everything made lies under .cache, .nox, .venv and .lab.

SHELL := /bin/bash
BOOTSTRAP := tests/tools/bootstrap
LAB := PYTHONPATH=tests tests/tools/as_root .venv/bin/python -m lab
# Sessions to run instead of all: make test SESSIONS="unit-2.21 mypy"
SESSIONS ?=
# A file of tests, and pytest's options: make unit FILE="tests/unit/identity/core/test_anchors.py -x"
FILE ?= tests/unit
# Numbers of users, and a file for the tables as Markdown: make bench SIZES="1000 10000" BENCH_OUT=tests/bench/RESULTS.md
SIZES ?=
BENCH_OUT ?=
# A revision that the benchmark runs in turn with the working tree: make bench BASE=HEAD~1 SIZES=10000
BASE ?=
# A YAML file of its role's variables, if they had other names: make bench BASE=1e3b73c BASE_VARS=tests/bench/old_variables.yml
BASE_VARS ?=

# Byte code goes below .cache, also if the caller's environment forbids it beside the sources. Without byte code, each start
# of Ansible or of a module takes twice as long.
unexport PYTHONDONTWRITEBYTECODE
export PYTHONPYCACHEPREFIX := $(CURDIR)/.cache/pycache

.PHONY: help
help:
	@echo "make demo       the main job on an embedded estate: a Samba domain and an emulated tenant"
	@echo "make test       every test and linter"
	@echo "make check      the quick part of it, for every save: linters, types, and the tests that need no Ansible"
	@echo "make unit       unit tests, one file: make unit FILE=tests/unit/identity/core/test_anchors.py"
	@echo "make lab-up     start the embedded estate and leave it running; make lab-down ends it"
	@echo "make bench      how long it takes for 1,000, 10,000 and 50,000 users, and what holds it"
	@echo "make pictures   the pictures in docs/images, from a new run of the demo"
	@echo "make upstream   whether the libraries still need our workarounds (see CONTRIBUTING.md)"
	@echo "make clean      remove everything that the others made"

.PHONY: tools
tools:
	@$(BOOTSTRAP)

.PHONY: environment
environment:
	@$(BOOTSTRAP) lab

.PHONY: test
test: tools
	@rm -rf .cache/results && mkdir -p .cache/results
	@.cache/tools/bin/python tests/tools/collection_tree.py
	@UV_PYTHON_DOWNLOADS=never .cache/tools/bin/python tests/tools/run_sessions.py $(SESSIONS); \
	code=$$?; .cache/tools/bin/python tests/tools/summary.py && exit $$code

.PHONY: check
check: tools
	@.cache/tools/bin/python tests/tools/collection_tree.py
	@UV_PYTHON_DOWNLOADS=never .cache/tools/bin/python -m nox --session check

.PHONY: unit
unit: environment
	@.venv/bin/python -m pytest -q $(FILE)

.PHONY: demo
demo: environment
	@$(LAB) demo

.PHONY: pictures
pictures: tools demo
	@UV_PYTHON_DOWNLOADS=never .cache/tools/bin/nox --sessions pictures

.PHONY: bench
bench:
	@$(BOOTSTRAP) bench
	@PYTHONPATH=tests tests/tools/as_root .venv/bin/python -m bench $(if $(SIZES),--sizes $(SIZES)) $(if $(BASE),--base $(BASE)) $(if $(BASE_VARS),--base-vars $(BASE_VARS)) $(if $(BENCH_OUT),--out $(BENCH_OUT))

.PHONY: lab-up
lab-up: environment
	@$(LAB) up

.PHONY: lab-down
lab-down: environment
	@$(LAB) down

.PHONY: upstream
upstream: tools
	@.cache/tools/bin/python tests/tools/collection_tree.py
	@UV_PYTHON_DOWNLOADS=never .cache/tools/bin/nox --sessions upstream upstream-oldest

.PHONY: clean
clean:
	@if [ -x .venv/bin/python ]; then for lab in .lab .cache/labs/*; do [ ! -d $$lab ] || LAB_STATE=$$lab $(LAB) down; done; fi
	@find . -name __pycache__ -prune -exec rm -rf {} +
	@rm -rf .cache .hypothesis .mypy_cache .nox .pytest_cache .ruff_cache .venv build tests/output
