# `make test` does all of its own set-up: it gets the IMAP servers that can be had
# and says which it could not get.

.PHONY: test test-examples test-faults test-servers bench fuzz lint

test: test-servers test-examples
	go vet ./...
	go test ./...
	@internal/imaptest/install.sh # says once more which server was missing

# The examples that need more than the program does have modules of their own. Their
# tests read files outside of these, so that no result is remembered.
test-examples:
	cd examples/policies && go vet ./... && go test -count=1 ./...
	cd examples/lint && go vet ./... && go test -count=1 ./...

# Every fault at every command on every server, and docs/reliability.md: takes an hour or two.
test-faults: test-servers
	IMAPFORM_TEST_FAULTS=all go test -timeout 180m -run 'TestFaults|TestStop|TestCutsAreSurvived|TestKilled|TestOutages|TestHostileServers|TestOthersDuringCuts|TestTwoProcesses' ./internal/suite

# What it costs, into docs/performance.md: a quarter of an hour, and with 100,000 messages
# some gigabytes of memory. The first size is also run with more and fewer rules and folders;
# of a million messages only memory is measured.
SIZES ?= 10000,1000,100000
bench: test-servers
	IMAPFORM_BENCH=$(SIZES) go test -count=1 -timeout 60m -v -run 'TestBench$$' ./internal/bench

test-servers:
	@internal/imaptest/install.sh

lint:
	test -z "$$(gofmt -l .)"
	go vet ./...
	go run honnef.co/go/tools/cmd/staticcheck@v0.8.2 ./...
	cd examples/policies && go run honnef.co/go/tools/cmd/staticcheck@v0.8.2 ./...
	cd examples/lint && go run honnef.co/go/tools/cmd/staticcheck@v0.8.2 ./...

# A short run of every fuzz target.
fuzz:
	@for package in $$(go list ./...); do \
		for target in $$(go test -list '^Fuzz' $$package | grep '^Fuzz'); do \
			echo "$$package $$target"; \
			go test -run '^$$' -fuzz "^$$target$$" -fuzztime $${FUZZTIME:-10s} $$package || exit 1; \
		done; \
	done
