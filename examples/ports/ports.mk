# SPDX-License-Identifier: BSD-2-Clause
## Servers of others
##   make deps-ports           fetches their sources from Debian, and installs what building them needs
##   make ports                edits, builds and links them (PORT=courier: this one; PORT=random: one by PORT_SEED)
##   make ports-check          what a stop does to their clients, with the library and without; needs root
##   make ports-suites         the servers' own tests, with the library and without; needs root

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

.PHONY: deps-ports ports ports-check ports-suites

deps-ports:
	sh examples/ports/fetch.sh $(PORTS) $(PORTS_CHOSEN)

ports: $(STATIC)
	+@PORT_CC='$(CC) -std=gnu99 -Iinclude $(WARNINGS) $(CPPFLAGS) $(CFLAGS)' \
	  sh examples/ports/build.sh $(PORTS) $(abspath $(STATIC)) $(PORTS_CHOSEN)

ports-check: ports
	python3 -B examples/ports/tests/run.py $(PORTS_CHOSEN)

ports-suites: ports
	PORT_CC='$(CC) -std=gnu99 -Iinclude $(WARNINGS) $(CPPFLAGS) $(CFLAGS)' \
	  python3 -B examples/ports/tests/suites.py $(abspath $(STATIC)) $(PORTS_CHOSEN)
