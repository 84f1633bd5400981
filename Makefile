# Everything starts from here; each target fetches what it is missing. A second `make install` has nothing to do.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: install up test test-long bench bench-full lint chromium mosquitto

install: .venv/.installed .venv/.jars

.venv/.installed: requirements.lock pyproject.toml app/engine/_recordbatch.c
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Kawka needs Python 3.11 or newer; name one with: make PYTHON=python3.12 install"; exit 1; }
	@test -x $(BIN)/pip || $(PYTHON) -m venv .venv || \
		{ echo "No .venv can be made; on Debian: apt-get install python3-venv"; exit 1; }
	$(BIN)/pip install --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install -q --disable-pip-version-check --no-deps -e .
	@touch $@

# The jars themselves are checked at each start; this only fetches them early.
.venv/.jars: app/local/kafka.lock .venv/.installed
	$(BIN)/kawka fetch
	@touch $@

up: install
	@$(BIN)/kawka up

test: install chromium mosquitto
	$(BIN)/pytest -m "not long" -n 2 --dist worksteal

test-long: install chromium mosquitto
	$(BIN)/pytest -m long

# Ours and the peers in turn on one Kafka; docs/benchmarks.md says how, benchmarks/results/peers.md what came out.
bench: install
	$(BIN)/python -m benchmarks.peers

bench-full: install
	$(BIN)/python -m benchmarks.peers --full

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# The page is tested in Debian's Chromium.
chromium:
	@command -v chromium >/dev/null || command -v google-chrome >/dev/null || \
		{ [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
		apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends chromium; } || \
		{ echo "The tests of the page need Chromium: install it, on Debian with: apt-get install chromium"; exit 1; }

# The MQTT bridge is tested with Debian's mosquitto, each on a port of its own.
mosquitto:
	@PATH="$$PATH:/usr/sbin" command -v mosquitto >/dev/null || \
		{ [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
		apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends mosquitto openssl; } || \
		{ echo "The tests of the bridge need mosquitto: install it, on Debian with: apt-get install mosquitto"; exit 1; }
