# Everything here sets itself up: it needs Python 3.11 or later and make, nothing else.
#   make test ARGS="-k outbox"     hands further arguments to the command
#   make test PYTHON=python3.12    takes another Python for a .venv that isn't there yet

PYTHON ?= python3
ARGS   ?=

VENV  := .venv
BIN   := $(VENV)/bin
READY := $(VENV)/.ready
PINNED := tests/constraints.txt
# Microsoft's T-SQL parser, which judges in tests what SQL Server would take.
PARSER := $(if $(filter Linux-x86_64,$(shell uname -s)-$(shell uname -m)),$(VENV)/.parser)

SHELL       := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: venv
venv: $(READY) $(PARSER) ## Make .venv with the relay and the tools to work on it

$(READY): pyproject.toml $(PINNED)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "$(PYTHON) must be Python 3.11 or later: make PYTHON=/path/to/python3 ..." >&2; exit 1; }
	@test -x $(BIN)/pip || $(PYTHON) -m venv --clear $(VENV) || \
	    { echo "$(PYTHON) can't make a venv. On Debian: apt-get install python3-venv" >&2; exit 1; }
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint $(PINNED) --editable '.[dev]'
	@touch $@

.PHONY: constraints
constraints: ## Write the newest versions that fit into tests/constraints.txt, which all targets install
	elsewhere=$$(mktemp -d); \
	trap 'rm -rf "$$elsewhere"' EXIT; \
	$(PYTHON) -m venv "$$elsewhere"; \
	"$$elsewhere/bin/pip" install --quiet --disable-pip-version-check --editable '.[dev]'; \
	"$$elsewhere/bin/pip" freeze --exclude-editable | grep '^[A-Za-z0-9._-]*==' > $(PINNED)

# Without what its packages ask for themselves, which would take older tools than ours. Where CI is
# set it has to be there, elsewhere the tests say why it is not.
$(VENV)/.parser: tests/judge/requirements.txt $(READY)
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --requirement $< && touch $@ || \
	    { test -z "$${CI:-}"; echo "Microsoft's parser can't be installed: what needs it is skipped" >&2; }

.PHONY: demo
demo: $(READY) ## Show the relay at work on made-up data, in the folder .demo
	$(BIN)/relay demo --folder .demo $(ARGS)

.PHONY: test
test: $(READY) $(PARSER) ## Run the tests, and say why any is skipped
	$(BIN)/python -m pytest -n auto -rs $(ARGS)

