# One word each. `make` alone lists them. A word sets up what it needs; only make and Python 3.11 to 3.13 are required.
# Written for make 3.81 (macOS) and a POSIX shell.

PYTHON ?=
RUN_COMMAND ?= .venv/bin/clri demo
LIVE_COMMAND ?= .venv/bin/clri up
WARM_COMMAND ?= .venv/bin/python -m clri.app.warm
ARGS ?=

PYTEST = .venv/bin/python -m pytest
COMPILE_LOCK = .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	--extra dev pyproject.toml

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup warm fix lint test soak docs bench run live lock all clean

help: ## list the words
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-7s %s\n", $$1, $$2 }' Makefile

setup: .venv/.stamp warm ## environment in .venv from the lock, and compiled kernels

warm: .venv/.stamp ## compile the kernels and keep them in the cache
	$(WARM_COMMAND)

fix: .venv/.stamp ## repair style and format in place
	.venv/bin/ruff check --fix-only .
	.venv/bin/ruff format .

lint: .venv/.stamp ## style, format, types and floors
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports

test: .venv/.stamp warm ## every test but the soak, and every example in a docstring (ARGS="-k funding")
	$(PYTEST) --doctest-modules src/clri tests -m "not soak" $(ARGS)

soak: .venv/.stamp warm ## live collection through bursts, faults and kills: minutes of real time
	$(PYTEST) tests -m soak $(ARGS)

docs: .venv/.stamp ## run the examples of the docstrings, follow the links of the documents
	$(PYTEST) --doctest-modules src/clri tests/test_shape.py::test_links_in_documents_lead_to_files

bench: .venv-bench/.stamp ## measure against the pinned peers, in .venv-bench (ARGS="--quick")
	.venv-bench/bin/python -m benchmarks $(ARGS)

run: .venv/.stamp ## play the simulated stress event, offline
	$(RUN_COMMAND) $(ARGS)

live: .venv/.stamp warm ## collect the six venues live, no keys
	$(LIVE_COMMAND) $(ARGS)

lock: .venv/.stamp ## compile requirements/*.lock anew (ARGS="--upgrade")
	$(COMPILE_LOCK) $(ARGS) requirements/dev.in -o requirements/dev.lock
	$(COMPILE_LOCK) $(ARGS) requirements/bench.in -o requirements/bench.lock

all: lint test soak ## what CI runs

clean: ## remove caches and builds; the environments stay
	rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .benchmarks
	find src tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

# ---------------------------------------------------------------- environments
# The newest Python that really runs: a pyenv shim may be on PATH for a version that is not active. One that can make
# environments goes first (Debian splits that off); with PYTHON=... only that one is tried.
CANDIDATES = $(or $(PYTHON),python3.13 python3.12 python3.11 python3 python)
SUITABLE = import sys; assert (3, 11) <= sys.version_info[:2] < (3, 14)
define find_python
python=; \
	for also in 'import ensurepip, venv' 'pass'; do \
		for name in $(CANDIDATES); do \
			if "$$name" -c "$(SUITABLE); $$also" >/dev/null 2>&1; then python="$$name"; break 2; fi; \
		done; \
	done
endef

# $(call environment,FOLDER,LOCK): venv, the locked uv (hash-checked), everything of the lock, then clri itself, which
# a sync would remove.
define environment
	@if ! $(1)/bin/python -c "$(SUITABLE); import pip" >/dev/null 2>&1; then \
		$(find_python); \
		if [ -z "$$python" ]; then \
			echo "clri needs Python 3.11, 3.12 or 3.13; none of these runs as one: $(CANDIDATES)." >&2; \
			echo "Debian: apt-get install python3 python3-venv. macOS: brew install python@3.13." >&2; \
			echo "Or name one: make setup PYTHON=/path/to/python3.12" >&2; \
			exit 1; \
		fi; \
		echo "$(1): made with $$("$$python" -V)"; \
		if ! "$$python" -m venv --clear $(1); then \
			rm -rf $(1); \
			echo "$$python could not make $(1). On Debian and Ubuntu: apt-get install python3-venv" >&2; \
			exit 1; \
		fi; \
	fi
	@sed -n '/^uv==/,/# via/p' $(2) > $(1)/uv.txt
	@$(1)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $(1)/uv.txt
	$(1)/bin/uv pip sync --quiet --python $(1)/bin/python --require-hashes $(2)
	$(1)/bin/uv pip install --quiet --python $(1)/bin/python --no-deps --no-build-isolation -e .
	@touch $(1)/.stamp
endef

.venv/.stamp: requirements/dev.lock pyproject.toml
	$(call environment,.venv,requirements/dev.lock)

.venv-bench/.stamp: requirements/bench.lock pyproject.toml
	$(call environment,.venv-bench,requirements/bench.lock)
