# Two commands are all a person needs: `make run` and `make test`.
SHELL := /bin/sh
VENV := .venv
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
# Commands start by the hundred in the tests: their bytecode is kept, whatever the caller's habit
unexport PYTHONDONTWRITEBYTECODE
export SIGMA_HOME ?= $(CURDIR)/.sigma

.PHONY: run demo test test-busy check bench soak clean
run: $(VENV)/.installed
	@exec $(VENV)/bin/sigma up $(if $(PROJECT),--project "$(PROJECT)") $(if $(PORT),--port $(PORT))

# A month of made-up history to look around in, in a home of its own
demo: $(VENV)/.installed
	@exec $(VENV)/bin/sigma demo $(if $(PORT),--port $(PORT))

test: $(VENV)/.installed-dev
ifdef ARGS
	@$(VENV)/bin/python -m pytest $(ARGS)
else
	@echo "1 of 2: tests that use all the machine has"; \
	$(VENV)/bin/python -m pytest -m "not timed" -n 3 --durations=15 || failed=1; \
	echo "2 of 2: tests that watch the clock and the machine"; \
	$(VENV)/bin/python -m pytest -m timed -n 3 || failed=1; \
	exit $${failed:-0}
endif

# Two loops a core beside the tests, which end with them: no test may fail because the machine is slow
test-busy: $(VENV)/.installed-dev
	@for each in $$($(VENV)/bin/python -c 'import os; print(*range(2 * os.cpu_count()))'); do \
		while kill -0 $$$$ 2>/dev/null; do :; done & \
	done; \
	PYTEST_ADDOPTS="--timeout=1200" $(MAKE) --no-print-directory test

check: $(VENV)/.installed-dev
	@echo "types, beside format, lint, imports, dependencies, dead code"; \
	$(VENV)/bin/mypy & types=$$!; \
	$(VENV)/bin/ruff format --check . && $(VENV)/bin/ruff check . && $(VENV)/bin/lint-imports && \
	$(VENV)/bin/deptry . && $(VENV)/bin/vulture || failed=1; \
	wait $$types || failed=1; \
	exit $${failed:-0}

bench: $(VENV)/.installed-dev
	@for each in benchmarks/*.py; do \
		echo "== $$each"; PYTHONPATH=tests $(VENV)/bin/python $$each || failed=1; \
	done; \
	exit $${failed:-0}

# Under load with faults, for so many minutes
MINUTES ?= 30
soak: $(VENV)/.installed-dev
	@PYTHONPATH=benchmarks:tests $(VENV)/bin/python -u -m hosts.soak $(MINUTES)

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis build *.egg-info

# uv leaves code uncompiled. These start again with each run in the sandbox, where nothing can be kept
STARTED := _pytest pytest pluggy iniconfig packaging pygments coverage hypothesis sortedcontainers

# uv takes seconds where pip takes minutes; pip does it where only pip is told of a mirror or a certificate
define install
	@[ -n "$(PYTHON)" ] || { echo "SIGMA needs Python 3.11 or newer with venv (Debian: apt-get install python3-venv)."; exit 1; }
	@command -v git >/dev/null || { echo "SIGMA needs git (Debian: apt-get install git)."; exit 1; }
	@[ -x $(VENV)/bin/python ] || { echo "Creating $(VENV) with $(PYTHON)"; $(PYTHON) -m venv $(VENV); }
	@echo "Installing $(2) into $(VENV)"
	@pip="$(VENV)/bin/python -m pip install --disable-pip-version-check"; \
	$$pip --quiet "uv>=0.9,<1" && { $(VENV)/bin/uv pip install --python $(VENV)/bin/python -r $(1) -e . 2>&1; echo "exit $$?"; } | \
	awk '/^exit / { exit $$2 } !/^ [+~-] / { print "  " $$0; fflush() }' || \
	{ echo "uv could not; pip will, in a minute or two"; $$pip --progress-bar off -r $(1) -e .; }
	@$(VENV)/bin/python -m compileall -q $$(ls -d $(STARTED:%=$(VENV)/lib/python3*/site-packages/%)) || true
	@touch $@
endef

$(VENV)/.installed: requirements.txt pyproject.toml
	$(call install,requirements.txt,SIGMA)

# Its plug-in for pytest would start with every run of tests in the sandbox, and take most of that start
$(VENV)/.installed-dev: requirements.txt requirements-dev.txt requirements-apart.txt pyproject.toml
	$(call install,requirements-dev.txt,SIGMA and its development tools)
	@$(VENV)/bin/uv pip install --quiet --python $(VENV)/bin/python --target $(VENV)/apart -r requirements-apart.txt || \
	$(VENV)/bin/python -m pip install --quiet --upgrade --target $(VENV)/apart -r requirements-apart.txt
	@touch $(VENV)/.installed
