# Figures: sizes, instruction counts and, beside a peer in the same run, speed. Not part of check.

CORE_ROOMS := bye clock escape instance names response session sized tag
SMALL_OBJECTS := $(CORE_ROOMS:%=build/bench/small/%.o)

.PHONY: bench

build/bench/small/%.o: lib/%.c
	@mkdir -p $(@D)
	$(CC) $(C99) -Os -fvisibility=hidden -c -o $@ $<

build/bench/%.o: tests/bench/%.c
	@mkdir -p $(@D)
	$(CC) $(C99) $(WARNINGS) -Ilib -O2 -g -c -o $@ $<

build/bench/%: build/bench/%.o $(STATIC)
	$(CC) -o $@ $^

bench: build/bench/core $(SMALL_OBJECTS)
	@sh tests/bench/core.sh build/bench/core $(SMALL_OBJECTS)
