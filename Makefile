# Two commands: `make demo` shows a notebook at work, `make test` runs every check.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# cargo keeps what it compiled for the checks in one place for all checkouts.
CACHE := $(or $(JQ_MAGIC_BUILD_CACHE),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/jq_magic-build)
CHECKS := $(CACHE)/checks

.PHONY: help demo test setup guest wasmer lint unit js notebooks browser differential record screenshots
.PHONY: bench bench-quick bench-runtimes clean proof fuzz reproduce audit

# Seconds that each fuzz target runs.
T ?= 60

help:
	@echo "make demo    set up, run notebooks/quickstart.ipynb and show it here"
	@echo "make test    set up and run every check"
	@echo "make wasmer  build the second runtime and install it here"
	@echo "make differential  compare 20,000 drawn programs with jq 1.8.2 (EXAMPLES=n for others)"
	@echo "make record  run the notebooks and keep their outputs"
	@echo "make bench   measure against other packages (ten minutes; bench-quick: one)"
	@echo "make bench-runtimes  compare the two runtimes: figures and charts in benchmarks/results"
	@echo "make proof   the whole proof of the sandbox's promise (half an hour), as build/proof.json and .html"
	@echo "make fuzz    fuzz each target for T seconds (make fuzz T=600)"
	@echo "make reproduce  build the guest twice from nothing and compare"
	@echo "make audit   look the dependencies up in the advisory databases"
	@echo "make screenshots  take the pictures of the README anew"
	@echo "make clean   remove what was made here"

demo: setup
	@$(BIN)/python notebooks/demo.py

test: setup wasmer lint unit notebooks js browser
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

wasmer: setup
	@$(BIN)/python wasm/extension.py

lint:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	cd wasm/guest && cargo fmt --check
	cd wasm/pack && cargo fmt --check
	cd wasm/wasmer && cargo fmt --check
	cd wasm/guest && CARGO_TARGET_DIR=$(CHECKS)/guest cargo clippy --locked --all-targets -q -- -D warnings
	cd wasm/pack && CARGO_TARGET_DIR=$(CHECKS)/pack cargo clippy --locked --all-targets -q -- -D warnings
	@# As a build, not a check: 210 dependencies that are built already need not be checked for it (two minutes).
	cd wasm/wasmer && CARGO_TARGET_DIR=$(CACHE)/wasmer RUSTC_WORKSPACE_WRAPPER=clippy-driver cargo build --release --locked -q

unit:
	cd wasm/guest && CARGO_TARGET_DIR=$(CHECKS)/guest cargo test --locked -q
	cd wasm/pack && CARGO_TARGET_DIR=$(CHECKS)/pack cargo test --locked -q
	$(BIN)/python -m pytest

notebooks:
	$(BIN)/python notebooks/check.py

# node and a browser are looked for, or installed, when they are first needed.
$(VENV)/browser-tools: tests/browser/tools.py $(VENV)/ready
	@$(BIN)/python tests/browser/tools.py
	@touch $@

js: $(VENV)/browser-tools
	node --test tests/js/

browser: $(VENV)/browser-tools
	$(BIN)/python -m pytest tests/browser

screenshots: setup $(VENV)/browser-tools
	$(BIN)/python -m tests.browser.screenshots

# Thousands of drawn programs, here and in jq: minutes to hours.
differential: setup
	JQ_MAGIC_EXAMPLES=$(or $(EXAMPLES),20000) $(BIN)/python -m pytest -q tests/conformance/test_differential.py

record: setup wasmer
	$(BIN)/python notebooks/record.py

bench-runtimes: wasmer
	@$(BIN)/pip install --disable-pip-version-check -q -e '.[bench]'
	$(BIN)/python benchmarks/runtimes.py
	$(BIN)/python benchmarks/runtimes_charts.py
	$(BIN)/python benchmarks/runtimes_table.py

$(VENV)/bench: pyproject.toml $(VENV)/ready
	@echo "[setup] installing the packages that are measured"
	@$(BIN)/pip install --disable-pip-version-check --progress-bar off -q -e '.[bench]'
	@touch $@

bench: setup $(VENV)/bench
	$(BIN)/python benchmarks/speed.py
	$(BIN)/python benchmarks/report.py
	@echo "see benchmarks/results/README.md"

bench-quick: setup $(VENV)/bench
	@$(BIN)/python benchmarks/speed.py --quick --out build/bench/quick.json
	@$(BIN)/python benchmarks/report.py --print build/bench/quick.json

proof: setup wasmer
	$(BIN)/python -m tests.proof

fuzz: setup wasmer
	$(BIN)/python -m tests.proof.fuzz --seconds $(T)

reproduce:
	$(PYTHON) wasm/reproduce.py

audit: setup
	$(BIN)/python wasm/audit.py

clean:
	rm -rf $(VENV) build dist jq_magic/jaq.* jq_magic/jq.*
