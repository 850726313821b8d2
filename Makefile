# Notejam's only door: people and CI call these targets and nothing else.
# `make help` lists them; a target's line there is the text behind its `##`.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
MAKEFLAGS += --no-builtin-rules --no-print-directory

# make run: where the pages are served, and the folder that keeps the data.
ADDR ?= 127.0.0.1:8000
DATA ?= .local
# make test: more flags for `go test`, for example TESTFLAGS='-run Relay -v'.
TESTFLAGS ?=

# What is built or downloaded for development only; `make clean` removes it.
CACHE := $(CURDIR)/.cache
BIN   := $(CACHE)/bin
VENV  := $(CACHE)/venv

# The workspace's modules, and all their packages for one `go test` or one lint run.
MODULES  := $(shell awk '$$1 ~ /^\.\// { print $$1 }' go.work)
PACKAGES := $(MODULES:%=%/...)

.PHONY: help
help: ## Say what this file can do
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# ------------------------------------------------------------------ running

.PHONY: setup
setup: ## Install what is missing: a database server and its tools, Chromium, a C compiler, curl, Node.js, Python, Java
	@tools/setup.sh database dump browser compiler curl node python java

.PHONY: run
run: ## Run all of Notejam on this machine: make run ADDR=127.0.0.1:8000 DATA=.local
	@echo "Building Notejam (the first time takes a minute or two) …"
	@go build -o $(BIN)/local ./local/cmd/local
	@exec $(BIN)/local -addr $(ADDR) -data $(DATA)

# make backup and restore: the file, and whether what is in DATA may be thrown away.
FILE ?=
REPLACE ?=
export FILE

.PHONY: backup
backup: ## Write all that people wrote into a file, also while Notejam runs: make backup FILE=notejam.sql DATA=.local
	@: $${FILE:?is not set; say where to, for example make backup FILE=notejam.sql}
	@tools/setup.sh database dump
	@go build -o $(BIN)/backup ./local/cmd/backup
	@exec $(BIN)/backup -data $(DATA) -file "$$FILE"

.PHONY: restore
restore: ## Bring a backup back while nothing runs, and end all sessions: make restore FILE=notejam.sql DATA=.local REPLACE=yes
	@: $${FILE:?is not set; say what, for example make restore FILE=notejam.sql}
	@tools/setup.sh database dump
	@go build -o $(BIN)/backup ./local/cmd/backup
	@exec $(BIN)/backup -data $(DATA) -restore "$$FILE" $(if $(filter yes,$(REPLACE)),-replace)

# ------------------------------------------------------------------ testing

.PHONY: test
test: $(CACHE)/npm/made $(BIN)/queries ## Test everything with the race detector; installs what is missing first
	@tools/setup.sh database dump browser compiler curl
	go test -race -timeout 5m $(TESTFLAGS) $(PACKAGES)

.PHONY: test-interop
test-interop: $(VENV)/moto $(CACHE)/elasticmq/made ## Hold the queue emulator's test suite to two other SQS servers: moto and ElasticMQ
	NOTEJAM_MOTO_SERVER=$(VENV) NOTEJAM_ELASTICMQ_JARS=$(CACHE)/elasticmq go test -count=1 -tags interop ./platform/queue/queuetest/interop

# make test-api: how many cases each operation of REST gets at least, and how many sequences are tried.
API_CALLS ?= 150
API_SEQUENCES ?= 150

.PHONY: test-api
test-api: $(CACHE)/schemathesis/made ## Hold REST to its OpenAPI document with Schemathesis: make test-api API_CALLS=500
	@tools/setup.sh database
	NOTEJAM_SCHEMATHESIS=$(CACHE)/schemathesis/bin/schemathesis NOTEJAM_API_CALLS=$(API_CALLS) NOTEJAM_API_SEQUENCES=$(API_SEQUENCES) \
		go test -count=1 -timeout 30m -v -tags interop ./e2e/schemathesis

.PHONY: test-api-short
test-api-short: ## The same in about a minute, for CI
	@$(MAKE) test-api API_CALLS=25 API_SEQUENCES=100

