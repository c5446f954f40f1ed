# Every target does the set-up it needs. `make help` lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
READY := $(VENV)/.ready
# The tools that publish have a virtual environment of their own, and so has the product as the image installs it.
PUBLISH := $(VENV)/publish
APP := $(VENV)/app
MODERN := $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Funnelbeat needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version)."; exit 1; }

# Every process of a demo or a test imports everything. Without bytecode on the disk each compiles it again, and pytest
# rewrites the asserts of every file again.
export PYTHONDONTWRITEBYTECODE =

# A virtual environment keeps the Python that made it.
ifeq ($(origin PYTHON),command line)
OTHER := $(shell [ ! -x $(BIN)/python ] || [ "$$($(BIN)/python --version)" = "$$($(PYTHON) --version)" ] || echo "$(VENV) has $$($(BIN)/python --version), and not the version of $(PYTHON): rm -rf $(VENV) first")
$(if $(OTHER),$(error $(OTHER)))
endif

.DEFAULT_GOAL := help
.PHONY: help docs dist sbom release-notes reference test-rabbitmq test-mta test-containers setup install demo test check fix bench bench-compare bench-agree golden pictures soak metrics lock clean

help:  ## what can be done here
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  make %-13s %s\n", $$1, $$2}'

setup: $(STAMP)  ## virtual environment, all locked packages with the development tools, Redis

$(STAMP): requirements.lock pyproject.toml
	@$(MODERN)
	@$(PYTHON) scripts/install.py all
	@touch $@ $(READY)

$(READY): docker/requirements.lock docker/demo.lock pyproject.toml
	@$(MODERN)
	@$(PYTHON) scripts/install.py demo
	@touch $@

install: $(READY)  ## a link to the command in ~/.local/bin
	@scripts/link $(abspath $(BIN)/funnelbeat)

demo: $(READY)  ## the main job on embedded defaults; ONCE=1 ends after two delivered runs
	@$(BIN)/funnelbeat demo $(if $(ONCE),--once) --out demo-out

# The other files are not collected again. ARGS with a file of tests says itself what is collected.
test: ALONE = $(if $(findstring tests/,$(ARGS)),,$(shell grep -rl --include='*.py' 'mark\.alone' tests))
test: $(STAMP)  ## the test suite
	$(BIN)/python -m pytest -m "not soak and not alone and not mta and not containers" --numprocesses 3 --dist loadfile $(ARGS)
	$(BIN)/python -m pytest -m "alone and not soak" $(ALONE) $(ARGS)

check: $(STAMP)  ## lint, types, layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fix: $(STAMP)  ## format, and fix what lint can fix
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(STAMP)  ## ratios against peers, side by side in one run; figures in bench.json
	$(BIN)/python -m benchmarks --json bench.json $(ARGS)

bench-compare: $(STAMP)  ## what became worse than its spread since the agreed run
	$(BIN)/python -m benchmarks.compare bench.json

bench-agree: $(STAMP)  ## the figures of the last bench become the agreed ones, and their page is written
	cp bench.json benchmarks/baseline.json
	$(BIN)/python -m benchmarks.page

metrics: $(STAMP)  ## the size of modules, functions, classes and ports
	$(BIN)/python -m benchmarks.metrics

golden: $(STAMP)  ## write the golden files again; read the difference before you commit it
	GOLDEN=write $(BIN)/python -m pytest tests/golden --quiet
	$(BIN)/python -m tests.support.slack_golden
	git diff --stat -- tests/golden

reference: $(STAMP)  ## write docs/reference, docs/gallery.md and the locks in docker/ again
	$(BIN)/python -m worker.entry.reference
	$(BIN)/python docker/lock.py
	$(BIN)/python scripts/gallery.py

$(PUBLISH)/.ready: scripts/publish.lock
	@$(MODERN)
	@$(PYTHON) -m venv $(PUBLISH)
	@$(PUBLISH)/bin/pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r scripts/publish.lock
	@touch $@

docs: $(PUBLISH)/.ready  ## the site of the documentation, in site/; a broken link or anchor is an error
	@NO_MKDOCS_2_WARNING=1 $(PUBLISH)/bin/mkdocs build --strict $(ARGS)

dist: $(READY)  ## wheel and source distribution, in dist/; the same sources give the same bytes
	@$(BIN)/python -m hatchling build -d dist

# A wheel is made anew each time, because its name does not say whether a source has changed.
sbom: $(READY) $(PUBLISH)/.ready  ## bill of materials of what the image installs, in dist/ (CycloneDX, JSON)
	@scripts/sbom $(BIN) $(PUBLISH) $(APP)

release-notes:  ## the notes of a release from CHANGELOG.md; VERSION=1.2.0, or what is unreleased
	@$(PYTHON) scripts/release_notes.py $(VERSION)

test-rabbitmq: $(STAMP)  ## the main job over a real RabbitMQ; installs it if it is missing
	scripts/test-rabbitmq

test-mta: $(STAMP)  ## refusals of a real Postfix, with TLS and login; installs it if it is missing (root)
	scripts/test-mta $(ARGS)

test-containers: $(STAMP)  ## the image and docker-compose.yml on Docker or Podman; FUNNELBEAT_IMAGE=… is not built again
	scripts/test-containers $(ARGS)

pictures: $(STAMP)  ## every message as a picture, in pictures/ (Chromium); ARGS="'brand-*' --width 320" chooses
	scripts/pictures $(ARGS)

soak: $(STAMP)  ## the long forms
	$(BIN)/python -m pytest -m soak $(ARGS)

lock:  ## resolve requirements.lock and scripts/publish.lock again (needs uv)
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --python-version 3.11 --extra embedded --extra dev pyproject.toml --output-file requirements.lock
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --python-version 3.11 --constraint requirements.lock scripts/publish.in --output-file scripts/publish.lock

clean:  ## remove what make made
	rm -rf $(VENV) demo-out dist site .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
