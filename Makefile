# slogout: GNU make, any C99 compiler.
#   make                      the libraries and the examples, in build/
#   make demo                 shows one exchange (needs cc and make only)
#   make static, shared       one library alone
#   make amalgamation         the library as one C file, in build/amalgamation/ (needs Python 3)
#   make install              to $(DESTDIR)$(PREFIX); install-static leaves out the shared library
#   make uninstall            removes what install installed
#   make install-proxy        the proxy as slogout-proxy, with its page; uninstall-proxy removes it
#   make hosts                the example servers whose event library is installed
#   make dovecot              the plugin for Dovecot 2.3 or 2.4; install-dovecot installs it
#   make dist                 the distribution, build/slogout-VERSION.tar.gz
#   make check                the tests, in a minute
#   make package-check        the library as packagers and vendors get it
#   make verify               everything that proves the library
#   make bench, sim, plot     figures, and a picture of a drain; bench-proxy: the proxy beside HAProxy and nginx
#   make abi, abi-record      compares the shared library with the recorded ABI; records it
#   make clean                removes build/
# make deps installs what the tests need, and deps-package, -verify, -plot, -bench, -hosts, -dovecot and -proxy what the
# other groups need.
# `make V=1` shows the commands. Set CC, AR, CFLAGS, CPPFLAGS, LDFLAGS, PREFIX, LIBDIR, INCLUDEDIR, MANDIR as you like:
# the project's own flags are kept apart, and what was built with other flags is built again.

all:
# BSD make stops at the next line and prints it. To GNU make the line is a rule without a recipe.
.error slogout needs GNU make, which BSD systems call gmake:

PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
BINDIR ?= $(PREFIX)/bin
INCLUDEDIR ?= $(PREFIX)/include
MANDIR ?= $(PREFIX)/share/man
CFLAGS ?= -O2 -g
AR ?= ar
INSTALL ?= install

# Prints the file that is being made.
SAY = $(if $(V),,@echo "  $@";)

VERSION := $(shell sed -n 's/^.define SLOGOUT_VERSION *"\(.*\)"/\1/p' include/slogout/slogout.h)
# Before 1.0 each minor version may break programs, so the minor number is part of the library's name.
MAJOR := $(firstword $(subst ., ,$(VERSION)))
MINOR := $(word 2,$(subst ., ,$(VERSION)))
SOVERSION := $(if $(filter 0,$(MAJOR)),0.$(MINOR),$(MAJOR))

# The target of the compiler: mingw, macos, or elf for all others.
MACHINE := $(shell $(CC) -dumpmachine 2>/dev/null)
PLATFORM := $(if $(findstring mingw,$(MACHINE)),mingw,$(if $(findstring apple,$(MACHINE)),macos,elf))

WARNINGS := -Wall -Wextra -pedantic -Wcast-qual -Wshadow -Wswitch-enum -Wstrict-prototypes -Wmissing-prototypes \
  -Wold-style-definition -Wundef -Wpointer-arith -Wconversion -Wsign-conversion -Wwrite-strings -Wvla -Wformat=2
C99 := -std=c99 -Iinclude -MMD -MP
# Keeps the path of the build out of the objects, if the compiler can do so.
NO_PATHS := $(shell $(CC) -ffile-prefix-map=a=b -E -x c /dev/null >/dev/null 2>&1 && \
  echo '-ffile-prefix-map="$(CURDIR)"=.')
ifneq ($(PLATFORM),mingw)
FOR_SHARED := -fPIC -fvisibility=hidden -DSLOGOUT_API='__attribute__((visibility("default")))'
endif

