# Everything works on a machine that has Python 3.11 or newer and make, and nothing else.
PYTHON ?= python3
ENV := .venv
BIN := $(ENV)/bin
READY := $(ENV)/.ready
TREE := actions api bot incidents playground postmortems runbooks src/tocsin tests bench docs
HEADLESS ?=

.PHONY: demo test test-long lint bench lock docs pictures clean

demo: $(READY)  ## the whole story, to play or (HEADLESS=1) to watch
	$(BIN)/tocsin demo $(if $(HEADLESS),--headless)

test: lint  ## lint, types, import rules, and every quick test
	$(BIN)/pytest -m "not long" -n 2 --dist loadfile --no-loadscope-reorder -rs

test-long: $(READY)  ## crash and soak campaigns
	$(BIN)/pytest -m long

lint: $(READY)
	$(BIN)/ruff format --check $(TREE)
	$(BIN)/ruff check $(TREE)
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(READY)  ## measured beside the targets
	$(BIN)/python -m bench

docs: $(READY)  ## the reference, generated from the models
	$(BIN)/python -m docs.reference

pictures: $(READY)  ## the README's screenshots, taken of the demo
	$(BIN)/python -m docs.pictures

lock: $(ENV)/.uv  ## pin every version with its hashes, and no address
	$(BIN)/uv pip compile --quiet --universal --all-extras --group dev --generate-hashes --no-emit-index-url \
		--no-header --python-version 3.11 --output-file requirements.lock pyproject.toml

$(ENV)/.uv:
	$(PYTHON) -m venv $(ENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	touch $@

$(READY): $(ENV)/.uv requirements.lock pyproject.toml
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes --requirement requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	touch $@

clean:
	rm -rf $(ENV) .tocsin
