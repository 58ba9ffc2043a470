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

# A program is examples/NAME.c; what programs share is in examples/common/, the rest of echo_server in examples/echo/.
PROGRAMS := $(patsubst examples/%.c,build/examples/%,$(wildcard examples/*.c))
COMMON_OBJECTS := $(patsubst %.c,build/%.o,$(wildcard examples/common/*.c))
ECHO_OBJECTS := $(patsubst %.c,build/%.o,$(wildcard examples/echo/*.c))

.PHONY: all examples demo deps check install uninstall clean
.DELETE_ON_ERROR:
.SECONDARY:

all: $(STATIC) $(SHARED) examples

examples: $(PROGRAMS)

build/lib/%.o: lib/%.c
	@mkdir -p $(@D)
	$(CC) $(C99) $(WARNINGS) -fPIC -fvisibility=hidden $(EXPORT) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

$(STATIC): $(LIB_OBJECTS)
	rm -f $@
	$(AR) rcs $@ $^

$(SHARED): $(LIB_OBJECTS) lib/slogout.map
	$(CC) $(CFLAGS) $(LDFLAGS) -shared -Wl,-soname,$(SONAME) -Wl,--version-script,lib/slogout.map \
	  -Wl,-Bsymbolic-functions -Wl,-z,defs -o $@ $(LIB_OBJECTS)
	ln -sf $(@F) build/$(SONAME)
	ln -sf $(SONAME) build/libslogout.so

build/examples/%.o: examples/%.c
	@mkdir -p $(@D)
	$(CC) $(C99) $(WARNINGS) -Iexamples $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

build/examples/%: build/examples/%.o $(COMMON_OBJECTS) $(STATIC)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) $(STATIC)

build/examples/echo_server: $(ECHO_OBJECTS)

demo: build/examples/echo_server build/examples/client
	sh examples/demo.sh build/examples

build/slogout.pc: lib/slogout.pc.in include/slogout/slogout.h
	@mkdir -p $(@D)
	sed -e 's|@LIBDIR@|$(LIBDIR)|' -e 's|@INCLUDEDIR@|$(INCLUDEDIR)|' -e 's|@VERSION@|$(VERSION)|' $< > $@

clean:
	rm -rf build

include tests/check.mk
include tests/bench.mk
-include $(LIB_OBJECTS:.o=.d) $(COMMON_OBJECTS:.o=.d) $(ECHO_OBJECTS:.o=.d) $(PROGRAMS:=.d)
