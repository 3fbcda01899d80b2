# Waybill's everyday commands; `make` alone lists them. What they do is in deploy/local/.

SHELL := /bin/bash
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
STACK_TOOL := deploy/local/stack
SERVICE ?=
FILTER ?=
export SEED DURATION RATE
# cargo is always called for the whole workspace: for one package alone it would compile much of what that needs once
# more, with fewer features.

##@ Run it

.PHONY: up
up: ## Install what is missing, build and start everything, seed demo data (GATEWAY_PORT=9080 or PORT_OFFSET=100 for other ports)
	@$(STACK_TOOL) up

.PHONY: down
down: ## Stop exactly what `make up` started; the data stays
	@$(STACK_TOOL) down

.PHONY: reset
reset: ## Stop everything and forget the data
	@$(STACK_TOOL) reset

.PHONY: status
status: ## Show each part with its port, pid and health
	@$(STACK_TOOL) status || true

.PHONY: logs
logs: ## Follow the logs (SERVICE=order for one part)
	@$(STACK_TOOL) logs $(SERVICE)

.PHONY: restart
restart: ## Restart one part: make restart SERVICE=order
	@$(STACK_TOOL) restart $(SERVICE)

.PHONY: demo
demo: ## Walk an order through the running stack, happy and unhappy, with latencies and its timeline
	@cargo build --quiet --workspace --bins
	@deploy/local/with-env target/debug/demo

##@ Check it

.PHONY: lint
lint: ## rustfmt, clippy with warnings as errors, the dependency arrows, and the shell scripts
	@deploy/local/lint

.PHONY: test
test: ## Everything that must pass, on a stack of its own beside a running one (FILTER=name for some of the Rust tests)
	@deploy/local/test $(FILTER)

.PHONY: e2e
e2e: ## Only the tests of the web apps in a browser, on a stack of their own (FILTER=name for some)
	@deploy/local/test --browser $(FILTER)

.PHONY: model
model: ## Explore the saga's states with redelivery, crashes, reordering; print the bounds and the states seen
	@cargo test --quiet --package e2e --test saga_model -- --nocapture --test-threads=1

##@ Prove it

HISTORY ?=
WAIT ?=
.PHONY: check-invariants
check-invariants: ## Hold all that the running stack has on record against the invariants (WAIT=60 until it is at rest, HISTORY=file of what clients were told)
	@cargo build --quiet --workspace --bins
	@deploy/local/with-env target/debug/check-invariants $(if $(WAIT),--wait $(WAIT)) $(foreach file,$(HISTORY),--history $(file))

.PHONY: mutants
mutants: ## Show that the tests notice what they are for: each of the seeded bugs is caught by one (FILTER=name for one bug)
	@deploy/local/mutants $(FILTER)

.PHONY: bench
bench: ## Measure speed and what an order costs, on a release build and a stack of its own (QUICK=1 in two minutes, PROFILE=1 with flame graphs)
	@deploy/local/bench

.PHONY: chaos
chaos: ## Trade while a seeded schedule kills, freezes, cuts and corrupts, then check the books (SEED=n DURATION=60 RATE=10)
	@deploy/local/chaos

##@ Make files

.PHONY: openapi
openapi: ## Write the merged OpenAPI document and say where
	@cargo build --quiet --workspace --bins
	@$(STACK_TOOL) openapi

.PHONY: screenshots
screenshots: ## Take the README's pictures of the web apps anew, from the running stack
	@deploy/local/screenshots

.PHONY: help
help: ## Show this list
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z0-9-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
