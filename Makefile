# slogout: GNU make, any C99 compiler.
#   make                  the libraries and the examples, in build/
#   make demo             shows one exchange live (needs cc and make only)
#   make deps check       installs what the tests need, then runs them
#   make install          to $(DESTDIR)$(PREFIX)
# CC, AR, CFLAGS, CPPFLAGS, LDFLAGS are the user's; what the project needs is kept apart from them.

PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
MANDIR ?= $(PREFIX)/share/man
CFLAGS ?= -O2 -g
AR ?= ar
INSTALL ?= install

# What is being made, in one word; `make V=1` shows the commands.
SAY = $(if $(V),,@echo "  $@";)

VERSION := $(shell sed -n 's/^.define SLOGOUT_VERSION *"\(.*\)"/\1/p' include/slogout/slogout.h)
MAJOR := $(firstword $(subst ., ,$(VERSION)))

WARNINGS := -Wall -Wextra -pedantic -Wcast-qual -Wshadow -Wswitch-enum -Wstrict-prototypes -Wmissing-prototypes \
  -Wold-style-definition -Wundef -Wpointer-arith -Wconversion -Wsign-conversion -Wwrite-strings -Wvla -Wformat=2
C99 := -std=c99 -Iinclude -MMD -MP
EXPORT := -DSLOGOUT_API='__attribute__((visibility("default")))'

HEADERS := $(wildcard include/slogout/*.h)
MANUALS := $(wildcard man/*.[0-9])
LIB_SOURCES := $(wildcard lib/*.c)
LIB_OBJECTS := $(LIB_SOURCES:%.c=build/%.o)
STATIC := build/libslogout.a
SONAME := libslogout.so.$(MAJOR)
SHARED := build/libslogout.so.$(VERSION)

# A program is examples/NAME.c; what programs share is in examples/common/, the rest of echo_server in examples/echo/, of
# proxy in examples/relay/.
PROGRAMS := $(patsubst examples/%.c,build/examples/%,$(wildcard examples/*.c))
COMMON_OBJECTS := $(patsubst %.c,build/%.o,$(wildcard examples/common/*.c))
ECHO_OBJECTS := $(patsubst %.c,build/%.o,$(wildcard examples/echo/*.c))
RELAY_OBJECTS := $(patsubst %.c,build/%.o,$(wildcard examples/relay/*.c))

.PHONY: all examples demo deps check install uninstall clean
.DELETE_ON_ERROR:
.SECONDARY:

# `make -j deps check`: one goal after the other, since nothing can be built before the compiler is there.
ifneq ($(filter deps,$(MAKECMDGOALS)),)
.NOTPARALLEL:
endif

all: $(STATIC) $(SHARED) examples

examples: $(PROGRAMS)

build/lib/%.o: lib/%.c
	@mkdir -p $(@D)
	$(SAY)$(CC) $(C99) $(WARNINGS) -fPIC -fvisibility=hidden $(EXPORT) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

$(STATIC): $(LIB_OBJECTS)
	@rm -f $@
	$(SAY)$(AR) rcs $@ $^

$(SHARED): $(LIB_OBJECTS) lib/slogout.map
	$(SAY)$(CC) $(CFLAGS) $(LDFLAGS) -shared -Wl,-soname,$(SONAME) -Wl,--version-script,lib/slogout.map \
	  -Wl,-Bsymbolic-functions -Wl,-z,defs -o $@ $(LIB_OBJECTS)
	@ln -sf $(@F) build/$(SONAME)
	@ln -sf $(SONAME) build/libslogout.so

build/examples/%.o: examples/%.c
	@mkdir -p $(@D)
	$(SAY)$(CC) $(C99) $(WARNINGS) -Iexamples $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

build/examples/%: build/examples/%.o $(COMMON_OBJECTS) $(STATIC)
	$(SAY)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) $(STATIC)

build/examples/echo_server: $(ECHO_OBJECTS)
build/examples/proxy: $(RELAY_OBJECTS)

demo: build/examples/echo_server build/examples/client
	@sh examples/demo.sh build/examples

deps:
	sh tests/deps.sh

# Each function has a manual page of its name: `.so` to the page whose NAME section lists it.
build/man.made: $(MANUALS)
	rm -rf build/man
	mkdir -p build/man/man3 build/man/man7
	cp man/*.3 build/man/man3
	cp man/*.7 build/man/man7
	cd build/man/man3 && for page in *.3; do \
	  for name in $$(sed -n '/^\.Sh NAME/,/^\.Nd/s/^\.Nm \([a-z_]*\).*/\1/p' $$page); do \
	    test -e $$name.3 || echo ".so man3/$$page" > $$name.3 || exit 1; done; done
	touch $@

# What is put where, for uninstall to find it again.
TO_INCLUDE := $(DESTDIR)$(INCLUDEDIR)/slogout
TO_LIB := $(DESTDIR)$(LIBDIR)
TO_PC := $(TO_LIB)/pkgconfig
TO_MAN := $(DESTDIR)$(MANDIR)

install: $(STATIC) $(SHARED) build/man.made
	$(INSTALL) -d $(TO_INCLUDE) $(TO_PC) $(TO_MAN)/man3 $(TO_MAN)/man7
	$(INSTALL) -m 644 $(HEADERS) $(TO_INCLUDE)
	$(INSTALL) -m 644 $(STATIC) $(TO_LIB)
	$(INSTALL) -m 755 $(SHARED) $(TO_LIB)
	ln -sf $(notdir $(SHARED)) $(TO_LIB)/$(SONAME)
	ln -sf $(SONAME) $(TO_LIB)/libslogout.so
	sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(LIBDIR)|' -e 's|@INCLUDEDIR@|$(INCLUDEDIR)|' \
	  -e 's|@VERSION@|$(VERSION)|' lib/slogout.pc.in > $(TO_PC)/slogout.pc
	$(INSTALL) -m 644 build/man/man3/* $(TO_MAN)/man3
	$(INSTALL) -m 644 build/man/man7/* $(TO_MAN)/man7

uninstall: build/man.made
	rm -f $(HEADERS:include/slogout/%=$(TO_INCLUDE)/%) $(TO_PC)/slogout.pc
	rm -f $(addprefix $(TO_LIB)/,$(notdir $(STATIC)) $(notdir $(SHARED)) $(SONAME) libslogout.so)
	cd build/man && for page in man*/*; do rm -f $(TO_MAN)/$$page; done
	rmdir $(TO_INCLUDE) 2>/dev/null || :

clean:
	rm -rf build

include tests/check.mk
include tests/proxy.mk
include tests/bench.mk
include tests/sim.mk
include tests/verify.mk
include tests/prove.mk
include examples/dovecot/dovecot.mk
-include $(LIB_OBJECTS:.o=.d) $(COMMON_OBJECTS:.o=.d) $(ECHO_OBJECTS:.o=.d) $(RELAY_OBJECTS:.o=.d) $(PROGRAMS:=.d)
