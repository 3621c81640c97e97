# "make" lists the targets. Nothing but Go is needed: tests find or fetch their
# database servers themselves (see internal/testdb).
GO      ?= go
LINT    := $(GO) run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
SERVERS := $(GO) run ./internal/testdb/cmd/testservers
# OPTIONAL="-optional mysql" lets the tests go on without an engine that cannot be had today.
OPTIONAL ?=
LDFLAGS := -s -w
# Many tests wait for servers, so twice as many packages run at a time as there
# are processors. "make vet" looks at tests, too, and nobody debugs these binaries.
CPUS    := $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
# The package that takes longest goes first, so that nothing waits for it at the end.
ALL     := ./migrations ./...
TEST    := $(GO) test -p $(shell expr 2 \* $(CPUS)) -vet=off -ldflags "$(LDFLAGS)"
# Packages whose code runs concurrently; the race detector is slow elsewhere for nothing.
RACE    := $(foreach d,engine query store server,$(if $(wildcard $(d)/*.go $(d)/*/*.go),./$(d)/...))
# What dist/ is built for. The levels of the processors below are fixed, so that the bytes are the same wherever they are built.
PLATFORMS ?= linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64
# Random tests begin with this seed, so that a change fails by what it changes;
# "make soak" and a bare "go test" draw another each time.
test test-sqlite test-postgresql test-mysql test-mariadb race: export RAPID_SEED ?= 1

.DEFAULT_GOAL := help
.PHONY: help build build-cloud test-cloud dist reproduce test test-sqlite test-postgresql test-mysql test-mariadb race bench soak clusters fuzz-api clients page upstream lint vet fmt vuln generate check servers

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1\t/p' $(MAKEFILE_LIST) | awk -F '\t' '{ printf "  make %-16s %s\n", $$1, $$2 }'

build: ## build bin/larder, one static binary
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags "$(LDFLAGS)" -o bin/larder ./cmd/larder

build-cloud: ## build bin/larder with S3, Google Cloud Storage and Azure for files
	cd cloud && CGO_ENABLED=0 $(GO) build -trimpath -ldflags "$(LDFLAGS)" -o ../bin/larder ./cmd/larder

test-cloud: ## run the tests of the object storages
	cd cloud && $(GO) vet ./... && $(GO) test ./...

dist: $(addprefix dist/,$(PLATFORMS)) ## cross-compile for Linux, macOS and Windows into dist/

dist/%: FORCE
	CGO_ENABLED=0 GOAMD64=v1 GOARM64=v8.0 GOEXPERIMENT= GOOS=$(word 1,$(subst /, ,$*)) GOARCH=$(word 2,$(subst /, ,$*)) $(GO) build -trimpath -ldflags "$(LDFLAGS)" \
		-o dist/larder-$(subst /,-,$*)$(if $(findstring windows,$*),.exe) ./cmd/larder

FORCE:

reproduce: dist ## build what is committed once more, elsewhere and from nothing, and compare it with dist/
	@dir=$$(mktemp -d) && trap 'rm -rf "$$dir"' EXIT && git clone -q . "$$dir/larder" && \
	GOCACHE="$$dir/cache" $(MAKE) -s -C "$$dir/larder" dist PLATFORMS="$(PLATFORMS)" && \
	for f in "$$dir"/larder/dist/*; do cmp "$$f" "dist/$$(basename "$$f")" && echo "the same: $$(basename "$$f")" || exit 1; done

test: ## run all tests on SQLite, PostgreSQL, MySQL and MariaDB
	$(SERVERS) $(OPTIONAL) -- $(TEST) -timeout 40m $(ALL)

test-sqlite: ## run all tests on SQLite only; needs no server
test-postgresql: ## run all tests on PostgreSQL only
test-mysql: ## run all tests on MySQL only
test-mariadb: ## run all tests on MariaDB only
test-sqlite test-postgresql test-mysql test-mariadb: test-%:
	TESTDB_ENGINES=$* $(SERVERS) -- $(TEST) -timeout 40m $(ALL)

race: ## run the concurrent packages' tests under the race detector
	$(SERVERS) -- $(GO) test -race -timeout 30m $(RACE)

bench: ## measure against the raw drivers; see docs/benchmarks.md
	$(SERVERS) -- $(GO) test -run '^$$' -bench . -benchmem -timeout 60m ./bench/... ./migrate/fresh ./migrate/revision ./migrations ./model/chatdoc

soak: ## run the long tests too: four hours
	$(SERVERS) -- $(GO) test -tags soak -timeout 360m ./...

clusters: ## fail the primary of each kind of cluster over under load; see docs/clusters.md
	$(SERVERS) -- $(GO) test -p 1 -tags clusters -timeout 150m -v -run 'TestClusters|TestNodes' ./internal/testdb/cluster ./engine ./internal/cli

fuzz-api: ## try every operation of the described API; needs Python 3 and its package index
	$(SERVERS) -- $(GO) test -tags fuzzapi -timeout 60m -run TestTheFuzzer ./internal/cli

clients: ## run clients of Open WebUI against a server on each engine; needs Python 3 and its package index
	$(SERVERS) -- $(GO) test -tags clients -timeout 30m -v -run TestClientsOfOpenWebUI ./internal/cli

page: ## drive Open WebUI's page, as it is on PyPI, with a headless Chromium
	$(GO) test -tags page -timeout 20m -v -run TestThePageOfOpenWebUI ./internal/cli

upstream: ## run Open WebUI 0.12.4 from PyPI beside Larder, on the same databases; needs Python 3.11 or 3.12 and 7 GB, or UPSTREAM_VENV
	$(SERVERS) -- $(GO) test -tags upstream -timeout 120m -v -run TestOpenWebUI ./internal/cli

servers: ## start the test servers and keep them until interrupted
	$(SERVERS)

generate: ## write what is made of the declarations of the tables
	$(GO) test ./tables/declared -update

fmt: ## format the code
	gofmt -w $$($(GO) list -f '{{.Dir}}' ./...)

vet: ## run go vet
	$(GO) vet ./...

lint: ## run the pinned golangci-lint
	$(LINT) run --allow-parallel-runners ./...

vuln: ## look whether a dependency has a known hole; needs vuln.go.dev
	$(GO) run golang.org/x/vuln/cmd/govulncheck@v1.9.0 ./...

check: vet lint test ## everything a change must pass: format, vet, lint, test
	@unformatted=$$(gofmt -l .); test -z "$$unformatted" || { echo "not formatted (make fmt): $$unformatted"; exit 1; }