.PHONY: screenshots
screenshots: $(CACHE)/npm/made ## Take pictures of every page and state, wide, narrow and dark, into .cache/screenshots
	@tools/setup.sh database browser compiler
	@mkdir -p $(CACHE)/screenshots
	NOTEJAM_SCREENSHOTS=$(CACHE)/screenshots go test -race -count=1 -run InABrowser ./e2e
	@echo "The pictures are in .cache/screenshots."

# The packages whose tests use a database; with -race, because `make test` has compiled them so.
DATABASE_TESTS = $$(grep -rl --include='*_test.go' /mysql/mysqltest platform services | xargs dirname | sort -u | sed 's|^|./|')

.PHONY: test-mysql
test-mysql: ## Run the database tests on the server that NOTEJAM_TEST_MYSQL_ADDR, _USER, _PASSWORD name
	@: $${NOTEJAM_TEST_MYSQL_ADDR:?is not set; give the address, user and password of a MySQL server whose schemas the tests may make and drop} \
		$${NOTEJAM_TEST_MYSQL_USER:?is not set} $${NOTEJAM_TEST_MYSQL_PASSWORD?is not set; it may be empty}
	go test -race -timeout 5m -count=1 $(TESTFLAGS) ./platform/mysql/... $(DATABASE_TESTS)

# make drill: how many notes are lost and come back.
DRILL ?= 100000

.PHONY: drill
drill: ## Lose a database of a hundred thousand notes and restore it from a backup: make drill DRILL=100000
	@tools/setup.sh database dump
	go test -count=1 -timeout 60m -v ./e2e/drill -notes $(DRILL)

# make storm: how long it rages, and more flags, for example STORMFLAGS='-seed 7'.
STORM ?= 90s
STORMFLAGS ?=

.PHONY: storm
storm: ## Kill everything while people write, and count what is lost: make storm STORM=10m
	@tools/setup.sh database
	@go build -o $(BIN)/storm ./e2e/cmd/storm
	@$(BIN)/storm -for $(STORM) $(STORMFLAGS)

.PHONY: storm-short
storm-short: ## The storm of CI: 20 seconds, and what is killed is not waited for long
	@$(MAKE) storm STORM=20s STORMFLAGS='-outage 3s -crashes 1 -patience 5s'

.PHONY: storm-planted
storm-planted: ## See the storm notice each bug that is planted in the services
	@tools/setup.sh database
	go test -count=1 -timeout 10m -tags storm -run Planted -v ./e2e/storm

# The programs of the newest release in baseline/, built from its commit: they must run beside today's.
RELEASE := $(shell ls baseline | sort -V | tail -n 1)

$(CACHE)/releases/$(RELEASE)/made: baseline/$(RELEASE)/commit
	go run ./e2e/cmd/release $(RELEASE) $(@D)
	touch $@

comma := ,
# make faults: which rows, for example FAULTS='^TestP'. The database is the server that NOTEJAM_TEST_MYSQL_ADDR, _USER, _PASSWORD name, or a private MariaDB.
FAULTS ?= ^Test[PDNQ][0-9]+_
# The packages that have tests named after rows.
FAULT_TESTS = $$(grep -rlE --include='*_test.go' '^func Test[PDNQ][0-9]+_' e2e platform services local | xargs dirname | sort -u | sed 's|^|./|')

