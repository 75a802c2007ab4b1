# Every target does its own set-up on a fresh machine: it installs what it needs, pinned, inside this folder.
# `make` alone lists the targets.

OPA_VERSION := 1.22.2
REGAL_VERSION := 0.38.1
NODE_22 := 22.23.5
NODE_24 := 24.22.3
BUNDLE := bundles/regate.tar.gz
SOURCES := $(shell find src -name '*.ts' -o -name '*.tsx' 2>/dev/null)

# OPA= and REGAL= name binaries of exactly these versions; else one on PATH of that version; else they are built from source.
OPA ?= $(shell opa version 2>/dev/null | grep -qx 'Version: $(OPA_VERSION)' && command -v opa || echo $(CURDIR)/.tools/opa)
REGAL ?= $(shell regal version 2>/dev/null | grep -q '^Version: *$(REGAL_VERSION)$$' && command -v regal || echo $(CURDIR)/.tools/regal)
export OPA REGAL

# A browser for the console's tests and pictures: CHROMIUM=, else one on PATH, else Debian's.
CHROMIUM ?= $(shell command -v chromium || command -v chromium-browser || command -v google-chrome || echo /usr/bin/chromium)
export CHROMIUM

# A store for the tests of many gates: REDIS_SERVER=, else one on PATH (Valkey's too), else Debian's.
REDIS_SERVER ?= $(shell command -v redis-server || command -v valkey-server || echo /usr/bin/redis-server)
export REDIS_SERVER

# Prometheus' checker, for the metrics and the alert rules: PROMTOOL=, else the one on PATH, else Debian's.
PROMTOOL ?= $(shell command -v promtool || echo /usr/bin/promtool)
export PROMTOOL

REGATE ?= node dist/main.js
# A gate takes less memory so: docs/operating.md.
NODE_FLAGS := --max-semi-space-size=8
COMMENT := templates/policy-repository/github/comment.mjs

.DEFAULT_GOAL := help
SHELL := /bin/bash
.PHONY: help tools run test checked check-rego check-ts check-reference reference bundle catalogue bench soak fuzz screenshots compatibility conformance docs-conformance pull-requests docs-pull-requests audit sbom ci policy-tools clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-19s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

tools: $(OPA) $(REGAL) ## build OPA and Regal, pinned, where no binary of their version is at hand

run: dist/main.js ## serve the default bundle before three real MCP servers
	@$(MAKE) --silent .venv/ready || echo 'make run: no usable python3 here: going on without the SiteWise server'
	@node $(NODE_FLAGS) dist/main.js serve -c regate.yaml

test: ## everything that must hold: Rego, TypeScript, the gate before real servers
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target checked
	npx vitest run --project unit --project e2e

# apt takes one at a time
$(PROMTOOL): | $(CHROMIUM)
$(REDIS_SERVER): | $(PROMTOOL)
checked: check-rego check-ts check-reference dist/main.js .venv/ready $(CHROMIUM) $(PROMTOOL) $(REDIS_SERVER) .tools/opa-wasm .tools/node-22/bin/node .tools/node-24/bin/node

fuzz: node_modules/ready .venv/ready ## feed broken bytes to all that reads from outside: MINUTES=N (1), ONLY=TARGET,..., SEED=N
	FUZZ_MINUTES=$(or $(MINUTES),1) FUZZ_ONLY=$(ONLY) FUZZ_SEED=$(SEED) npx vitest run --project unit test/fuzz/fuzz.test.ts

check-rego: $(OPA) $(REGAL) dist/main.js ## regate test on the policy, and the lint rules' own tests
	$(OPA) fmt --fail --list .regal
	$(REGAL) lint --fail-level warning .regal/rules
	$(REGAL) test .regal/rules
	node dist/main.js test rego --strict
	node scripts/catalogue-table.mjs --check

check-ts: node_modules/ready ## lint and type-check the TypeScript
	npx biome check --error-on-warnings .
	npx tsc --noEmit

check-reference: build/main.js ## docs/reference/ and schemas/ are what the code says
	node scripts/reference.mjs --check

reference: build/main.js ## write docs/reference/ and the schemas of regate.yaml, decisions and catalogues from the code
	node scripts/reference.mjs

