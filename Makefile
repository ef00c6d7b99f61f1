# Everything a person or a machine does with this repository. `make help` lists it.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
TOOLS := $(CURDIR)/.cache/tools
FUZZTIME ?= 10s
BENCH ?=

# Staticcheck's checks, all of them; there is no list of exceptions.
CHECKS := all

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: bootstrap
bootstrap:
	@deploy/bootstrap.sh --quiet

.PHONY: bootstrap-tests
bootstrap-tests:
	@deploy/bootstrap.sh --quiet --tests

# The application in the browser. It is built again when a source of it changed.
WEB := $(shell find web -type f -not -path 'web/node_modules/*' -not -path 'web/dist/*' -not -name '*.go' -not -name schema.d.ts)
web/dist/index.html: $(WEB) | bootstrap
	@echo "web: building the application"
	@cd web && npm run --silent build

.PHONY: web
web: web/dist/index.html ## build the application that the server shows

.PHONY: build
build: web verifiers ## build bin/custody, and custody-verify for every system
	@mkdir -p bin
	CGO_ENABLED=0 go build -trimpath -o bin/ ./cmd/custody

.PHONY: verifiers
verifiers: ## build custody-verify for every system that a court may have (bin/custody-verify-*)
	@mkdir -p bin
	@for p in linux/amd64 linux/arm64 darwin/arm64 darwin/amd64 windows/amd64; do \
		os=$${p%/*}; ext=; [ $$os = windows ] && ext=.exe; echo "custody-verify: $$p"; \
		CGO_ENABLED=0 GOOS=$$os GOARCH=$${p#*/} go build -trimpath -ldflags '-s -w' -o bin/custody-verify-$$os-$${p#*/}$$ext ./cmd/custody-verify; \
	done

.PHONY: run
run: bootstrap build ## record two simulated cameras on the embedded defaults (.custody/)
	bin/custody demo --dir .custody

.PHONY: run-s3
run-s3: bootstrap-tests build ## the same on PostgreSQL and a real S3 server (.custody-s3/)
	bin/custody demo --dir .custody-s3 --postgres --s3

.PHONY: test
test: lint web ## everything a change must pass: lint and all tests, scaled down (at most 20 minutes on 2 cores)
	cd web && npm run --silent check && npm run --silent test
	go test -timeout 18m ./...

.PHONY: accept
accept: lint web ## all tests at full length (at most 80 minutes)
	cd web && npm run --silent check && npm run --silent test
	CUSTODY_ACCEPT=1 go test -count 1 -v -timeout 80m ./...

.PHONY: lint
lint: bootstrap-tests ## formatting, go vet and staticcheck
	@unformatted=$$(gofmt -l cmd internal storage); \
	if [ -n "$$unformatted" ]; then echo "run gofmt -w on:"; echo "$$unformatted"; exit 1; fi
	go vet ./...
	$(TOOLS)/staticcheck -checks $(CHECKS) ./...

# Commands and whole sites run as processes of their own, which the race detector does not see; every room is here.
.PHONY: race
race: bootstrap-tests ## all rooms under the race detector (needs a C compiler)
	@command -v gcc >/dev/null || { echo "make race needs gcc: apt-get install gcc libc6-dev"; exit 1; }
	CGO_ENABLED=1 go test -race -timeout 60m $$(go list ./... | grep -v -e /cmd/ -e /site/sitetest)

.PHONY: fuzz
fuzz: ## every fuzz target for FUZZTIME (default 10s) each
	@grep -rl --include='*_test.go' '^func Fuzz' cmd internal storage | xargs -n 1 dirname | sort -u | while read -r dir; do \
		grep -h '^func Fuzz' $$dir/*_test.go | sed 's/^func \(Fuzz[A-Za-z0-9_]*\).*/\1/' | while read -r target; do \
			echo "$$dir $$target"; \
			go test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) ./$$dir </dev/null; \
		done; \
	done

.PHONY: bench
bench: bootstrap-tests build ## the tables of the README's figures; BENCH='release' (or record, view, options) for some
	bin/custody bench $(BENCH)

.PHONY: check
check: build ## prove the invariants over what make run recorded
	bin/custody check --config .custody/custody.yaml