.PHONY: faults
faults: $(CACHE)/releases/$(RELEASE)/made ## Go through the fault matrix as often as it says, into docs/faults.md: make faults FAULTS='^TestP'; SHORT=1 is quick
	@tools/setup.sh database
	@mkdir -p $(CACHE)/faults
	NOTEJAM_FAULTS_LONG=$(if $(SHORT),,1) NOTEJAM_RELEASE_BEFORE=$(CACHE)/releases/$(RELEASE) \
		go test -count=1 -p 1 -timeout 180m -tags faults -run '$(FAULTS)' -json $(FAULT_TESTS) \
		>'$(CACHE)/faults/$(if $(NOTEJAM_TEST_MYSQL_ADDR),MySQL,MariaDB)$(if $(SHORT),$(comma) in short).json' || true # the page says what failed
	ls -1 $(CACHE)/faults/*.json | tr '\n' '\0' | xargs -0 go run ./e2e/cmd/faults docs/faults.md

.PHONY: faults-short
faults-short: $(CACHE)/releases/$(RELEASE)/made ## A little of its rows that need the whole system, for CI
	@tools/setup.sh database
	NOTEJAM_RELEASE_BEFORE=$(CACHE)/releases/$(RELEASE) go test -count=1 -timeout 20m -tags faults -run '$(FAULTS)' -v ./e2e/faults

# make fuzz: how long each target is tried. What they have found lies in testdata/fuzz, and every test tries it again.
FUZZTIME ?= 20s
FUZZED := platform/identity:FuzzNoTokenThatAuthDidNotSignIsAccepted \
	platform/pagetoken:FuzzDecodeAcceptsOnlyWhatEncodeMade \
	services/notes:FuzzListArguments \
	services/web:FuzzCookiesAndFormTokens \
	services/web:FuzzLocalPath_NeverLeavesTheSite \
	services/web:FuzzBodiesOfREST

.PHONY: fuzz
fuzz: ## Try what comes from outside with what nobody would send: make fuzz FUZZTIME=20s for each target
	for target in $(FUZZED); do \
		tools/fuzz.sh "$${target%%:*}" "$${target#*:}" $(FUZZTIME); \
	done

# make model: how many random sequences of calls.
SEQUENCES ?= 2000

.PHONY: model
model: ## Hold the API to a model of it, over random sequences of calls, and 1,000 edits of one note: make model SEQUENCES=2000
	@tools/setup.sh database
	go test -count=1 -timeout 60m ./e2e/model -rapid.checks $(SEQUENCES) -edits 1000

.PHONY: model-planted
model-planted: ## See the model notice each bug that is planted in notes
	@tools/setup.sh database
	go test -count=1 -timeout 10m -tags model -run Planted -v ./e2e/model

.PHONY: overload-test
overload-test: ## Overload in short: who is answered, who is refused, and with how much memory; and the bugs that are planted for its tests
	@tools/setup.sh database
	go test -count=1 -timeout 10m -tags overload -run Planted -v ./platform/planted
	go test -count=1 -timeout 10m -tags overload -run 'N6|N7' -v ./e2e

# ---------------------------------------------------------------- measuring

# More flags for the measurement, for example BENCHFLAGS=-short to only try it, or BENCHFLAGS='-profile /tmp/p -page note'.
BENCHFLAGS ?=

.PHONY: bench
bench: ## Measure how fast the pages are, beside a plain process, into docs/performance.md
	@tools/setup.sh database
	@go build -trimpath -o $(BIN)/bench ./bench/cmd/bench
	@exec $(BIN)/bench $(BENCHFLAGS)

# The programs that are built with a profile of their own work; auth does too little to gain from one.
PROFILED := notes audit web

.PHONY: profiles
profiles: ## Record the profiles that release builds are optimised with, services/*/cmd/*/default.pgo
	@tools/setup.sh database
	@go build -trimpath -o $(BIN)/bench ./bench/cmd/bench
	for page in home note create; do $(BIN)/bench -profile $(CACHE)/profiles/$$page -page $$page; done
	for service in $(PROFILED); do \
		go run ./bench/cmd/pgo services/$$service/cmd/$$service/default.pgo $(CACHE)/profiles/*/$$service.pprof; \
	done

.PHONY: bench-events
bench-events: ## Measure what events cost those who write, with a million of them waiting, into docs/performance.md
	@tools/setup.sh database
	@go build -trimpath -o $(BIN)/bench ./bench/cmd/bench
	@exec $(BIN)/bench -events $(BENCHFLAGS)

.PHONY: bench-api
bench-api: ## Measure a note by REST beside the least proxy, and a page far down a list, into docs/performance.md
	@tools/setup.sh database
	@go build -trimpath -o $(BIN)/bench ./bench/cmd/bench
	@exec $(BIN)/bench -api $(BENCHFLAGS)