bundle: check-rego dist/main.js ## test the policy, then build it into bundles/regate.tar.gz
	node dist/main.js build rego -o $(BUNDLE)

catalogue: dist/main.js $(OPA) .venv/ready .servers/ready ## install the servers of the shipped catalogue, and scan them (900 MB; no part of test)
	node dist/main.js scan --all -c tools/servers/regate.yaml
	node scripts/catalogue-table.mjs

bench: dist/main.js $(OPA) ## measure: ratios within one run; ONLY=PART,... and ROUNDS=N, see docs/performance.md; with LABELS=FILE, the classifier
	rm -rf bench/out && npx tsc -p tsconfig.bench.json
	node bench/out/bench/main.js

soak: dist/main.js $(OPA) ## load and faults together for MINUTES=N (10), drawn from SEED=; STREAMS=N idle streams beside; prints a ledger, see docs/soak.md
	rm -rf bench/out && npx tsc -p tsconfig.bench.json
	node bench/out/bench/soak/main.js

screenshots: dist/main.js $(OPA) .venv/ready $(CHROMIUM) ## the pictures of the console in docs/screenshots/, from a real browser before real servers
	@fc-list 2>/dev/null | grep -q 'Inter' || echo 'make screenshots: without the font Inter (Debian: fonts-inter) the pictures look otherwise'
	node scripts/take-screenshots.mjs

compatibility: dist/main.js .venv/ready .tools/clients/ready ## play every cell of docs/compatibility.md, real clients before real servers; with ALL=1 every client with every server in every mix: minutes
	PAIRINGS=$(if $(ALL),all) npx vitest run --project clients test/clients/pairings.test.ts

conformance: dist/main.js .venv/ready .tools/clients/ready ## the conformance suite's servers through the gate, held against docs/conformance.md, and a few of its clients
	npx vitest run --project clients test/clients/conformance.test.ts

audit: dist/main.js ## known vulnerabilities of what ships, asked of the registry; fails on high
	node scripts/shipped.mjs audit

sbom: dist/main.js ## sbom.cdx.json: what ships, as CycloneDX
	node scripts/shipped.mjs sbom > sbom.cdx.json.new
	mv sbom.cdx.json.new sbom.cdx.json

ci: ## exactly what CI runs
	.ci/run

pull-requests: dist/main.js $(OPA) $(REGAL) ## play all pull requests of docs/pull-requests/, and hold their comments against those pages
	PULL_REQUESTS=all npx vitest run --project e2e test/e2e/pull-requests.test.ts

docs-pull-requests: dist/main.js $(OPA) $(REGAL) ## play them, and write their comments there
	PULL_REQUESTS=all npx vitest run --project e2e test/e2e/pull-requests.test.ts --update

docs-conformance: .venv/ready .tools/clients/ready ## run all of the MCP conformance suite, direct and through the gate, and write docs/conformance.md: minutes
	CONFORMANCE=all npx vitest run --project clients test/clients/conformance.test.ts --update

policy-tools: dist/main.js $(OPA) $(REGAL) ## install what the policy- targets need

include templates/policy-repository/github/policy.mk

clean: ## remove what the other targets made
	rm -rf sbom.cdx.json* build dist node_modules .tools .venv .servers .policy bench/out

node_modules/ready: package.json package-lock.json .npmrc
	npm ci
	@touch $@

dist/main.js: node_modules/ready scripts/build.mjs scripts/build-plugins.mjs scripts/declarations.mjs scripts/source-url.js scripts/third-party.mjs tsconfig.build.json $(SOURCES)
	npm run --silent build

# the sources one by one, for programs of the repository that ask them; nothing of it ships
build/main.js: node_modules/ready tsconfig.json tsconfig.build.json $(SOURCES)
	rm -rf build
	npx tsc -p tsconfig.build.json --noCheck

