# `make demo` shows a notebook at work, `make check` tells soon whether a change holds, `make test` runs every check.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
BUILDER := -m wasm.builder
PIP_INSTALL := $(BIN)/pip install --disable-pip-version-check --progress-bar off
# Seconds that each fuzz target runs.
T ?= 60

.PHONY: help demo check test setup guest wasmer lint style unit js notebooks browser docs differential record clusters \
	screenshots bench bench-quick bench-runtimes proof fuzz reproduce audit clean

help:  ## list what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-15s %s\n", $$1, $$2 }' Makefile

demo: setup  ## set up, run notebooks/quickstart.ipynb and show it here
	@$(BIN)/python notebooks/demo.py

check: setup style  ## the fast lane: ruff, mypy, and the unit tests on one engine and runtime
	$(BIN)/python -m pytest --fast

test: setup wasmer lint unit notebooks js browser docs  ## set up and run every check
	@echo "all checks passed"

setup: $(VENV)/ready guest  ## make the virtual environment, and the guests

guest:  ## build the guests (python -m wasm.builder --help has more)
	@$(PYTHON) $(BUILDER) build

$(VENV)/ready: pyproject.toml hatch_build.py hatch_readme.py | guest
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "jq_magic needs Python 3.10 or newer; try: make PYTHON=python3.12 ...")'
	@echo "[setup] virtual environment in $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@echo "[setup] installing Python packages (a minute or two the first time)"
	@$(PIP_INSTALL) -e '.[demo,docs,test]' | grep -v '^Requirement already' || true
	@$(BIN)/python -c 'import jq_magic, IPython, pytest'
	@touch $@

wasmer: setup  ## build the second runtime and install it here
	@$(BIN)/python $(BUILDER) build wasmer

lint: style  ## ruff, mypy, rustfmt and clippy
	$(BIN)/python $(BUILDER) lint

style:  ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

unit:  ## the tests in Rust and in Python
	$(BIN)/python $(BUILDER) test
	$(BIN)/python -m pytest

notebooks:  ## run the notebooks and compare their outputs
	$(BIN)/python notebooks/check.py

# node and a browser are looked for, or installed, when they are first needed.
$(VENV)/browser-tools: tests/browser/tools.py $(VENV)/ready
	@$(BIN)/python tests/browser/tools.py
	@touch $@

js: $(VENV)/browser-tools  ## test the view's modules in node
	node --test tests/js/

browser: $(VENV)/browser-tools  ## test the view in JupyterLab, in a browser
	$(BIN)/python -m pytest tests/browser

docs: setup  ## build the documentation as a site, build/docs/index.html; a broken link fails it
	$(BIN)/python docs/build.py

# Minutes to hours.
differential: setup  ## compare 20,000 drawn programs and regular expressions with jq 1.8.2 (EXAMPLES=n for others)
	JQ_MAGIC_EXAMPLES=$(or $(EXAMPLES),20000) $(BIN)/python -m pytest -q \
		tests/conformance/test_differential.py tests/conformance/test_expressions.py

record: setup wasmer  ## run the notebooks and keep their outputs
	$(BIN)/python notebooks/record.py

screenshots: setup $(VENV)/browser-tools  ## take the pictures of the README anew
	$(BIN)/python -m tests.browser.screenshots

$(VENV)/bench: pyproject.toml $(VENV)/ready
	@echo "[setup] installing the packages that are measured"
	@$(PIP_INSTALL) -q -e '.[bench]'
	@touch $@

bench: setup $(VENV)/bench  ## measure against other packages (ten minutes)
	$(BIN)/python benchmarks/speed.py
	$(BIN)/python benchmarks/report.py
	@echo "see benchmarks/results/README.md"

bench-quick: setup $(VENV)/bench  ## the same in a minute, shown and not kept
	@$(BIN)/python benchmarks/speed.py --quick --out build/bench/quick.json
	@$(BIN)/python benchmarks/report.py --print build/bench/quick.json

bench-runtimes: wasmer $(VENV)/bench  ## compare the two runtimes: figures and charts in benchmarks/results
	$(BIN)/python benchmarks/runtimes.py
	$(BIN)/python benchmarks/runtimes_charts.py
	$(BIN)/python benchmarks/runtimes_table.py

# Apart from .venv: Spark and Ray take a gigabyte, and choose their pandas and pyarrow themselves. They leave processes
# and sockets open, of which Python warns.
build/clusters/ready: pyproject.toml $(VENV)/ready
	@echo "[setup] installing Spark and Ray in build/clusters"
	@$(PYTHON) -m venv build/clusters
	@build/clusters/bin/pip install --disable-pip-version-check --progress-bar off -q -e '.[ray,spark]' pytest
	@touch $@

clusters: build/clusters/ready  ## test the columns of Spark and Ray on local clusters (a gigabyte to install; needs Java 17)
	build/clusters/bin/python -m pytest -p no:cacheprovider -W ignore tests/clusters

proof: setup wasmer  ## the whole proof of the sandbox's promise (half an hour), in build/proof.json and .html
	$(BIN)/python -m tests.proof

fuzz: setup wasmer  ## fuzz each target for T seconds (make fuzz T=600)
	$(BIN)/python -m tests.proof.fuzz --seconds $(T)

reproduce:  ## build the guests twice from nothing and compare
	$(PYTHON) $(BUILDER) reproduce

audit: setup  ## look the dependencies up in the advisory databases
	$(BIN)/python $(BUILDER) audit

clean:  ## remove what was made here
	rm -rf $(VENV) build dist jq_magic/magic.* jq_magic/jaq.* jq_magic/jq.*
	rm -rf wasm/Cargo.lock wasm/target wasm/wasmer/Cargo.lock wasm/wasmer/licenses.txt wasm/wasmer/target
