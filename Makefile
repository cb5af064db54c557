# Two commands set everything up: `make run` (the main job) and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
OUT ?= out/treatments

.PHONY: run test test-slow lint quickstart controls clean

run: $(READY)  ## the main job: seven arms, 16 subjects, from connectome to report
	$(BIN)/netmod run configs/treatments.yaml -o $(OUT)

quickstart: $(READY)  ## the same arms by the linear engine
	$(BIN)/netmod run configs/quickstart.yaml -o out/quickstart

controls: $(READY)  ## arms beside their controls, in both engines
	$(BIN)/netmod run configs/controls.yaml -o out/controls_linear --engine linear
	$(BIN)/netmod run configs/controls.yaml -o out/controls_sde --engine sde

test: $(READY)
	$(BIN)/pytest -n auto --dist loadfile

test-slow: $(READY)  ## everything that takes longer
	$(BIN)/pytest -m slow

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "netmod needs Python 3.11 or newer: make PYTHON=/path/to/python3"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test,atlas]'
	@touch $(READY)

clean:
	rm -rf $(VENV) out .pytest_cache .ruff_cache .hypothesis .import_linter_cache
