# From a fresh clone with python3 and make: `make demo`, `make test`. `make help` lists the rest.

PYTHON ?= python3
# Arguments for the command behind a target: make test ARGS="tests/unit -k rules"
ARGS ?=
VENV := .venv
BIN := $(VENV)/bin
# Else hundreds of modules are compiled anew at every start, whatever the shell was told elsewhere.
unexport PYTHONDONTWRITEBYTECODE
READY := $(VENV)/.ready

define VERSION
import sys
if not (3, 11) <= sys.version_info < (3, 15):
    sys.exit(f"Python 3.11 to 3.14 is needed; this is {sys.version.split()[0]}. Another one: make PYTHON=python3.11 ...")
endef
export VERSION

define NO_ENSUREPIP
import os, sys
sudo = "sudo " if os.geteuid() else ""
sys.exit(f"This Python cannot make virtual environments: its ensurepip is missing. On Debian and Ubuntu:\n\n    {sudo}apt-get install python{sys.version_info[0]}.{sys.version_info[1]}-venv\n\nand then once more. (Or install uv: it is used when present.)")
endef
export NO_ENSUREPIP

.DEFAULT_GOAL := help
.PHONY: help setup demo run test check fix pictures lock

help:
	@echo "make demo    a pretend company on this terminal: nothing to set up, nothing leaves this machine"
	@echo "make test    all tests, several at a time, on embedded PostgreSQLs"
	@echo "make run     the program, with the settings of .env"
	@echo "make check   format, lint, types, imports, catalogues, Dockerfile"
	@echo "make fix     format, what lint can mend, and the snapshots of what people read: look at the diff"
	@echo "make pictures  the README's phones anew, from what the demo shows"
	@echo "make setup   the virtual environment $(VENV), which all others make when it is missing or old"
	@echo "make lock    the requirements files anew, from pyproject.toml (needs uv)"

setup: $(READY)

# What is installed is what the lock says, with uv and with pip; the program itself is linked in.
$(READY): requirements-dev.lock pyproject.toml
	@$(PYTHON) -c "$$VERSION"
	@echo "Setting up $(VENV): once, about a minute ..."
	@set -e; if command -v uv >/dev/null; then \
		uv venv --quiet --allow-existing --python "$$(command -v $(PYTHON))" $(VENV); \
		install="uv pip install --quiet --python $(BIN)/python"; \
	else \
		$(PYTHON) -c "import ensurepip" 2>/dev/null || $(PYTHON) -c "$$NO_ENSUREPIP"; \
		$(PYTHON) -m venv $(VENV); \
		install="$(BIN)/python -m pip install --quiet --disable-pip-version-check"; \
	fi; \
	$$install --require-hashes -r requirements-dev.lock; \
	$$install --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(READY)
	@exec $(BIN)/jobsync demo $(ARGS)

run: $(READY)
	@exec $(BIN)/jobsync run $(ARGS)

test: $(READY)
	@exec $(BIN)/python -m pytest --numprocesses auto --dist loadgroup $(ARGS)

fix: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	JOBSYNC_SNAPSHOTS=write $(BIN)/python -m pytest --quiet tests/unit/views

pictures: $(READY)
	@$(BIN)/python docs/pictures.py

check: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m pytest --quiet tests/unit/views/test_catalogue.py
	@if [ -x $(BIN)/hadolint ]; then echo "$(BIN)/hadolint Dockerfile"; $(BIN)/hadolint Dockerfile; \
	else echo "hadolint has no wheel for this machine: the Dockerfile was not checked"; fi

# --universal: one file for all Pythons that we support, on all systems. No address is written.
LOCK := uv --no-config pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-annotate --no-header --no-emit-index-url --no-emit-find-links
lock:
	$(LOCK) pyproject.toml -o requirements.lock
	$(LOCK) pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock
	$(LOCK) --group build -c requirements-dev.lock -o requirements-build.lock
