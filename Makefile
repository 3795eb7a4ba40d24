# Turnpike's day-to-day commands. `make` alone lists them.
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run observe test build lint format proto-release chart events images-test publish bench bench-peers bench-tools soak fuzz e2e-kubernetes tools clean dotnet

help: ## lists these targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# The trial's settings are defaults: the same variables set in the environment win.
run: export Edge__Trial ?= true
ifeq ($(origin Edge__Listeners__0),undefined)
run: export Edge__Listeners__0 := udp://127.0.0.1:3478
run: export Edge__Listeners__1 := tcp://127.0.0.1:3478
# Where the machine has the IPv6 loopback address.
ifneq ($(shell grep -s '^0*1 ' /proc/net/if_inet6),)
run: export Edge__Listeners__2 := udp://[::1]:3478
run: export Edge__Listeners__3 := tcp://[::1]:3478
endif
endif
run: export Edge__Management ?= http://127.0.0.1:9641
run: export ControlPlane__Grpc ?= http://127.0.0.1:8443
run: export ControlPlane__Http ?= http://127.0.0.1:8080
run: dotnet ## starts everything in one process on loopback and prints how to try it
	dotnet build services/standalone -c Release --nologo -v quiet
	@exec dotnet artifacts/bin/Turnpike.Standalone/release/turnpike-standalone.dll

observe: dotnet ## shows the dashboards of everything that `make run` starts, or of what runs already, with Debian's Prometheus
	@tests/install-tools.sh prometheus
	@exec charts/observe/observe.sh

test: dotnet ## installs the tools, builds, publishes, lints, and runs every test
	tests/run.sh

build: dotnet ## builds everything in Release
	dotnet build Turnpike.slnx -c Release --nologo

# The rules of style and the analyzers are errors of the build itself; what is left to look at is white space.
lint: dotnet ## fails where `make format` would change something, or a .proto file breaks its callers
	dotnet format whitespace . --folder --exclude artifacts --verify-no-changes
	proto/check.sh

format: dotnet ## formats the sources
	dotnet format Turnpike.slnx
	proto/check.sh --format

proto-release: dotnet ## makes the .proto files as they are what later changes must not break
	proto/check.sh --release

chart: tools ## writes what is made for the chart: schema, table of values, dashboards, snapshots
	TURNPIKE_CHART_WRITE=1 dotnet run -c Release --project tests/Turnpike.Chart.Tests

events: dotnet ## writes the list of all log events, services/EVENTS.md
	TURNPIKE_EVENTS_WRITE=1 dotnet run -c Release --project tests/Turnpike.Architecture.Tests -- --filter-class '*EventCatalogueTests'

# Not part of `make test`: it takes root, some minutes and the ports that a node would have.
images-test: tools ## builds the images on bases made here, and relays through the chart's pods with podman
	tests/images/build.sh
	tests/images/run.sh

# BUILT=--no-build takes what is built already. The edge is compiled to native code where clang or gcc can link a program; NATIVE= leaves it as it is built
# for `make run`.
NATIVE ?= $(shell for each in clang gcc; do echo 'int main(void) { return 0; }' | $$each -x c - -lm -o /dev/null 2> /dev/null && echo $$each && break; done)
# More options of the native compilation, such as those that save its time where nobody will look into the program.
NATIVE_OPTIONS ?=
publish: dotnet ## leaves every executable in artifacts/publish, the edge as native code
	@rm -rf artifacts/publish/edge
ifeq ($(NATIVE),)
	@echo "publish: neither clang nor gcc can link a program here (on Debian: gcc and libc6-dev); the edge is left as managed code: as quick, but slow to start, and with more memory"
	dotnet publish services/edge -c Release --nologo -v quiet $(BUILT) -o artifacts/publish/edge
else
	dotnet publish services/edge -c Release --nologo -v quiet --use-current-runtime -p:PublishAot=true $(NATIVE_OPTIONS) -o artifacts/publish/edge
endif
	dotnet publish services/control-plane -c Release --nologo -v quiet $(BUILT) -o artifacts/publish/control-plane
	dotnet publish services/control-plane/ctl -c Release --nologo -v quiet $(BUILT) -o artifacts/publish/ctl
	dotnet publish services/standalone -c Release --nologo -v quiet $(BUILT) -o artifacts/publish/standalone
	dotnet publish loadtest/Turnpike.LoadTest -c Release --nologo -v quiet $(BUILT) -o artifacts/publish/loadtest

PEERS := artifacts/bench/turnpike-pion artifacts/bench/turnpike-reference

# BENCH='--quick --only packets' and the like go to the first of the two runs.
bench: bench-peers publish ## measures the edge beside coturn, pion and a relay that is nothing but kernel calls: half an hour
	artifacts/publish/loadtest/turnpike-loadtest bench --json artifacts/bench/loopback.json --plots artifacts/bench/loopback $(BENCH)
	@if [ "$$(id -u)" != 0 ]; then echo "make bench: virtual Ethernet interfaces take root, so there is nothing about them"; else \
	  artifacts/publish/loadtest/turnpike-loadtest bench --veth --only packets,bursts --json artifacts/bench/veth.json --plots artifacts/bench/veth; fi

bench-peers: bench-tools $(PEERS)

bench-tools:
	@tests/install-tools.sh bench

# Debian has Go's libraries as sources below /usr/share/gocode; the version is the package's.
artifacts/bench/turnpike-pion: loadtest/pion/main.go | bench-tools
	mkdir -p artifacts/bench
	GO111MODULE=off GOPATH=/usr/share/gocode go build -o $@ \
	  -ldflags "-X main.version=$$(dpkg-query --show --showformat '$${Version}' golang-github-pion-turn.v2-dev)" $<

artifacts/bench/turnpike-reference: loadtest/reference/relay.c loadtest/reference/hmac.h | bench-tools
	mkdir -p artifacts/bench
	gcc -O2 -Wall -Wextra -Werror -o $@ $<

# Each fault as long as the slowest of real ones; the same tests with the short ones are in `make test`.
soak: export TURNPIKE_FAULT_SECONDS ?= 60
soak: export TURNPIKE_FAULT_COUNT ?= 30
soak: tools publish ## lets every fault of the cluster's tests last a minute: about seven minutes
	dotnet run -c Release --project tests/Turnpike.Cluster.Interop.Tests

fuzz: dotnet ## feeds the parser and the server bad input for a minute
	dotnet run -c Release --project tests/Turnpike.Fuzz -- run --seconds 60

e2e-kubernetes: ## runs the scaler's scenarios against the cluster that KUBECONFIG names
	tests/e2e-kubernetes.sh

tools: ## installs what the tests and the benchmark drive (Debian, npm)
	tests/install-tools.sh

clean: ## removes everything that was built
	rm -rf artifacts

dotnet:
	@command -v dotnet > /dev/null || { \
	  echo "Turnpike needs the .NET SDK that global.json names, and there is no dotnet on the PATH: https://dot.net/download" >&2; exit 1; }
