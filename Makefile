# Two commands: `make demo` and `make test`. The README has the same steps without make.

# the first of these that is new enough and can make a venv; PYTHON=… names another. The system's own
# comes first: distributions build it with every optimisation, and the tests take a quarter less time
NEW_ENOUGH := import ensurepip, sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for p in /usr/bin/python3 python3 python3.13 python3.12 python3.11; do \
	"$$p" -c '$(NEW_ENOUGH)' 2>/dev/null && { command -v "$$p"; break; }; done)
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test lint screenshots browser clean

demo: $(VENV)/.runtime
	@PORTAL_ENV=demo exec $(BIN)/flask demo $(if $(filter-out 0,$(RESET)),--reset)

# whatever the checks of the source say, the tests run too, and theirs is the last word
# (compiled Python is kept under var/test, also where the surroundings say to keep none: the tests
# start many processes, and each would compile everything anew)
test: $(VENV)/.dev node_modules/.installed browser
	@status=0; $(BIN)/ruff check . || status=1; \
	PYTHONDONTWRITEBYTECODE= PYTHONPYCACHEPREFIX="$(CURDIR)/var/test/bytecode" \
	$(BIN)/pytest -n $(or $(JOBS),2) $(TESTS) || status=1; exit $$status

lint: $(VENV)/.dev
	$(BIN)/ruff check .

screenshots: $(VENV)/.dev browser
	$(BIN)/python -m tests.screenshots

browser:
	@.ci/chromium prepare >/dev/null

clean:
	rm -rf $(VENV) node_modules

$(VENV)/.runtime: requirements.txt | $(BIN)/python
	@$(call install,requirements.txt)
	@touch $@

$(VENV)/.dev: requirements-dev.txt requirements.txt | $(BIN)/python
	@$(call install,requirements-dev.txt)
	@touch $@ $(VENV)/.runtime

# uv is several times faster than pip; where it cannot be had or cannot reach a package, pip does it.
define install
echo "Installing $(1) …"; \
{ $(BIN)/python -m uv --version || $(BIN)/python -m pip install --quiet uv; } >/dev/null 2>&1; \
$(BIN)/python -m uv pip install --quiet --python $(BIN)/python -r $(1) 2>/dev/null \
|| $(BIN)/python -m pip install --quiet --disable-pip-version-check -r $(1)
endef

$(BIN)/python:
	@"$(or $(PYTHON),false)" -c '$(NEW_ENOUGH)' \
	|| { echo "Python 3.11 or newer is needed; name one: make PYTHON=/path/to/python3.12"; \
	echo "On Debian and Ubuntu, venv is a package of its own: apt-get install python3-venv"; exit 1; }
	@"$(PYTHON)" -m venv $(VENV)

node_modules/.installed: package.json package-lock.json
	@command -v npm >/dev/null || { echo "npm is needed for axe-core and the command line of Stripe, which tests use"; exit 1; }
	@npm ci --silent --no-audit --no-fund --ignore-scripts
	@touch $@