# The one about the engine alone, on a Sage in memory, stands beside those with a database.
FAST := tests/base tests/settings tests/rules tests/database $(wildcard tests/engine/*memory*.py)

.PHONY: test-fast
test-fast: $(READY) ## Run base, settings, rules, the engine on memory, the contract on SQLite: a minute
	$(BIN)/python -m pytest -n auto -k "not mssql" $(FAST) $(ARGS)

.PHONY: judge
judge: $(READY) $(PARSER) ## Let Microsoft's parser and rules judge all T-SQL, without a server
	$(BIN)/python -m pytest -rs tests/judge $(ARGS)

.PHONY: soak
soak: $(READY) ## Run the relay for longer under load and faults
	$(BIN)/python -m tests.soak $(ARGS)

.PHONY: golive
golive: $(READY) ## Let 20,000 addresses and 15,000 debtors that know each other go live
	$(BIN)/python -m tests.golive $(ARGS)

.PHONY: bench
bench: $(READY) ## Measure speed, latency, memory, start; results in tests/bench/RESULTS.md
	$(BIN)/python -m tests.bench $(ARGS)

.PHONY: host
host: $(READY) ## Measure what the triggers add to a clerk's statements
	$(BIN)/python -m tests.host $(ARGS)

.PHONY: crash
crash: $(READY) ## Kill relay, cobra and Sage at every boundary, in 10,000 schedules and more
	$(BIN)/python -m tests.crash $(ARGS)

.PHONY: histories
histories: $(READY) ## Play random histories of clerks, operators and accidents against a model
	$(BIN)/python -m tests.histories $(ARGS)

.PHONY: mutants
mutants: $(READY) ## Plant faults in a copy of the core, one at a time: some test must see each
	$(BIN)/python -m tests.mutants $(ARGS)

.PHONY: lint
lint: $(READY) ## Check style, format, types and which module imports which
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

.PHONY: format
format: $(READY) ## Format the code and mend what can be mended safely
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

.PHONY: wheel
wheel: $(READY) ## Build the wheel into dist/
	rm -rf dist
	$(BIN)/python -m build --wheel --outdir dist .

.PHONY: check-wheel
check-wheel: wheel ## Install the wheel in a clean venv elsewhere and run its demo there
	wheel=$$(realpath dist/*.whl); \
	pinned=$$(realpath $(PINNED)); \
	elsewhere=$$(mktemp -d); \
	trap 'rm -rf "$$elsewhere"' EXIT; \
	unset PYTHONPATH; \
	$(BIN)/python -m venv "$$elsewhere/venv"; \
	cd "$$elsewhere"; \
	venv/bin/pip install --quiet --disable-pip-version-check --constraint "$$pinned" "$$wheel[demo]"; \
	venv/bin/python -c "$$OWN_FILES"; \
	venv/bin/relay --help; \
	venv/bin/relay demo --folder demo

# The installed relay must use the files in its wheel, and have them all.
define OWN_FILES
import sys
from relay.base import files
for folder in (files.sql_folder(), files.alembic_folder()):
    assert folder.is_relative_to(sys.prefix), folder
assert (files.sql_folder() / "sqlite").is_dir()
assert (files.sql_folder().parent / "py.typed").is_file()
assert (files.sql_folder().parent / "ops" / "runbook.de.md").is_file()
endef
export OWN_FILES

# pip alone would look at this machine, not at Windows, for what a package needs there.
WINDOWS := x86_64-pc-windows-msvc
BUNDLE  := dist/cobra-sage-relay-windows

.PHONY: bundle
bundle: wheel ## Build what a Windows server without internet needs into dist/, Python 3.11 and the ODBC driver apart
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[bundle]'
	mkdir -p $(BUNDLE)/wheels
	$(BIN)/uv pip compile --quiet --no-header --no-annotate \
	    --python-platform $(WINDOWS) --python-version 3.11 \
	    --extra windows --extra keyring --extra demo --extra excel --extra metrics --extra page \
	    --output-file $(BUNDLE)/requirements.txt pyproject.toml
	$(BIN)/pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: \
	    --platform win_amd64 --python-version 3.11 \
	    --dest $(BUNDLE)/wheels --requirement $(BUNDLE)/requirements.txt
	cp dist/*.whl $(BUNDLE)/wheels
	cp ops/windows/install.ps1 ops/*.md $(BUNDLE)
	cd $(BUNDLE) && find . -type f -printf '%P\n' | LC_ALL=C sort | grep -v '^SHA256SUMS$$' | \
	    xargs -d '\n' sha256sum > SHA256SUMS
	elsewhere=$$(mktemp -d); \
	trap 'rm -rf "$$elsewhere"' EXIT; \
	$(BIN)/uv pip install --quiet --no-index --find-links $(BUNDLE)/wheels --target "$$elsewhere" \
	    --python-platform $(WINDOWS) --python-version 3.11 \
	    "$$(ls dist/*.whl)[windows,keyring,demo]" --requirement $(BUNDLE)/requirements.txt; \
	test -f "$$elsewhere/relay/cli/windows_service.py" -a -f "$$elsewhere/win32/lib/win32serviceutil.py"
	cd dist && ../$(BIN)/python -m zipfile -c $(notdir $(BUNDLE)).zip $(notdir $(BUNDLE))
	@du -sh $(BUNDLE) $(BUNDLE).zip

.PHONY: clean
clean: ## Remove what the other targets made, except .venv
	rm -rf .crash .demo .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache build dist
	find . -path ./$(VENV) -prune -o -name __pycache__ -prune -exec rm -rf {} +
