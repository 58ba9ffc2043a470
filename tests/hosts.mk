# The example hosts, one for each way to wait.
#   make deps-hosts    installs libevent, libev and libuv (Debian)
#   make hosts         builds those whose library pkg-config, or the compiler, finds: build/examples/hosts/NAME
#   make hosts-check   runs them with real sockets, all beside each other; a minute, most of it waiting

HOSTS_CFLAGS_libevent = $(shell pkg-config --cflags libevent_core)
HOSTS_LIBS_libevent = $(shell pkg-config --libs libevent_core)
HOSTS_CFLAGS_libuv = $(shell pkg-config --cflags libuv)
HOSTS_LIBS_libuv = $(shell pkg-config --libs libuv)
HOSTS_LIBS_libev = -lev
HOSTS_LIBS_threads = -pthread

# libev has no file for pkg-config.
HOSTS = poll blocking threads $(shell pkg-config --exists libevent_core && echo libevent) \
  $(shell pkg-config --exists libuv && echo libuv) \
  $(shell echo '\#include <ev.h>' | $(CC) -E $(CPPFLAGS) - >/dev/null 2>&1 && echo libev)

.PHONY: hosts deps-hosts hosts-check hosts-built

# The list is made when it is needed: every other goal does without pkg-config.
hosts:
	@$(MAKE) --no-print-directory hosts-built HOSTS_BUILT='$(HOSTS:%=build/examples/hosts/%)'

hosts-built: $(HOSTS_BUILT)

build/examples/hosts/%: examples/hosts/%.c $(STATIC)
	@mkdir -p $(@D)
	$(SAY)$(CC) $(C99) $(WARNINGS) $(HOSTS_CFLAGS_$*) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $< $(STATIC) $(HOSTS_LIBS_$*)

build/tests/hosts/%: examples/hosts/%.c $(TEST_LIB_OBJECTS)
	@mkdir -p $(@D)
	$(SAY)$(CC) $(C99) $(WARNINGS) -Werror $(HOSTS_CFLAGS_$*) $(TEST_CFLAGS) -o $@ $< $(TEST_LIB_OBJECTS) $(HOSTS_LIBS_$*)

deps-hosts: deps
	sh tests/apt.sh libevent-dev libev-dev libuv1-dev

hosts-check:
	@$(MAKE) --no-print-directory hosts-built HOSTS_BUILT='$(HOSTS:%=build/tests/hosts/%)'
	python3 -B tests/hosts/run.py $(HOSTS)

-include $(wildcard build/examples/hosts/*.d build/tests/hosts/*.d)
