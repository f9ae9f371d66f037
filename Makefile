# `make run` and `make test` set everything up themselves; the rest is for daily work.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
HOME_FOLDER ?= var

.PHONY: run test test-slow check format ui sample bench docs lock clean

run: $(READY)
	@$(BIN)/rcm run --inbox data/sample/inbox --settings data/sample/settings --home $(HOME_FOLDER)

test: check
	$(BIN)/pytest

test-slow: $(READY)
	$(BIN)/pytest -m slow
	$(BIN)/python -m tests.fuzz.check 9000

check: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/lint-imports --no-cache

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

ui: $(READY)
	$(BIN)/rcm ui --inbox data/sample/inbox --settings data/sample/settings --home $(HOME_FOLDER)

sample: $(READY)
	rm -rf data/sample
	$(BIN)/rcm sample data/sample

bench: $(READY)
	$(BIN)/python -m benchmarks.pipeline
	$(BIN)/python -m benchmarks.x12
	$(BIN)/python -m benchmarks.spikes
	$(BIN)/python -m benchmarks.sheets

docs: $(READY)
	$(BIN)/python -m tests.spec.rules_page
	$(BIN)/python -m dashboards.reference_pages docs

lock:
	$(PYTHON) -m venv $(VENV)-lock && $(VENV)-lock/bin/pip install --quiet uv
	$(VENV)-lock/bin/uv pip compile --quiet --no-header --no-annotate --python-version 3.11 --generate-hashes --no-strip-extras \
		--no-emit-index-url --extra dev pyproject.toml -o requirements.lock
	rm -rf $(VENV)-lock

clean:
	rm -rf $(VENV) $(HOME_FOLDER)

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; name one with: make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { echo "The venv module is missing; on Debian: apt-get install python3-venv"; exit 1; }
	@echo "Setting up $(VENV) from requirements.lock (once, about a minute)"
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	@touch $@