.PHONY: overload
overload: ## Ask for five times what can be answered, for a minute, into docs/performance.md: make overload BENCHFLAGS=-short
	@tools/setup.sh database
	@go build -trimpath -o $(BIN)/bench ./bench/cmd/bench
	@exec $(BIN)/bench -overload $(BENCHFLAGS)

.PHONY: bench-queue
bench-queue: ## Measure the queue emulator with nothing and with a million messages waiting
	go test -run '^$$' -bench . -benchtime 5s -timeout 20m ./platform/queue/queuetest

# ----------------------------------------------------------------- checking

.PHONY: lint
lint: $(BIN)/golangci-lint $(BIN)/buf proto/.googleapis $(VENV)/yamllint ## Read the Go code, the contracts, YAML and the schemas' steps for mistakes
	$(BIN)/golangci-lint run $(PACKAGES)
	cd tools && GOWORK=off $(BIN)/golangci-lint run --config ../.golangci.yml ./...
	cd infra-cdktf && GOWORK=off $(BIN)/golangci-lint run --config ../.golangci.yml ./...
	cd tools/queries && GOWORK=off $(BIN)/golangci-lint run --config ../../.golangci.yml ./...
	cd tools/trivy && $(TRIVY) $(BIN)/golangci-lint run --config ../../.golangci.yml ./...
	cd proto && $(BIN)/buf lint
	GOWORK=off go -C tools run ./migrations $(CURDIR)
	git ls-files -z '*.yml' '*.yaml' | xargs -0 $(VENV)/bin/yamllint --strict

.PHONY: test-tools
test-tools: $(BIN)/golangci-lint $(VENV)/yamllint ## Test the checks themselves: violations planted in a copy must be found
	GOWORK=off go -C tools test -count=1 ./...
	GOWORK=off go -C tools/queries test -count=1 ./...

.PHONY: tidy
tidy: ## Bring every go.mod to what the code imports, with one version of each dependency
	for module in $(MODULES); do GOWORK=off go -C $$module mod tidy; done
	go work sync
	for module in $(MODULES); do GOWORK=off go -C $$module mod tidy; done
	rm -f go.work.sum && go list -m all >/dev/null # which writes it anew
	GOWORK=off go -C tools mod tidy
	GOWORK=off go -C infra-cdktf mod tidy
	GOWORK=off go -C tools/queries mod tidy
	GOWORK=off go -C tools/trivy mod tidy

.PHONY: tidy-check
tidy-check: ## Fail if `make tidy` would change something or two modules disagree
	for module in $(MODULES); do GOWORK=off go -C $$module mod tidy -diff; done
	GOWORK=off go -C tools mod tidy -diff
	GOWORK=off go -C infra-cdktf mod tidy -diff
	GOWORK=off go -C tools/queries mod tidy -diff
	GOWORK=off go -C tools/trivy mod tidy -diff
	GOWORK=off go -C tools run ./modules $(CURDIR)/go.work

# --------------------------------------------------------------- generating

.PHONY: generate
generate: contracts configuration errors ## Write all that is generated and committed

.PHONY: contracts
contracts: $(BIN)/plugins $(BIN)/buf $(BIN)/oapi-codegen proto/.googleapis ## Write what is made of proto/: Go code, calls.json, openapi.json
	# First read all of it: a mistake in a contract leaves the tree as it was.
	cd proto && $(BIN)/buf build --path notejam -o $(CACHE)/contracts.binpb
	find proto -name '*.pb.go' -delete -o -name '*.pb.gw.go' -delete
	cd proto && $(BIN)/buf generate
	go run ./proto/cmd/calls <$(CACHE)/contracts.binpb >$(CACHE)/calls.json
	mv $(CACHE)/calls.json proto/calls.json
	go run ./proto/cmd/openapi <$(CACHE)/contracts.binpb >$(CACHE)/openapi.json
	mv $(CACHE)/openapi.json proto/openapi/openapi.json
	$(BIN)/oapi-codegen -config tools/oapi/apiclient.yaml -o e2e/apiclient/apiclient.gen.go proto/openapi/openapi.json

