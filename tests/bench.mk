# Figures: sizes, instruction counts and, beside a peer in the same run, speed. Not a part of `make check`.

CORE_ROOMS := call heap response session slogout text timer
SMALL_OBJECTS := $(CORE_ROOMS:%=build/bench/small/%.o)

.PHONY: bench

build/bench/small/%.o: lib/%.c
	@mkdir -p $(@D)
	$(SAY)$(CC) $(C99) -Os -fvisibility=hidden -c -o $@ $<

build/bench/%.o: tests/bench/%.c
	@mkdir -p $(@D)
	$(SAY)$(CC) $(C99) $(WARNINGS) -Ilib $(CPPFLAGS) -O2 -g -c -o $@ $<

build/bench/%: build/bench/%.o $(STATIC)
	$(SAY)$(CC) -o $@ $^ $(LDLIBS)

# libevent is a peer to measure against, if it is installed.
LIBEVENT = $(shell pkg-config --exists libevent_core && echo -DLIBEVENT $$(pkg-config --cflags libevent_core))
build/bench/drain.o: CPPFLAGS += $(LIBEVENT)
build/bench/drain: LDLIBS = $(shell pkg-config --libs libevent_core)

bench: build/bench/core build/bench/drain build/bench/drains build/bench/filter $(SMALL_OBJECTS)
	@sh tests/bench/core.sh build/bench/core $(SMALL_OBJECTS)
	@sh tests/bench/drains.sh build/bench/drains
	@sh tests/bench/drain.sh build/bench/drain
	@build/bench/filter

-include $(wildcard build/bench/*.d build/bench/small/*.d)
