# SPDX-License-Identifier: BSD-2-Clause
# slogout: requires GNU make and any C99 compiler. `make help` prints the lines that begin with two signs.
#
# CC, AR, CFLAGS, CPPFLAGS, LDFLAGS, PREFIX, LIBDIR, INCLUDEDIR and MANDIR may be set to any values. The project's own
# flags are separate from them. If flags have changed, make builds the affected files again. The source may be read-only
# if BUILD is another folder.
## Build
##   make                      builds the libraries, the echo server and the client in build/ (BUILD=DIR: in DIR)
##   make demo                 builds these, and shows one exchange; needs only a C compiler and GNU make
##   make static               builds the static library alone
##   make shared               builds the shared library alone
##   make amalgamation         writes the library as one C file to build/amalgamation/
##   make hosts                builds the example servers whose event libraries are installed
##   make clean                removes build/
##   make V=1 ...              prints the commands
##   make help                 prints this list; a target in parentheses installs the tools on Debian 12
## Install
##   make install              installs the libraries and the manual below $(DESTDIR)$(PREFIX)
##   make install-static       does the same without the shared library
##   make uninstall            removes the installed files

all:
# BSD make stops at the next line and prints it. For GNU make, the line is a rule without a recipe.
.error slogout needs GNU make, which BSD systems call gmake:

BUILD := build
ifneq ($(words $(BUILD)),1)
$(error BUILD is "$(BUILD)": GNU make needs a path without spaces)
endif
PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
BINDIR ?= $(PREFIX)/bin
INCLUDEDIR ?= $(PREFIX)/include
MANDIR ?= $(PREFIX)/share/man
CFLAGS ?= -O2 -g
AR ?= ar
INSTALL ?= install

# Prints the file that is made.
SAY = $(if $(V),,@echo "  $@";)

VERSION := $(shell sed -n 's/^.define SLOGOUT_VERSION *"\(.*\)"/\1/p' include/slogout/slogout.h)
# Before 1.0, each minor version may break programs, so the minor number is part of the library's name.
MAJOR := $(firstword $(subst ., ,$(VERSION)))
MINOR := $(word 2,$(subst ., ,$(VERSION)))
SOVERSION := $(if $(filter 0,$(MAJOR)),0.$(MINOR),$(MAJOR))

# The target of the compiler: mingw, macos, or elf for all others.
MACHINE := $(shell $(CC) -dumpmachine 2>/dev/null)
PLATFORM := $(if $(findstring mingw,$(MACHINE)),mingw,$(if $(findstring apple,$(MACHINE)),macos,elf))

WARNINGS := -Wall -Wextra -pedantic -Wcast-qual -Wshadow -Wswitch-enum -Wstrict-prototypes -Wmissing-prototypes \
  -Wold-style-definition -Wundef -Wpointer-arith -Wconversion -Wsign-conversion -Wwrite-strings -Wvla -Wformat=2
# Records the headers on which an object depends, if the compiler can do so.
DEPENDENCIES := $(shell $(CC) -MMD -MP -MF /dev/null -E -x c /dev/null >/dev/null 2>&1 && echo -MMD -MP)
C99 := -std=c99 -Iinclude $(DEPENDENCIES)
# Keeps the path of the build out of the objects, if the compiler can do so.
NO_PATHS := $(shell $(CC) -ffile-prefix-map=a=b -E -x c /dev/null >/dev/null 2>&1 && \
  echo '-ffile-prefix-map="$(CURDIR)"=.')
ifneq ($(PLATFORM),mingw)
FOR_SHARED := -fPIC -fvisibility=hidden -DSLOGOUT_API='__attribute__((visibility("default")))'
endif

