# Everything a user or a contributor runs. `make try` and `make test` need Python 3.11+, git and make, nothing else.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
MODEL ?= qwen2.5-coder-0.5b

.PHONY: help try unit test coverage lint format model bench bench-keystroke ci clean engines engines-vllm node docs wheel \
	vsix check-vscode test-vscode vscode-images test-editors test-nvim test-hardening soak audit

help: ## this list
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-13s %s\n", $$1, $$2}'

# A stamp per set of packages, so that a second call costs nothing. Versions are those of constraints.txt.
$(VENV)/run.stamp: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "autothink-lsp needs Python 3.11 or later: make try PYTHON=python3.12" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { echo "cannot make a virtual environment (on Debian: apt-get install python3-venv)" >&2; exit 1; }
	@echo "installing into $(VENV) ..."
	@$(PIP) install -q -c constraints.txt -e ".[embedded]"
	@touch $@

$(VENV)/dev.stamp: $(VENV)/run.stamp requirements-dev.txt
	@echo "installing what the tests need ..."
	@$(PIP) install -q -c constraints.txt -r requirements-dev.txt
	@touch $@

try: $(VENV)/run.stamp model ## install, fetch the small model, play an editing session
	@$(BIN)/python -m examples.demo

model: $(VENV)/run.stamp ## fetch the embedded model (469 MiB, digest checked)
	@$(BIN)/autothink-lsp model pull $(MODEL)

unit: $(VENV)/dev.stamp ## the quick unit tests in parallel: no process, no socket
	@$(BIN)/python -m pytest tests/unit -n auto -q -m "not process and not exhaustive and not model and not node"

test: $(VENV)/dev.stamp ## unit tests and end-to-end tests that need no model, in parallel
	@$(BIN)/python -m pytest tests/unit tests/e2e -n auto --dist worksteal -m "not model and not node"

coverage: $(VENV)/dev.stamp ## branch coverage of the unit tests
	@$(BIN)/python -m pytest tests/unit -n auto -q -m "not model and not node" --cov autothink_lsp --cov-branch --cov-report term:skip-covered

lint: $(VENV)/dev.stamp ## ruff, import-linter, basedpyright
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/lint-imports && $(BIN)/basedpyright

format: $(VENV)/dev.stamp ## rewrite in our format
	@$(BIN)/ruff check --fix . && $(BIN)/ruff format .

docs: $(VENV)/dev.stamp ## write the generated parts of the README and of the extension's settings
	@$(BIN)/python tests/support/readme_tables.py --write && $(BIN)/python tests/support/vscode_settings.py --write

bench: $(VENV)/dev.stamp ## the server's own cost, counted and measured
	@$(BIN)/python -m tests.bench

bench-keystroke: $(VENV)/dev.stamp ## real code typed in, each key counted (about 10 minutes)
	@$(BIN)/python -m tests.bench keystroke

engines: $(VENV)/dev.stamp model ## everything that needs the real embedded model
	@$(BIN)/python -m pytest tests/engines tests/e2e -m model --ignore tests/engines/vllm

engines-vllm: $(VENV)/dev.stamp model ## real vLLM on this CPU, in an environment of its own (3 GB, once)
	@python=$$($(BIN)/python tests/engines/vllm/environment.py $(VENV)-vllm); status=$$?; \
	if [ $$status -eq 3 ]; then echo "skipped: this package index has no vLLM for CPUs and this Python"; exit 0; fi; \
	test $$status -eq 0 && AUTOTHINK_VLLM_PYTHON=$$python $(BIN)/python -m pytest tests/engines/vllm -m vllm

node: $(VENV)/dev.stamp ## compare the document store with Microsoft's own
	@npm ci --silent --prefix tests/node && $(BIN)/python -m pytest tests/unit -m node

# Real editors are driven as a person drives them, on a machine that may be busy: what failed is run once more, and a run
# that needed it says so. Twice red is red.
twice = $(BIN)/python -m pytest $(1) || { echo "== some failed; these once more"; $(BIN)/python -m pytest --last-failed --last-failed-no-failures none $(1); }

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

test-editors: $(VENV)/dev.stamp ## real Emacs, Vim and Kate (Debian packages, installed if we are root)
	@$(BIN)/python tests/editors/others/environment.py && { $(call twice,tests/editors/others -m editors); }

test-nvim: $(VENV)/dev.stamp model ## the plugin in real Neovim 0.11, with the real server
	@$(BIN)/python tests/editors/nvim/environment.py $(VENV)-nvim
	@export AUTOTHINK_NVIM=$(VENV)-nvim; $(call twice,tests/editors/nvim -m nvim)

ci: ## what .ci/run does
	@bash .ci/run

wheel: $(VENV)/dev.stamp ## build the wheel and try it in an empty environment
	@PYTHON=$(BIN)/python bash tests/wheel/run

test-hardening: $(VENV)/dev.stamp ## secrets, hostile models, faults: counted, with a table at the end
	@$(BIN)/python -m pytest tests/hardening -n auto -m "not model and not node"

soak: $(VENV)/dev.stamp ## a day's work at speed: 100,000 keys, 50 documents, 500 fixes, restarts (about 6 minutes)
	@$(BIN)/python -m tests.hardening.soak

audit: $(VENV)/dev.stamp ## ask public advisory services about the pinned versions (needs the network)
	@$(BIN)/python -m tests.support.dependency_audit $(VENV)-audit

clean: ## remove the virtual environment and caches; models stay
	rm -rf $(VENV) $(VENV)-vllm $(VENV)-vscode $(VENV)-nvim $(VENV)-audit editors/vscode/node_modules editors/vscode/dist editors/vscode/server editors/vscode/*.vsix .pytest_cache .ruff_cache .hypothesis build dist
