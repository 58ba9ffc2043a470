# Figures: sizes, instruction counts and, beside a peer in the same run, speed. Not a part of `make check`.

# The core alone, as a vendor compiles it.
SMALL_CORE := build/bench/small/core.o

.PHONY: bench

$(SMALL_CORE): $(LIB_SOURCES) $(wildcard lib/*.h) $(HEADERS)
	@mkdir -p $(@D)
	@sh lib/amalgamate.sh build/bench/small
	$(SAY)$(CC) -std=c99 -Ibuild/bench/small -DSLOGOUT_CORE -Os -fvisibility=hidden -c -o $@ build/bench/small/slogout.c

build/bench/%.o: tests/bench/%.c
	@mkdir -p $(@D)
	$(SAY)$(CC) $(C99) $(WARNINGS) -Ilib $(CPPFLAGS) -O2 -g -c -o $@ $<

build/bench/%: build/bench/%.o $(STATIC)
	$(SAY)$(CC) -o $@ $^ $(LDLIBS)

# libevent is a peer to measure against, if it is installed.
LIBEVENT = $(shell pkg-config --exists libevent_core && echo -DLIBEVENT $$(pkg-config --cflags libevent_core))
build/bench/drain.o: CPPFLAGS += $(LIBEVENT)
build/bench/drain: LDLIBS = $(shell pkg-config --libs libevent_core)

bench: build/bench/core build/bench/drain build/bench/drains build/bench/peers/filter $(SMALL_CORE)
	@sh tests/bench/core.sh build/bench/core $(SMALL_CORE)
	@sh tests/bench/drains.sh build/bench/drains
	@sh tests/bench/drain.sh build/bench/drain
	@python3 -B tests/bench/peers/run.py build/bench - build/bench/peers/filter

-include $(wildcard build/bench/*.d)
