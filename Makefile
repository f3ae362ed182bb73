# Each target sets up what it needs by itself: Python 3.11 or newer with pip is enough.
#   make demo        build a registry from a made-up cohort, and look into it
#   make test        every test                       make test ARGS="tests/unit -x"
#   make test-faults the tests that kill, stop and cut: workers, servers, connections
#   make check       format, lint, types, walls, sizes, generated files, words
#   make bench       what it costs, as ratios against bare work
#   make generate    write again what is generated: schemas and spec book
#   make COMPILED=1 test (or bench, or demo): the same with the engine compiled
#   make lock        pin the newest versions of everything in constraints.txt

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV ?= .venv
ARGS ?=

# With COMPILED=1 (and a C compiler) everything is done with the compiled engine, in a virtual environment of its own.
ifdef COMPILED
override VENV := $(VENV)-compiled
INSTALL := --reinstall-package hepledger --editable ./events ./services
SOURCES := $(shell find services -name '*.py' -o -name '*.toml') $(wildcard migrations/versions/*.py)
export HATCH_BUILD_HOOK_ENABLE_CUSTOM := true
else
INSTALL := --editable events --editable services
endif
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test test-faults check bench spec-book schemas generate lock format clean

demo: $(READY)
	$(BIN)/hepledger demo

test: $(READY)
	$(BIN)/python -m pytest $(ARGS)

test-faults: $(READY)
	$(BIN)/python -m pytest tests/faults $(ARGS)

check: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m tests.support.sizes
	$(BIN)/python -m tests.support.words
	$(BIN)/python -m hepledger_events.schemas --check
	$(BIN)/python -m tests.support.spec_book --check
	$(BIN)/python -m pytest -q tests/unit/house -m "not slow"

bench: $(READY)
	@set -e; for script in tests/benchmarks/bench_*.py; do \
		echo "== $$script"; $(BIN)/python -m "tests.benchmarks.$$(basename $$script .py)" $(ARGS); \
	done

spec-book: $(READY)
	$(BIN)/python -m tests.support.spec_book --write

schemas: $(READY)
	$(BIN)/python -m hepledger_events.schemas --write events/schemas

generate: schemas spec-book

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Pins without addresses: they name versions, never the registry they came from, so that any mirror will do.
lock: $(READY)
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --no-header --no-annotate --no-emit-index-url \
		--no-emit-find-links --no-emit-package hepledger-events --no-emit-package hepledger \
		--group dev events/pyproject.toml services/pyproject.toml --output-file constraints.txt

clean:
	rm -rf $(VENV) $(VENV)-compiled hepledger-data deploy/kafka/target

$(READY): pyproject.toml events/pyproject.toml services/pyproject.toml constraints.txt $(SOURCES)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt uv
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --constraint constraints.txt --build-constraint constraints.txt \
		--group dev $(INSTALL)
	@touch $@
