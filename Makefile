# Everything one types here. Needs Python 3.11 or newer, make and git; uses uv where it is on PATH.
# `make demo ARGS="--port 3005"` hands options on; `make help` lists the targets.

VENV   := .venv
BIN    := $(VENV)/bin
PYTHON := $(shell for p in python3 python3.13 python3.12 python3.11 python; do \
            $$p -c 'import sys; raise SystemExit(sys.version_info < (3, 11))' 2>/dev/null && { command -v $$p; break; }; done)
UV     := $(shell command -v uv 2>/dev/null)
JOBS   ?= 2
ARGS   ?=
EXTRAS ?=

# What is installed: enough to run, or everything to work on it too.
RUN := $(VENV)/.installed-to-run
DEV := $(VENV)/.installed-to-develop

# Without a home, Dagster would take dagster.yaml from here, which needs a database.
EMPTY_HOME := $(abspath $(VENV))/empty-dagster-home

.DEFAULT_GOAL := help
.PHONY: help install demo up test bench fairness accuracy fuzz check lint format proto constraints clean

# ---------------------------------------------------------------- use it

help:  ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 22

install: $(RUN)  ## install what is needed to run, into .venv (EXTRAS=browser,impersonate,s3,celery: these parts too)
	$(if $(EXTRAS),@$(PIP_INSTALL) -e '.[$(EXTRAS)]')

demo: $(RUN)  ## run everything on demo shops with moving prices; Ctrl-C stops it
	@$(BIN)/pricewatch demo $(ARGS)

up: $(RUN)  ## run everything on your own watches/ folder; Ctrl-C stops it
	@$(BIN)/pricewatch up $(ARGS)

# ---------------------------------------------------------------- work on it

test: $(DEV)  ## run all tests (ARGS="-k word" to choose)
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal $(ARGS)

bench: $(DEV)  ## measure whole checks per second beside Scrapy (BENCH_QUICK=1: three minutes; PAGES=FOLDER: other pages)
	$(BIN)/python -m benchmarks $(if $(filter-out 0,$(BENCH_QUICK)),--quick) $(if $(PAGES),--pages "$(PAGES)") $(ARGS)

fairness: $(DEV)  ## prove fair access to the SEC: 1,000 filings, two runs, a server that refuses more than ten a second (two minutes)
	$(BIN)/python -m benchmarks.insiders $(ARGS)

fuzz: $(DEV)  ## throw broken pages, data, price texts and filings at the readers, thousands of each
	$(BIN)/python -m pytest pricewatch_pipeline_tests/unit/providers/retail/test_fuzz.py \
	  pricewatch_pipeline_tests/unit/providers/sec_form4/test_ownership_fuzz.py --hypothesis-profile=fuzz $(ARGS)

accuracy: $(DEV)  ## score the readers on the shared corpus, list every error (ARGS=--write: record the figures)
	$(BIN)/python -m benchmarks.accuracy $(ARGS)

check: lint  ## lint, types, the import contract, migrations == models, and that Dagster loads the definitions
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q pricewatch_pipeline_tests/postgres/test_migrations.py
	@mkdir -p $(EMPTY_HOME)
	DAGSTER_HOME=$(EMPTY_HOME) $(BIN)/dagster definitions validate -m pricewatch_pipeline.definitions

lint: $(DEV)  ## ruff: rules and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(DEV)  ## let ruff correct what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

proto: $(DEV)  ## compile the description of flight searches (tfs.proto) to tfs_pb2.py
	$(BIN)/python -m grpc_tools.protoc -I. --python_out=. --pyi_out=. pricewatch_pipeline/providers/google_flights/tfs.proto

constraints: $(DEV)  ## move constraints.txt to the newest versions
	$(if $(UV),$(UV),$(BIN)/python -m pip install -q uv && $(BIN)/uv) pip compile --universal --all-extras --upgrade \
	  --no-annotate --no-header --quiet --output-file constraints.txt pyproject.toml

clean:  ## remove caches and build products; .venv and your data in .pricewatch stay
	rm -rf build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -not -path './$(VENV)/*' -prune -exec rm -rf {} +

# ---------------------------------------------------------------- install it

ifdef UV
PIP_INSTALL := $(UV) pip install --quiet --python $(BIN)/python -c constraints.txt
else
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
endif

$(BIN)/python:
ifneq ($(UV),)
	@$(UV) venv --quiet --allow-existing --python $(if $(PYTHON),$(PYTHON),'>=3.11') $(VENV)
else ifneq ($(PYTHON),)
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
else
	@echo "No Python 3.11 or newer on PATH. Install one, or uv, which brings one." >&2; exit 1
endif

# An environment that uv made has no pip.
$(VENV)/.has-installer: | $(BIN)/python
	@$(if $(UV),true,$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip)
	@touch $@

$(RUN): pyproject.toml constraints.txt | $(VENV)/.has-installer
	@echo "Installing into $(VENV) (a minute or two the first time) ..."
	@$(PIP_INSTALL) -e .
	@touch $@

$(DEV): pyproject.toml constraints.txt | $(VENV)/.has-installer
	@echo "Installing into $(VENV), with the tools for development ..."
	@$(PIP_INSTALL) -e '.[dev,celery,impersonate,browser,s3,bench]'
	@touch $@ $(RUN)