HEADERS := $(sort $(wildcard include/slogout/*.h))
MANUALS := $(sort $(wildcard man/*.[0-9]))
LIB_SOURCES := $(sort $(wildcard lib/*.c))
LIB_OBJECTS := $(LIB_SOURCES:%.c=build/%.o)
STATIC := build/libslogout.a

# SHARED is the library, SHARED_NAMES are symbolic links to it. On macOS the linker wants the names of the functions
# with an underscore, on Windows in a .def file; elsewhere it reads the map, which also gives them a version.
FUNCTIONS := sed -n 's/^ *\(slogout_[a-z_]*\);/\1/p' lib/slogout.map
ifeq ($(PLATFORM),mingw)
SHARED := build/libslogout-$(SOVERSION).dll
SHARED_NAMES :=
IMPORT_LIBRARY := build/libslogout.dll.a
EXPORTS := build/slogout.def
MAKE_EXPORTS = (echo EXPORTS; $(FUNCTIONS))
LINK_SHARED = -shared -static-libgcc -Wl,--no-insert-timestamp -Wl,--out-implib,$(IMPORT_LIBRARY) $(EXPORTS)
else ifeq ($(PLATFORM),macos)
SHARED := build/libslogout.$(VERSION).dylib
SHARED_NAMES := libslogout.$(SOVERSION).dylib libslogout.dylib
EXPORTS := build/slogout.exports
MAKE_EXPORTS = $(FUNCTIONS) | sed 's/^/_/'
LINK_SHARED = -dynamiclib -install_name "$(LIBDIR)/libslogout.$(SOVERSION).dylib" -current_version $(VERSION) \
  -compatibility_version $(SOVERSION) -Wl,-exported_symbols_list,$(EXPORTS)
else
SHARED := build/libslogout.so.$(VERSION)
SHARED_NAMES := libslogout.so.$(SOVERSION) libslogout.so
EXPORTS := lib/slogout.map
LINK_SHARED = -shared -Wl,-soname,libslogout.so.$(SOVERSION) -Wl,--version-script,$(EXPORTS) \
  -Wl,-Bsymbolic-functions -Wl,-z,defs
endif

# A program is examples/NAME.c; what programs share is in examples/common/, the rest of echo_server in examples/echo/, of
# proxy in examples/relay/. They need POSIX.
PROGRAMS := $(if $(filter mingw,$(PLATFORM)),,$(patsubst examples/%.c,build/examples/%,$(wildcard examples/*.c)))
COMMON_OBJECTS := $(patsubst %.c,build/%.o,$(wildcard examples/common/*.c))
ECHO_OBJECTS := $(patsubst %.c,build/%.o,$(wildcard examples/echo/*.c))
RELAY_OBJECTS := $(patsubst %.c,build/%.o,$(wildcard examples/relay/*.c))

.PHONY: all help static shared examples demo deps check install install-static uninstall clean FORCE
.DELETE_ON_ERROR:
.SECONDARY:

# `make -j deps check` makes one goal after the other, because deps may install the compiler.
ifneq ($(filter deps deps-%,$(MAKECMDGOALS)),)
.NOTPARALLEL:
endif

all: static shared examples

static: $(STATIC)

shared: $(SHARED)

examples: $(PROGRAMS)

help:
	@sed -n -e '/^#/!q' -e 's/^# \{0,1\}//p' Makefile

# The file changes only when the flags do, so what depends on it is built again only then.
FLAGS := $(CC) $(AR) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) $(if $(filter macos,$(PLATFORM)),$(LIBDIR))
build/flags: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' '$(subst ','\'',$(FLAGS))' | cmp -s - $@ || printf '%s\n' '$(subst ','\'',$(FLAGS))' > $@

build/lib/%.o: lib/%.c build/flags
	@mkdir -p $(@D)
	$(SAY)$(CC) $(C99) $(WARNINGS) $(FOR_SHARED) $(NO_PATHS) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

$(STATIC): $(LIB_OBJECTS)
	@rm -f $@
	$(SAY)$(AR) rcs $@ $(LIB_OBJECTS)

build/slogout.def build/slogout.exports: lib/slogout.map
	@mkdir -p $(@D)
	@$(MAKE_EXPORTS) > $@

$(SHARED): $(LIB_OBJECTS) $(EXPORTS) build/flags
	$(SAY)$(CC) $(CFLAGS) $(LDFLAGS) $(LINK_SHARED) -o $@ $(LIB_OBJECTS)
	@for name in $(SHARED_NAMES); do ln -sf $(@F) build/$$name || exit 1; done

build/examples/%.o: examples/%.c build/flags
	@mkdir -p $(@D)
	$(SAY)$(CC) $(C99) $(WARNINGS) -Iexamples $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

build/examples/%: build/examples/%.o $(COMMON_OBJECTS) $(STATIC)
	$(SAY)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) $(STATIC)

build/examples/echo_server: $(ECHO_OBJECTS)

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

# Where files are installed, also for uninstall. Each path may have spaces in it.
TO_INCLUDE := $(DESTDIR)$(INCLUDEDIR)/slogout
TO_BIN := $(DESTDIR)$(BINDIR)
TO_LIB := $(DESTDIR)$(LIBDIR)
TO_PC := $(TO_LIB)/pkgconfig
TO_MAN := $(DESTDIR)$(MANDIR)
TO_SHARED := $(if $(IMPORT_LIBRARY),$(TO_BIN),$(TO_LIB))

install-static: $(STATIC) build/man.made
	$(INSTALL) -d "$(TO_INCLUDE)" "$(TO_PC)" "$(TO_MAN)/man3" "$(TO_MAN)/man7"
	$(INSTALL) -m 644 $(HEADERS) "$(TO_INCLUDE)"
	$(INSTALL) -m 644 $(STATIC) "$(TO_LIB)"
	sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(LIBDIR)|' -e 's|@INCLUDEDIR@|$(INCLUDEDIR)|' \
	  -e 's|@VERSION@|$(VERSION)|' lib/slogout.pc.in > "$(TO_PC)/slogout.pc"
	$(INSTALL) -m 644 build/man/man3/* "$(TO_MAN)/man3"
	$(INSTALL) -m 644 build/man/man7/* "$(TO_MAN)/man7"

install: install-static $(SHARED)
	$(INSTALL) -d "$(TO_SHARED)"
	$(INSTALL) -m 755 $(SHARED) "$(TO_SHARED)"
	for name in $(SHARED_NAMES); do ln -sf $(notdir $(SHARED)) "$(TO_LIB)/$$name" || exit 1; done
	$(if $(IMPORT_LIBRARY),$(INSTALL) -m 644 $(IMPORT_LIBRARY) "$(TO_LIB)")

uninstall: build/man.made
	for name in $(notdir $(HEADERS)); do rm -f "$(TO_INCLUDE)/$$name"; done
	for name in $(notdir $(STATIC) $(IMPORT_LIBRARY)) $(SHARED_NAMES); do rm -f "$(TO_LIB)/$$name"; done
	rm -f "$(TO_SHARED)/$(notdir $(SHARED))" "$(TO_PC)/slogout.pc"
	cd build/man && for page in man*/*; do rm -f "$(TO_MAN)/$$page"; done
	rmdir "$(TO_INCLUDE)" 2>/dev/null || :

clean:
	rm -rf build

include tests/check.mk
include tests/hosts.mk
include tests/proxy.mk
include tests/bench.mk
include tests/sim.mk
include tests/verify.mk
include tests/package.mk
include tests/prove.mk
include examples/dovecot/dovecot.mk
include examples/proxy/proxy.mk
include examples/clients/clients.mk
include tests/bench-peers.mk
-include $(LIB_OBJECTS:.o=.d) $(COMMON_OBJECTS:.o=.d) $(ECHO_OBJECTS:.o=.d) $(RELAY_OBJECTS:.o=.d) $(PROGRAMS:=.d)