# The settings describe themselves; see platform/env.
SERVICES := auth notes audit web

.PHONY: configuration
configuration: ## Write docs/configuration.md from the services' settings
	@mkdir -p $(CACHE) && cp tools/configuration.md $(CACHE)/configuration.md
	for service in $(SERVICES); do \
		echo >>$(CACHE)/configuration.md; \
		go run -pgo=off ./services/$$service/cmd/$$service config >>$(CACHE)/configuration.md; \
	done
	mv $(CACHE)/configuration.md docs/configuration.md

.PHONY: errors
errors: ## Write docs/errors.md, the list of all reasons, from the code
	@mkdir -p $(CACHE)
	GOWORK=off go -C tools run ./reasons $(CURDIR) >$(CACHE)/errors.md
	mv $(CACHE)/errors.md docs/errors.md

.PHONY: generate-check
generate-check: generate ## Fail if `make generate` writes anything but what is committed
	@changes=$$(git status --porcelain -- ':(glob)proto/**/*.pb.go' ':(glob)proto/**/*.pb.gw.go' proto/calls.json proto/openapi/openapi.json e2e/apiclient docs/configuration.md docs/errors.md); \
	if [[ -n $$changes ]]; then \
		printf 'generate-check: these are not as they are committed:\n%s\n' "$$changes" >&2; exit 1; \
	fi

.PHONY: breaking
breaking: $(BIN)/buf proto/.googleapis ## Fail if a contract breaks what the newest baseline promised
	@shopt -s nullglob; newest=$$(printf '%s\n' baseline/*/ | sort -V | tail -n 1); \
	: $${newest:?there is no baseline to compare with; make baseline VERSION=… keeps one}; \
	cd proto && $(BIN)/buf breaking --path notejam --against ../$${newest}contracts.binpb

.PHONY: baseline
baseline: $(BIN)/buf proto/.googleapis ## Keep this version's contracts and filled schemas to compare with: make baseline VERSION=0.1.0
	@: $${VERSION:?is not set; say which version, for example make baseline VERSION=0.1.0}
	@[[ ! -e baseline/$(VERSION) ]] || { echo "baseline/$(VERSION) is there already; a baseline never changes" >&2; exit 1; }
	rm -rf baseline/.partial && mkdir -p baseline/.partial
	cd proto && $(BIN)/buf build --path notejam --exclude-source-info -o ../baseline/.partial/contracts.binpb
	go run ./local/cmd/baseline -out baseline/.partial
	git rev-parse HEAD >baseline/.partial/commit
	mv baseline/.partial baseline/$(VERSION)

# ----------------------------------------------------------- infrastructure

# infra-cdktf is outside the workspace, as tools is: its bindings are huge. Where Terraform finds its provider, if not at
# its registry: make infra-test TF_PLUGINS=FOLDER.
TF_PLUGINS ?=
INFRA := GOWORK=off JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION=$$(node -p 'process.versions.node.split(".")[0]')

.PHONY: synth
synth: ## Write the infrastructure on AWS for Terraform into infra-cdktf/cdktf.out; needs Node.js
	@tools/setup.sh node
	cd infra-cdktf && $(INFRA) go run .

# Terraform validates beside what it keeps for those who apply: theirs needs credentials.
.PHONY: infra-test
infra-test: synth ## Test what is written: properties, planted faults, and Terraform's own validation
	cd infra-cdktf && $(INFRA) go test -count=1 -timeout 5m ./...
	@command -v terraform >/dev/null || { echo "infra-test: Terraform 1.11 or newer is needed" >&2; exit 1; }
	@mkdir -p $(CACHE)
	export CHECKPOINT_DISABLE=1 AWS_EC2_METADATA_DISABLED=true; \
	for stack in infra-cdktf/cdktf.out/stacks/*; do \
		echo "$${stack##*/}"; \
		export TF_DATA_DIR=$(CACHE)/validated/$${stack##*/}; \
		terraform -chdir=$$stack init -backend=false -input=false -no-color $(if $(TF_PLUGINS),-plugin-dir=$(TF_PLUGINS)) >$(CACHE)/terraform.log 2>&1 || \
			{ cat $(CACHE)/terraform.log; exit 1; }; \
		terraform -chdir=$$stack validate -no-color; \
	done

