# Every target does its own set-up. All it needs is Python 3.11 or newer and make.
.DEFAULT_GOAL := help
.PHONY: help setup demo test check format bench durability faults serving widget fuzz statistics screenshots clean

PYTHON ?= python3
VENV := .venv
UV := $(VENV)/bin/uv
BIN := $(VENV)/bin

export UV_PROJECT_ENVIRONMENT := $(VENV)
export UV_PYTHON_DOWNLOADS := never

# As pip does. Without bytecode every start of a process compiles a thousand modules of its dependencies anew.
export UV_COMPILE_BYTECODE := 1
unexport PYTHONDONTWRITEBYTECODE

help: ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

# uv is a development dependency, so the lock file pins it too: the first one only bootstraps.
$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Aisle needs Python 3.11 or newer; say which with make PYTHON=..."; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv

$(VENV)/.installed: pyproject.toml uv.lock | $(UV)
	$(UV) sync --frozen --no-dev --inexact
	$(BIN)/python -m aisle.kernels
	@touch $@

$(VENV)/.installed-dev: pyproject.toml uv.lock | $(UV)
	$(UV) sync --frozen --inexact
	$(BIN)/python -m aisle.kernels
	@touch $@ $(VENV)/.installed

$(VENV)/.installed-bench: pyproject.toml uv.lock | $(UV)
	$(UV) sync --frozen --inexact --group peers
	$(BIN)/python -m aisle.kernels
	@touch $@ $(VENV)/.installed-dev $(VENV)/.installed

setup: $(VENV)/.installed ## install what the lock file names into .venv and compile the kernels

demo: $(VENV)/.installed ## a simulated shop: events, training, figures, a shelf, a page
	$(BIN)/aisle demo

test: $(VENV)/.installed-dev ## every test
	$(BIN)/pytest -n 2 --dist loadgroup

check: $(VENV)/.installed-dev ## format, lint, types, layers
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.installed-dev ## let ruff rewrite what it can
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

bench: $(VENV)/.installed-bench ## the figures of docs/benchmarks.md, on the data in AISLE_DATA
	$(BIN)/python -m benchmarks.all $(AISLE_DATA)

durability: $(VENV)/.installed-dev ## kills, power cuts, full disks, replays: the figures of docs/durability.md
	$(BIN)/python -m benchmarks.durability

faults: $(VENV)/.installed-dev ## databases that stand still, damaged models, hot swaps, overload: a table of docs/benchmarks.md
	$(BIN)/python -m benchmarks.faults

serving: $(VENV)/.installed-dev ## a shop over HTTP under load: a table of docs/benchmarks.md; needs wrk, h2load and AISLE_DATA
	$(BIN)/python -m benchmarks.serving $(AISLE_DATA)/online-retail

widget: $(VENV)/.installed-dev ## what arrives from pages with shelves while the way to the server fails; needs Chromium
	$(BIN)/python -m benchmarks.widget

fuzz: $(VENV)/.installed-dev ## 10,000 requests made up from the description of the API: each answer has to be as described
	$(BIN)/python -m benchmarks.fuzz

statistics: $(VENV)/.installed-dev ## 2,000 A/A tests, peeking, coverage and power: the tables of docs/experiments.md
	$(BIN)/python -m benchmarks.statistics

screenshots: $(VENV)/.installed-dev ## the pictures of the docs, from the real pages; needs Chromium
	$(BIN)/python -m benchmarks.screenshots

clean: ## remove what make made
	rm -rf $(VENV) demo-shop build dist
