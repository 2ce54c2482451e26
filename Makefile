# Two commands: `make demo` shows a notebook at work, `make test` runs every check.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# cargo keeps what it compiled for the checks in one place for all checkouts.
CHECKS := $(or $(JQ_MAGIC_BUILD_CACHE),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/jq_magic-build)/checks

.PHONY: help demo test setup guest lint unit notebooks record clean

help:
	@echo "make demo    set up, run notebooks/quickstart.ipynb and show it here"
	@echo "make test    set up and run every check"
	@echo "make record  run the notebooks and keep their outputs"
	@echo "make clean   remove what was made here"

demo: setup
	@$(BIN)/python notebooks/demo.py

test: setup lint unit notebooks
	@echo "all checks passed"

setup: $(VENV)/ready guest

guest:
	@$(PYTHON) wasm/build.py

$(VENV)/ready: pyproject.toml hatch_build.py | guest
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "jq_magic needs Python 3.10 or newer; try: make PYTHON=python3.12 ...")'
	@echo "[setup] virtual environment in $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@echo "[setup] installing Python packages (a minute or two the first time)"
	@$(BIN)/pip install --disable-pip-version-check --progress-bar off -e '.[demo,test]' | grep -v '^Requirement already' || true
	@$(BIN)/python -c 'import jq_magic, IPython, pytest'
	@touch $@

lint:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	cd wasm/guest && cargo fmt --check
	cd wasm/pack && cargo fmt --check
	cd wasm/guest && CARGO_TARGET_DIR=$(CHECKS)/guest cargo clippy --locked --all-targets -q -- -D warnings
	cd wasm/pack && CARGO_TARGET_DIR=$(CHECKS)/pack cargo clippy --locked --all-targets -q -- -D warnings

unit:
	cd wasm/guest && CARGO_TARGET_DIR=$(CHECKS)/guest cargo test --locked -q
	cd wasm/pack && CARGO_TARGET_DIR=$(CHECKS)/pack cargo test --locked -q
	$(BIN)/python -m pytest

notebooks:
	$(BIN)/python notebooks/check.py

record: setup
	$(BIN)/python notebooks/record.py

clean:
	rm -rf $(VENV) build dist jq_magic/jaq.* jq_magic/jq.*