.PHONY: infra-scan
infra-scan: $(CACHE)/checkov/made $(BIN)/trivy ## Let checkov and trivy read it, and hold what they find to docs/security-exceptions.md; the first time takes minutes; needs Node.js and Python
	@tools/setup.sh node
	cd infra-cdktf && NOTEJAM_CHECKOV=$(CACHE)/checkov/bin/checkov NOTEJAM_TRIVY=$(BIN)/trivy $(INFRA) go test -count=1 -timeout 15m -tags scan -v -run Scanners .

# make infra-apply: the environments that are applied beside what they share.
APPLY ?= dev prod

.PHONY: infra-apply
infra-apply: synth $(VENV)/moto ## Apply the stacks to a stand-in of AWS, plan again, destroy, and look for what is left: make infra-apply APPLY='dev prod'
	cd infra-cdktf && NOTEJAM_MOTO_SERVER=$(VENV) NOTEJAM_TF_PLUGINS=$(TF_PLUGINS) NOTEJAM_APPLY='$(APPLY)' $(INFRA) \
		go test -count=1 -timeout 30m -parallel 3 -v -tags apply ./apply
# ---------------------------------------------------------- operating on AWS

# One program, for what Terraform does not do by itself: it refuses, asks and fills. Terraform takes more arguments from
# TF_CLI_ARGS_apply and its like.
OPERATOR := $(BIN)/operator
ENV ?=
# make secrets, make pki: parameters that get another value, with commas between.
ROTATE ?=

.PHONY: operator
operator:
	@go build -o $(OPERATOR) ./operator/cmd/operator

.PHONY: doctor
doctor: operator ## Look what is missing to run on AWS, on this machine and in the account: make doctor ENV=dev
	@$(OPERATOR) doctor $(ENV)

.PHONY: bootstrap
bootstrap: operator synth ## Make the bucket of all states on AWS; once, and at any time again
	@$(OPERATOR) bootstrap

.PHONY: plan
plan: operator ## Say what an apply would change on AWS: make plan ENV=dev
	@$(OPERATOR) known $(ENV)
	@$(MAKE) synth
	@$(OPERATOR) plan $(ENV)

.PHONY: deploy
deploy: operator ## Apply a stack on AWS, when a person has seen what changes: make deploy ENV=dev
	@$(OPERATOR) known $(ENV)
	@$(MAKE) synth
	@$(OPERATOR) apply $(ENV)

.PHONY: destroy
destroy: operator ## Take a stack on AWS away; prod and shared ask for their name: make destroy ENV=dev
	@$(OPERATOR) known $(ENV)
	@$(MAKE) synth
	@$(OPERATOR) destroy $(ENV)

.PHONY: drift
drift: operator synth ## Fail if what is on AWS is not what is written here; reads no secret: make drift ENV=dev
	@PATH=$$PATH:$(BIN) $(OPERATOR) drift $(ENV)

# For machines that are made for one run. A person has one already: `make doctor` says whether it is new enough.
.PHONY: terraform
terraform: $(BIN)/terraform ## Download the Terraform of tools/terraform into .cache, and hold it to its sum

$(BIN)/terraform: tools/terraform/SHA256SUMS
	@tools/setup.sh curl python
	tools/terraform/download.sh $(@D)

.PHONY: secrets
secrets: operator ## Fill the secrets on AWS that are still unset, and show none: make secrets ENV=dev ROTATE=web/form-key
	@$(OPERATOR) secrets $(ENV) -rotate '$(ROTATE)'

.PHONY: pki
pki: operator ## Issue the certificates on AWS that are missing or end within 30 days: make pki ENV=dev ROTATE=web/tls-cert
	@$(OPERATOR) pki $(ENV) -rotate '$(ROTATE)'