HEADERS := $(sort $(wildcard include/slogout/*.h))
MANUALS := $(sort $(wildcard man/*.[0-9]))
LIB_SOURCES := $(sort $(wildcard lib/*.c))
LIB_OBJECTS := $(LIB_SOURCES:%.c=$(BUILD)/%.o)
STATIC := $(BUILD)/libslogout.a

# SHARED is the library, and SHARED_NAMES are symbolic links to it. The linker of macOS reads the names of the functions
# with an underscore, and the linker of Windows reads a .def file. All other linkers read the map, which also gives the
# functions a version.
FUNCTIONS := sed -n 's/^ *\(slogout_[a-z_]*\);/\1/p' lib/slogout.map
ifeq ($(PLATFORM),mingw)
SHARED := $(BUILD)/libslogout-$(SOVERSION).dll
SHARED_NAMES :=
IMPORT_LIBRARY := $(BUILD)/libslogout.dll.a
EXPORTS := $(BUILD)/slogout.def
MAKE_EXPORTS = (echo EXPORTS; $(FUNCTIONS))
LINK_SHARED = -shared -static-libgcc -Wl,--no-insert-timestamp -Wl,--out-implib,$(IMPORT_LIBRARY) $(EXPORTS)
else ifeq ($(PLATFORM),macos)
SHARED := $(BUILD)/libslogout.$(VERSION).dylib
SHARED_NAMES := libslogout.$(SOVERSION).dylib libslogout.dylib
EXPORTS := $(BUILD)/slogout.exports
MAKE_EXPORTS = $(FUNCTIONS) | sed 's/^/_/'
LINK_SHARED = -dynamiclib -install_name "$(LIBDIR)/libslogout.$(SOVERSION).dylib" -current_version $(VERSION) \
  -compatibility_version $(SOVERSION) -Wl,-exported_symbols_list,$(EXPORTS)
else
SHARED := $(BUILD)/libslogout.so.$(VERSION)
SHARED_NAMES := libslogout.so.$(SOVERSION) libslogout.so
EXPORTS := lib/slogout.map
LINK_SHARED = -shared -Wl,-soname,libslogout.so.$(SOVERSION) -Wl,--version-script,$(EXPORTS) \
  -Wl,-Bsymbolic-functions -Wl,-z,defs
endif

# The scripts of the tests find the built files in this folder.
export SLOGOUT_BUILD := $(abspath $(BUILD))

# A program is examples/NAME.c. The programs require POSIX.
PROGRAMS := $(if $(filter mingw,$(PLATFORM)),,$(patsubst examples/%.c,$(BUILD)/examples/%,$(wildcard examples/*.c)))

.PHONY: all help static shared amalgamation examples demo install install-static uninstall clean FORCE
.DELETE_ON_ERROR:
.SECONDARY:

# `make -j deps check` makes one goal after the other, because deps may install the compiler.
ifneq ($(filter deps deps-%,$(MAKECMDGOALS)),)
.NOTPARALLEL:
endif

# Some linkers, such as the linker of tcc, cannot hide the private symbols of the library. They make only the static
# library.
CAN_HIDE := $(or $(filter-out elf,$(PLATFORM)),\
  $(shell $(CC) -Wl,--version-script,$(EXPORTS) -E -x c /dev/null >/dev/null 2>&1 && echo yes))

all: static $(if $(CAN_HIDE),shared) examples $(BUILD)/man.made

static: $(STATIC)

shared: $(SHARED)

examples: $(PROGRAMS)

help:
	@awk 'sub(/^## /, "") { print (/^ / ? "" : "\n") $$0 }' $(filter Makefile %.mk,$(MAKEFILE_LIST))

# The file changes only if the flags change, so the files that depend on it are built again only then.
FLAGS := $(CC) $(AR) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) $(if $(filter macos,$(PLATFORM)),$(LIBDIR))
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' '$(subst ','\'',$(FLAGS))' | cmp -s - $@ || printf '%s\n' '$(subst ','\'',$(FLAGS))' > $@

$(BUILD)/lib/%.o: lib/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(SAY)$(CC) $(C99) $(WARNINGS) $(FOR_SHARED) $(NO_PATHS) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

$(STATIC): $(LIB_OBJECTS)
	@rm -f $@
	$(SAY)$(AR) rcs $@ $(LIB_OBJECTS)

$(BUILD)/slogout.def $(BUILD)/slogout.exports: lib/slogout.map
	@mkdir -p $(@D)
	@$(MAKE_EXPORTS) > $@

$(SHARED): $(LIB_OBJECTS) $(EXPORTS) $(BUILD)/flags
	$(SAY)$(CC) $(CFLAGS) $(LDFLAGS) $(LINK_SHARED) -o $@ $(LIB_OBJECTS)
	@for name in $(SHARED_NAMES); do ln -sf $(@F) $(BUILD)/$$name || exit 1; done

# Writes the library as one C file, which other projects can compile with their own sources.
amalgamation:
	@sh lib/amalgamate.sh $(BUILD)/amalgamation

$(BUILD)/examples/%.o: examples/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(SAY)$(CC) $(C99) $(WARNINGS) -Iexamples $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

$(BUILD)/examples/%: $(BUILD)/examples/%.o $(STATIC)
	$(SAY)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) $(STATIC)

demo: $(BUILD)/examples/echo_server $(BUILD)/examples/client $(BUILD)/man.made
	@sh examples/demo.sh $(BUILD)/examples

# Each function has a manual page with its name, which refers by `.so` to the page whose NAME section lists the
# function.
$(BUILD)/man.made: $(MANUALS) Makefile
	@rm -rf $(BUILD)/man
	@mkdir -p $(BUILD)/man/man3 $(BUILD)/man/man7 $(BUILD)/man/man8
	@for page in $(MANUALS); do cp $$page $(BUILD)/man/man$${page##*.} || exit 1; done
	@cd $(BUILD)/man/man3 && for page in *.3; do \
	  for name in $$(sed -n '/^\.Sh NAME/,/^\.Nd/s/^\.Nm \([a-z_]*\).*/\1/p' $$page); do \
	    test -e $$name.3 || echo ".so man3/$$page" > $$name.3 || exit 1; done; done
	@touch $@

# The folders for installed files, also for uninstall. Each path may contain spaces.
TO_INCLUDE := $(DESTDIR)$(INCLUDEDIR)/slogout
TO_BIN := $(DESTDIR)$(BINDIR)
TO_LIB := $(DESTDIR)$(LIBDIR)
TO_PC := $(TO_LIB)/pkgconfig
TO_MAN := $(DESTDIR)$(MANDIR)
TO_SHARED := $(if $(IMPORT_LIBRARY),$(TO_BIN),$(TO_LIB))

# Writes the file for pkg-config, which requires a backslash before each space. A folder below the prefix is written
# relative to the prefix, so that all installed files can be moved together.
FILL_PC = PREFIX="$(PREFIX)" LIBDIR="$(LIBDIR)" INCLUDEDIR="$(INCLUDEDIR)" VERSION="$(VERSION)" awk '\
  match($$0, /@[A-Z]+@/) { \
    value = ENVIRON[substr($$0, RSTART + 1, RLENGTH - 2)]; \
    if (index(value, ENVIRON["PREFIX"] "/") == 1) value = "$${prefix}" substr(value, length(ENVIRON["PREFIX"]) + 1); \
    gsub(/ /, "\\\\&", value); \
    $$0 = substr($$0, 1, RSTART - 1) value substr($$0, RSTART + RLENGTH) \
  } \
  { print }'

install-static: $(STATIC) $(BUILD)/man.made
	$(INSTALL) -d "$(TO_INCLUDE)" "$(TO_PC)" $(foreach section,3 7 8,"$(TO_MAN)/man$(section)")
	$(INSTALL) -m 644 $(HEADERS) "$(TO_INCLUDE)"
	$(INSTALL) -m 644 $(STATIC) "$(TO_LIB)"
	$(FILL_PC) lib/slogout.pc.in > "$(TO_PC)/slogout.pc"
	chmod 644 "$(TO_PC)/slogout.pc"
	for section in 3 7 8; do $(INSTALL) -m 644 $(BUILD)/man/man$$section/* "$(TO_MAN)/man$$section" || exit 1; done

install: install-static $(SHARED)
	$(INSTALL) -d "$(TO_SHARED)"
	$(INSTALL) -m 755 $(SHARED) "$(TO_SHARED)"
	for name in $(SHARED_NAMES); do ln -sf $(notdir $(SHARED)) "$(TO_LIB)/$$name" || exit 1; done
	$(if $(IMPORT_LIBRARY),$(INSTALL) -m 644 $(IMPORT_LIBRARY) "$(TO_LIB)")

uninstall: $(BUILD)/man.made
	for name in $(notdir $(HEADERS)); do rm -f "$(TO_INCLUDE)/$$name"; done
	for name in $(notdir $(STATIC) $(IMPORT_LIBRARY)) $(SHARED_NAMES); do rm -f "$(TO_LIB)/$$name"; done
	rm -f "$(TO_SHARED)/$(notdir $(SHARED))" "$(TO_PC)/slogout.pc"
	cd $(BUILD)/man && for page in man*/*; do rm -f "$(TO_MAN)/$$page"; done
	rmdir "$(TO_INCLUDE)" 2>/dev/null || :

clean:
	rm -rf $(BUILD)

# ---- the example servers, one for each way to wait ----

HOSTS_CFLAGS_libevent = $(shell pkg-config --cflags libevent_core)
HOSTS_LIBS_libevent = $(shell pkg-config --libs libevent_core)
HOSTS_CFLAGS_libuv = $(shell pkg-config --cflags libuv)
HOSTS_LIBS_libuv = $(shell pkg-config --libs libuv)
HOSTS_LIBS_threads = -pthread

# The example servers whose libraries are installed.
HOSTS = blocking threads $(shell pkg-config --exists libevent_core && echo libevent) \
  $(shell pkg-config --exists libuv && echo libuv)

.PHONY: hosts hosts-built

# The list is made only when it is needed, because no other goal needs pkg-config.
hosts:
	@$(MAKE) --no-print-directory hosts-built HOSTS_BUILT='$(HOSTS:%=$(BUILD)/examples/hosts/%)'

hosts-built: $(HOSTS_BUILT)

$(BUILD)/examples/hosts/%: examples/hosts/%.c $(STATIC)
	@mkdir -p $(@D)
	$(SAY)$(CC) $(C99) $(WARNINGS) -Iexamples $(HOSTS_CFLAGS_$*) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $< $(STATIC) $(HOSTS_LIBS_$*)

# ---- the rest of the tree; the makefiles of missing folders are omitted; bench.mk reads a variable of dovecot.mk ----

include $(wildcard tests/tests.mk tests/verify.mk examples/proxy/proxy.mk examples/dovecot/dovecot.mk tests/bench/bench.mk \
  examples/clients/clients.mk examples/fleet/fleet.mk examples/packaging/packaging.mk examples/ports/ports.mk)
ifeq ($(wildcard tests/tests.mk),)
.DEFAULT:
	@echo "make: nothing here makes $@. This copy of the tree has no folder tests/." >&2; exit 1
endif

-include $(wildcard $(LIB_OBJECTS:.o=.d) $(PROGRAMS:=.d) \
  $(BUILD)/examples/hosts/*.d)
