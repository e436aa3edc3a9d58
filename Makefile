# Every target first sees to it that .venv holds what requirements.lock says; that takes no time when it already does.
#   make PYTHON=/path/to/python3.12 ...   which Python to build .venv with; otherwise the first of 3.13, 3.12, 3.11 found
#   make VENV=.venv-3.12 ...              another folder than .venv

VENV ?= .venv
PYTHON ?=
ARGS ?=
RUN = "$(VENV)/bin/python"
# Tests and stored notebooks tell of the embedded database, whatever database the caller's shell points at.
SETTINGS = DATABASE_URL DATABASE SECONDS INTERVAL HISTORY KEEP_DAYS ANSWERS OUT BUNDLE VERSION DATE TYPES SHOW_HOST
EMBEDDED = env $(foreach name,$(SETTINGS) $(filter PG%,$(.VARIABLES)),-u $(name)) REALTIME_ADVISOR_HEADLESS=1
NOTEBOOKS = $(wildcard notebooks)

# Taken as they are typed: a password may hold a dollar sign. Left out entirely when not given.
define hand_over
ifneq ($$(strip $$(value $(1))),)
override $(1) := $$(value $(1))
export $(1)
else
unexport $(1)
endif
endef
ADDRESS := $(origin DATABASE_URL)
$(foreach name,$(SETTINGS),$(eval $(call hand_over,$(name))))
# Given and empty, it is a secret that is missing: runs that nobody watches refuse it.
ifneq ($(ADDRESS),undefined)
export DATABASE_URL
endif
export PYTHON
unexport VIRTUAL_ENV PYTHONPATH PYTHONHOME JUPYTER_PATH

.PHONY: help set-up lab report sample check test test-client bench notebooks lock clean
.DEFAULT_GOAL := help

help:
	@echo "make lab        open the notebooks in JupyterLab"
	@echo "make report     decide about every table, without a browser: SECONDS=60 OUT=out DATABASE_URL=postgresql://..."
	@echo "                VERSION=20260101000000: of its first migration; DATE=...: the day that its pages give;"
	@echo "                TYPES=database.types.ts: what supabase gen types wrote, for the clients' rows"
	@echo "                SHOW_HOST=1: name the database and its host in the bundle, which by itself tells neither"
	@echo "                ANSWERS=answers.toml: what only you know of the tables; without it the one beside HISTORY"
	@echo "                (no DATABASE_URL: what HISTORY=history holds, else the embedded workshop database)"
	@echo "make sample     record a database's counters, unattended: SECONDS=86400 INTERVAL=5 HISTORY=history KEEP_DAYS=30 DATABASE_URL=..."
	@echo "make check      what has drifted from an exported bundle, and fail if anything has: BUNDLE=out SECONDS=60 DATABASE_URL=..."
	@echo "make test       run the tests, the examples in docstrings, and the notebooks: ARGS='-k catalog'"
	@echo "make test-client  compile and run the generated TypeScript: Node.js 20 or newer, with npm"
	@echo "make bench      compare the trigger designs and the engine's speed, side by side"
	@echo "make notebooks  run the notebooks again and store what they show: ARGS=notebooks/00_start_here.ipynb"
	@echo "make lock       resolve the dependencies again: requirements.lock, environment.yml; ARGS=--upgrade for newer ones"
	@echo "make set-up     build or repair .venv only"
	@echo "make clean      delete .venv and the tools' caches; what you exported stays"

set-up:
	@if [ -n "$$PYTHON" ] || ! "$(VENV)/bin/python" -E -S tools/setup_venv.py --check "$(VENV)" 2>/dev/null; then \
	    found=$$(sh tools/find-python) && "$$found" -E tools/setup_venv.py "$(VENV)"; \
	fi

# Jupyter refuses to run as root unless told; in a container one often is. The folder holds defaults, which a person's own
# settings go before: no question about Jupyter's news at the first start.
lab: set-up
	@if [ "$$(id -u)" = 0 ]; then root=--allow-root; fi; \
	exec $(RUN) -m jupyterlab $$root --LabApp.app_settings_dir="$(CURDIR)/tools/jupyterlab" $(ARGS) notebooks/00_start_here.ipynb

report: set-up
	@exec $(RUN) -m realtime_advisor $(ARGS)

sample: set-up
	@exec $(RUN) -m realtime_advisor sample $(ARGS)

check: set-up
	@exec $(RUN) -m realtime_advisor check $(ARGS)

# A worker takes the next file that is left. The longest (notebooks) come first and the shortest (docstrings) last.
test: set-up
	@exec $(EMBEDDED) sh tools/in-memory $(RUN) -m pytest -n 2 --dist loadfile --no-loadscope-reorder \
	    --nbval --nbval-cell-timeout 600 --nbval-kernel-startup-timeout 300 $(NOTEBOOKS) tests lib $(ARGS)

test-client: set-up
	@exec $(EMBEDDED) sh tools/in-memory sh tools/test-client "$(VENV)/bin/python"

bench: set-up
	@exec $(EMBEDDED) $(RUN) benchmarks $(ARGS)

notebooks: set-up
	@exec $(EMBEDDED) $(RUN) tools/notebooks.py $(ARGS)

lock: set-up
	@$(RUN) -m uv pip compile -q pyproject.toml --group dev --universal --python-version 3.11 \
	    --generate-hashes --no-emit-index-url --no-header --no-annotate -o requirements.lock $(ARGS)
	@$(RUN) tools/environment.py

clean:
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis lib/*.egg-info
