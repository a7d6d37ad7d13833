# Every command of this project. `make demo` and `make test` need no other before them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
JOBS ?= 2

.PHONY: install demo test check faults peers bench docs lock clean

install: $(STAMP)

$(STAMP): pyproject.toml requirements-dev.lock
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || \
		{ apt-get update -qq && apt-get install -y -qq python3-venv && $(PYTHON) -m venv $(VENV); }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements-dev.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $(STAMP)

demo: install  ## the main job on embedded defaults: 30 months of the churn project, then a report
	@$(BIN)/copml demo churn

check: install  ## the fast part of the tests
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m pytest -q -n $(JOBS) --dist loadscope -m "not slow and not faults and not peers"

test: install  ## everything that must hold before a change lands
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m pytest -n $(JOBS) --dist loadscope -m "not faults and not peers"

faults: install  ## long: kills, full disks, lost writes
	@$(BIN)/python -m pytest -m faults

peers: install  ## long: other tools read our files, each in an environment of its own
	@$(BIN)/python -m pytest -m peers

bench: install  ## make bench NAME=scoring
	@$(BIN)/python benchmarks/run.py $(NAME)

docs: install  ## reference pages that are generated
	@$(BIN)/python docs/generate.py

lock: install  ## renew the tested lock
	@$(BIN)/python -m pip freeze --exclude-editable | grep -v '^copml' > requirements-dev.lock

clean:
	@rm -rf $(VENV) demo .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