# --------------------------------------------------------------- containers

.PHONY: images
images: ## Build the images that docker-compose.yml and AWS run: make images NOTEJAM_TAG=1.2.3
	docker compose build

# setup is built of another module than services are. What is in the registry already is not built again.
.PHONY: push
push: ## Build and push the images that REGISTRY lacks, and write images.json; the pipeline does it
	@go build -o $(BIN)/release ./release/cmd/release
	@: $${REGISTRY:?is not set; say where images go, for example HOST/notejam/}; \
	$(BIN)/release images >$(CACHE)/missing; \
	while read -r program tag; do \
		target=service; module=services/$$program; \
		if [[ $$program == setup ]]; then target=setup; module=local; fi; \
		docker build --target $$target --build-arg SERVICE=$$program --build-arg MODULE=$$module --build-arg VERSION=$$tag \
			--build-arg COMMIT=$${CODEBUILD_RESOLVED_SOURCE_VERSION:-} -t $$REGISTRY$$program:$$tag .; \
		docker push $$REGISTRY$$program:$$tag; \
	done <$(CACHE)/missing
	@$(BIN)/release images | { ! grep .; }

.PHONY: compose-test
compose-test: ## Run docker-compose.yml as people do, kill its containers, and count; needs Docker on Linux, and root
	go test -count=1 -timeout 15m -v -tags compose ./e2e/compose

# ----------------------------------------------------------------- shipping

# Every service for every kind of machine that we ship for; a run may name some: make binaries-check TARGETS=linux-amd64/auth
TARGETS ?= $(foreach machine,linux-amd64 linux-arm64,$(SERVICES:%=$(machine)/%))
BINARIES := $(CACHE)/binaries

# What a binary says about itself; the git of the moment unless VERSION and COMMIT are given.
stamps = VERSION=$${VERSION:-$$(git describe --tags --always --dirty)} COMMIT=$${COMMIT:-$$(git rev-parse HEAD)}

.PHONY: binaries
binaries: ## Build the binaries that ship, into .cache/binaries: make binaries VERSION=1.2.3 TARGETS=linux-arm64/web
	@export $(stamps); for target in $(TARGETS); do \
		mkdir -p $(BINARIES)/$${target%/*}; machine=$${target%/*}; \
		GOOS=$${machine%-*} GOARCH=$${machine#*-} tools/build.sh $${target#*/} $(BINARIES)/$$target; \
	done

.PHONY: binaries-check
binaries-check: ## Build them again elsewhere, from nothing: fail unless they are the same to the byte, static, and for their machines
	@export $(stamps); $(MAKE) binaries; GOWORK=off go -C tools run ./binaries -version $$VERSION -commit $$COMMIT $(CURDIR) $(BINARIES) $(TARGETS)

.PHONY: binaries-check-short
binaries-check-short: ## The same for one service of each machine, one of them built with its profile, for CI
	@$(MAKE) binaries-check TARGETS='linux-amd64/auth linux-arm64/notes'

# One for all machines, without a time and a serial number: the same commit has the same bill.
.PHONY: sbom
sbom: $(BIN)/cyclonedx-gomod ## Write a bill of materials for each service, .cache/sbom/*.json, and hold it to what is compiled in
	@mkdir -p $(CACHE)/sbom
	@for service in $(SERVICES); do \
		GOWORK=off GOFLAGS= CGO_ENABLED=0 GOOS=linux $(BIN)/cyclonedx-gomod app -json -licenses -std -short-purls -noserial -notimestamp \
			-main cmd/$$service -output $(CACHE)/sbom/$$service.json services/$$service 2>$(CACHE)/sbom/log || { cat $(CACHE)/sbom/log >&2; exit 1; }; \
	done
	@GOWORK=off go -C tools run ./sbom $(CURDIR) $(CACHE)/sbom $(SERVICES)

