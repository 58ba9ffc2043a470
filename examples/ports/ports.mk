# SPDX-License-Identifier: BSD-2-Clause
## Servers of others
##   make deps-ports           fetches the sources of the servers from Debian, and installs the tools that build them
##   make ports                edits, builds and links the servers (PORT=courier: only this one; PORT=random: one of
##                             them, which PORT_SEED chooses)
##   make ports-check          tests what a stop does to their clients, with the library and without; needs root
##   make ports-suites         runs the servers' own tests, with the library and without; needs root
##   make ports13              builds Cyrus and imap4d of Debian 13, in a chroot (deps-ports13; needs root)
##   make ports13-check        tests there what a stop does to their clients

PORTS_ALL := $(patsubst examples/ports/%/edits.py,%,$(wildcard examples/ports/*/edits.py))
PORT ?= $(PORTS_ALL)
ifeq ($(PORT),random)
PORT_SEED := $(or $(PORT_SEED),$(shell od -An -N2 -tu2 /dev/urandom))
PORTS_CHOSEN := $(word $(shell expr $(PORT_SEED) % $(words $(PORTS_ALL)) + 1),$(PORTS_ALL))
$(info PORT_SEED=$(strip $(PORT_SEED)) chooses $(PORTS_CHOSEN))
else
PORTS_CHOSEN := $(PORT)
endif
PORTS := $(abspath $(BUILD))/ports

.PHONY: deps-ports ports ports-check ports-suites deps-ports13 ports13 ports13-check $(PORTS_ALL:%=ports-%)

deps-ports:
	sh examples/ports/fetch.sh $(PORTS) $(PORTS_CHOSEN)

# Each server by itself, because most of the time goes to its configure script, which has one process.
ports: $(PORTS_CHOSEN:%=ports-%)

$(PORTS_ALL:%=ports-%): ports-%: $(STATIC)
	+@PORT_CC='$(CC) -std=gnu99 -Iinclude $(WARNINGS) $(CPPFLAGS) $(CFLAGS)' \
	  sh examples/ports/build.sh $(PORTS) $(abspath $(STATIC)) $*

ports-check: ports
	python3 -B examples/ports/tests/run.py $(PORTS_CHOSEN)

ports-suites: ports
	PORT_CC='$(CC) -std=gnu99 -Iinclude $(WARNINGS) $(CPPFLAGS) $(CFLAGS)' \
	  python3 -B examples/ports/tests/suites.py $(abspath $(STATIC)) $(PORTS_CHOSEN)

# ---- Debian 13 ----

PORTS_13 = $(or $(filter-out courier,$(PORTS_CHOSEN)),$(error Courier of Debian 13 is written in C++ and is not linked))

deps-ports13:
	sh tests/trixie.sh install gcc libc6-dev make
	sh tests/trixie.sh run make deps-ports PORT='$(PORTS_13)'

ports13:
	sh tests/trixie.sh run make $(filter -j%,$(MAKEFLAGS)) ports PORT='$(PORTS_13)'

ports13-check:
	sh tests/trixie.sh run make ports-check PORT='$(PORTS_13)'
