# Turnpike's day-to-day commands. `make` alone lists them.
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run test build lint format publish bench fuzz tools clean dotnet

help: ## lists these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# The trial's settings are defaults: the same variables set in the environment win.
run: export Edge__Trial ?= true
run: export Edge__Listeners__0 ?= udp://127.0.0.1:3478
run: export Edge__Management ?= http://127.0.0.1:9641
run: dotnet ## starts an edge on loopback and prints how to try it
	dotnet build services/edge -c Release --nologo -v quiet
	@exec dotnet artifacts/bin/Turnpike.Edge/release/turnpike-edge.dll

test: tools publish lint ## installs the tools, publishes, lints, and runs every test
	tests/run.sh

build: dotnet ## builds everything in Release
	dotnet build Turnpike.slnx -c Release --nologo

lint: dotnet ## fails where `make format` would change something
	dotnet format Turnpike.slnx --verify-no-changes

format: dotnet ## formats the sources
	dotnet format Turnpike.slnx

publish: dotnet ## leaves the edge and the load test in artifacts/publish
	dotnet publish services/edge -c Release --nologo -v quiet -o artifacts/publish/edge
	dotnet publish loadtest/Turnpike.LoadTest -c Release --nologo -v quiet -o artifacts/publish/loadtest

bench: tools publish ## measures the edge beside Debian's coturn
	artifacts/publish/loadtest/turnpike-loadtest bench

fuzz: dotnet ## feeds the parser and the server bad input for a minute
	dotnet run -c Release --project tests/Turnpike.Fuzz -- run --seconds 60

tools: ## installs what the tests and the benchmark drive (Debian, npm)
	tests/install-tools.sh

clean: ## removes everything that was built
	rm -rf artifacts

dotnet:
	@command -v dotnet > /dev/null || { \
	  echo "Turnpike needs the .NET SDK that global.json names, and there is no dotnet on the PATH: https://dot.net/download" >&2; exit 1; }