.PHONY: vuln
vuln: ## Fail if a service can reach a known vulnerability that tools/vuln/waivers.txt does not waive: make vuln GOVULNDB=file:///path
	@GOWORK=off go -C tools run ./vuln -db "$${GOVULNDB:-}" $(CURDIR) $(CURDIR)/tools/vuln/waivers.txt $(SERVICES)

# -------------------------------------------------------------------- tools

.PHONY: clean
clean: ## Remove what was built or downloaded for development; the data of `make run` stay
	rm -rf $(CACHE) proto/.googleapis

# Tools are built from modules of their own, apart from the products' dependencies,
# and again only when a version changes.
install-tools = GOWORK=off CGO_ENABLED=0 GOBIN=$(BIN) go -C $(1) install -ldflags='-s -w' tool && touch $@

$(BIN)/plugins: tools/go.mod tools/go.sum
	$(call install-tools,tools)

$(BIN)/buf: tools/buf/go.mod tools/buf/go.sum
	$(call install-tools,tools/buf)

$(BIN)/oapi-codegen: tools/oapi/go.mod tools/oapi/go.sum
	$(call install-tools,tools/oapi)

$(BIN)/golangci-lint: tools/lint/go.mod tools/lint/go.sum
	$(call install-tools,tools/lint)

$(BIN)/cyclonedx-gomod: tools/cyclonedx/go.mod tools/cyclonedx/go.sum
	$(call install-tools,tools/cyclonedx)

# Our own reader of observability/, which needs Prometheus' parsers and what they bring along.
$(BIN)/queries: $(wildcard tools/queries/*.go) tools/queries/go.mod tools/queries/go.sum
	GOWORK=off CGO_ENABLED=0 go -C tools/queries build -ldflags='-s -w' -o $@ .

# Trivy uses a package of Go's that is not promised yet. Linting it compiles the same, so each is slow only before the other.
TRIVY := GOWORK=off CGO_ENABLED=0 GOEXPERIMENT=jsonv2

$(BIN)/trivy: $(wildcard tools/trivy/*.go) tools/trivy/go.mod tools/trivy/go.sum
	$(TRIVY) go -C tools/trivy build -ldflags='-s -w' -o $@ .

# What the browser tests hold pages to. The lock file names versions and hashes, and no registry.
$(CACHE)/npm/made: tools/npm/package.json tools/npm/package-lock.json tools/npm/.npmrc
	@tools/setup.sh node
	@mkdir -p $(@D) && cp $^ $(@D)/
	cd $(@D) && npm ci --no-progress
	touch $@

pip-install = $(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes

$(VENV)/made:
	@tools/setup.sh python
	python3 -m venv $(VENV)
	touch $@

$(VENV)/moto: tools/requirements.txt $(VENV)/made
	$(pip-install) -r $<
	touch $@

$(VENV)/yamllint: tools/yamllint.txt $(VENV)/made
	$(pip-install) -r $<
	touch $@

# In an environment of its own: it and moto need different versions of the same libraries.
$(CACHE)/schemathesis/made: tools/schemathesis.txt
	@tools/setup.sh python
	python3 -m venv --clear $(@D)
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r $<
	touch $@

# In an environment of its own, too.
$(CACHE)/checkov/made: tools/checkov.txt
	@tools/setup.sh python
	python3 -m venv --clear $(@D)
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r $<
	touch $@

# The sums stand for the server and all that it needs: no jar may be another one, missing, or there besides.
$(CACHE)/elasticmq/made: tools/maven/pom.xml tools/maven/SHA256SUMS
	@tools/setup.sh java
	rm -rf $(@D) && mkdir -p $(@D)
	mvn --quiet --batch-mode --strict-checksums -Dmaven.repo.local=$(CACHE)/maven \
		--file tools/maven/pom.xml dependency:copy-dependencies -DoutputDirectory=$(@D)
	export LC_ALL=C; cd $(@D); sha256sum *.jar | diff $(CURDIR)/tools/maven/SHA256SUMS -
	touch $@

proto/.googleapis: tools/protos.txt | $(VENV)/made
	rm -rf $@ $@.partial
	$(pip-install) --no-deps --target $@.partial -r $<
	touch $@.partial && mv $@.partial $@
