# Two commands set everything up: `make run` (the main job) and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PEERS := .venv-peers
READY := $(VENV)/.ready
OUT ?= out/treatments

.PHONY: run test test-slow test-peers lint quickstart controls clean

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

test-peers: $(READY) $(PEERS)/.ready  ## frozen numbers of other simulators, computed by them anew
	NETMOD_PEERS_PYTHON=$(abspath $(PEERS)/bin/python) $(BIN)/pytest -m peers tests/peers

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

$(PEERS)/.ready: tests/peers/requirements.txt
	test -x $(PEERS)/bin/python || $(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@

clean:
	rm -rf $(VENV) $(PEERS) out .pytest_cache .ruff_cache .hypothesis .import_linter_cache