# only where the variable above names it because there is no browser at all
/usr/bin/chromium:
	@[ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null || { echo 'chromium is needed for the tests of the console: apt-get install chromium, or name a browser with CHROMIUM='; exit 1; }
	apt-get update -qq && apt-get install -qq -y --no-install-recommends chromium fonts-inter fonts-jetbrains-mono >/dev/null

/usr/bin/redis-server:
	@[ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null || { echo 'redis-server is needed for the tests of many gates: apt-get install redis-server, or name one (Valkey too) with REDIS_SERVER='; exit 1; }
	apt-get update -qq && apt-get install -qq -y --no-install-recommends redis-server >/dev/null

/usr/bin/promtool:
	@[ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null || { echo 'promtool is needed for the tests of the metrics: apt-get install prometheus, or name it with PROMTOOL='; exit 1; }
	apt-get update -qq && apt-get install -qq -y --no-install-recommends prometheus >/dev/null

$(CURDIR)/.tools/opa: tools/opa/go.mod tools/opa/go.sum
	@command -v go >/dev/null || { echo 'opa $(OPA_VERSION) is needed: install Go to build it, or name a binary with OPA='; exit 1; }
	cd tools/opa && CGO_ENABLED=0 go build -trimpath -ldflags=-s -o ../../.tools/opa github.com/open-policy-agent/opa

# runs WASM, which is no part of the other one: an `opa run --server` that takes the gate's own bundles
.tools/opa-wasm: tools/opa/go.mod tools/opa/go.sum
	@command -v go >/dev/null || { echo 'Go is needed to build OPA with its WASM engine, for the tests'; exit 1; }
	cd tools/opa && CGO_ENABLED=0 go build -tags=opa_wasm -trimpath -ldflags=-s -o ../../.tools/opa-wasm github.com/open-policy-agent/opa

# the other versions of Node that are supported, out of npm's packages, for the test of what is published
.tools/node-%/bin/node: Makefile
	@mkdir -p $(dir $@)
	npm install --prefix .tools/node-$* --ignore-scripts --no-save "node-$$(node -p 'process.platform + "-" + process.arch')@$(NODE_$*)"
	ln -f .tools/node-$*/node_modules/node-*/bin/node $@
	@touch $@

$(CURDIR)/.tools/regal: tools/regal/go.mod tools/regal/go.sum
	@command -v go >/dev/null || { echo 'regal $(REGAL_VERSION) is needed: install Go to build it, or name a binary with REGAL='; exit 1; }
	cd tools/regal && CGO_ENABLED=0 go build -trimpath -ldflags="-s -X github.com/open-policy-agent/regal/pkg/version.Version=$(REGAL_VERSION)" -o ../../.tools/regal github.com/open-policy-agent/regal

.venv/ready: tools/python/requirements.txt
	@command -v python3 >/dev/null || { echo 'python3 is needed for the tests with Python clients and servers'; exit 1; }
	@echo 'Making .venv with the SiteWise server and the Python client: about half a minute'
	python3 -m venv .venv
	.venv/bin/pip install --quiet --disable-pip-version-check -r tools/python/requirements.txt
	@touch $@

# Beside .venv, for what has no place in one with Regate or SiteWise: Node 22, and the second major version of the Python SDK.
.tools/clients/ready: $(wildcard tools/clients/*)
	@command -v python3 >/dev/null || { echo 'python3 is needed for the tests with Python clients and servers'; exit 1; }
	@echo 'Making .tools/clients with the clients that the tests drive, and the conformance suite: about a minute'
	rm -rf .tools/clients && mkdir -p .tools/clients
	cp tools/clients/package.json tools/clients/package-lock.json .tools/clients
	npm ci --prefix .tools/clients --no-audit --no-fund
	python3 -m venv .tools/clients/python
	.tools/clients/python/bin/pip install --quiet --disable-pip-version-check -r tools/clients/requirements.txt
	@touch $@

# Two environments: SQLite's server does not start with the MCP SDK that the others need. No install scripts: listing tools needs none.
.servers/ready: $(wildcard tools/servers/*.json tools/servers/*.txt)
	@command -v python3 >/dev/null || { echo 'python3 is needed for the servers of PyPI'; exit 1; }
	rm -rf .servers && mkdir -p .servers/npm
	cp tools/servers/package.json tools/servers/package-lock.json .servers/npm
	npm ci --prefix .servers/npm --ignore-scripts --omit=optional --no-audit --no-fund
	python3 -m venv .servers/python
	.servers/python/bin/pip install --quiet --disable-pip-version-check -r tools/servers/requirements.txt
	python3 -m venv .servers/sqlite
	.servers/sqlite/bin/pip install --quiet --disable-pip-version-check -r tools/servers/requirements-sqlite.txt
	@touch $@
