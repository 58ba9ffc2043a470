# The tests: unit tests and what stands beside them (fast), then interop tests over real sockets.

TEST_CFLAGS := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
CMOCKA = $(shell pkg-config --cflags --libs cmocka)
UNIT_TESTS := $(patsubst tests/unit/%.c,build/tests/unit/%,$(wildcard tests/unit/test_*.c))
TEST_LIB_OBJECTS := $(LIB_SOURCES:lib/%.c=build/tests/lib/%.o)
TEST_SUPPORT_OBJECTS := $(patsubst %.c,build/%.o,$(wildcard tests/support/*.c))

.PHONY: unit

build/tests/lib/%.o: lib/%.c
	@mkdir -p $(@D)
	$(CC) $(C99) $(WARNINGS) -Werror $(TEST_CFLAGS) -c -o $@ $<

build/tests/unit/%.o: tests/unit/%.c
	@mkdir -p $(@D)
	$(CC) $(C99) $(WARNINGS) -Werror -Ilib -Itests $(TEST_CFLAGS) -c -o $@ $<

build/tests/support/%.o: tests/support/%.c
	@mkdir -p $(@D)
	$(CC) $(C99) $(WARNINGS) -Werror -Ilib -Itests $(TEST_CFLAGS) -c -o $@ $<

build/tests/unit/%: build/tests/unit/%.o $(TEST_SUPPORT_OBJECTS) $(TEST_LIB_OBJECTS)
	$(CC) $(TEST_CFLAGS) -o $@ $^ $(CMOCKA)

# One failing program does not hide the others.
unit: $(UNIT_TESTS)
	@failed=0; for test in $(UNIT_TESTS); do $$test || failed=1; done; exit $$failed

check: unit

-include $(TEST_LIB_OBJECTS:.o=.d) $(UNIT_TESTS:=.d) $(TEST_SUPPORT_OBJECTS:.o=.d)

.PHONY: house
house: $(STATIC)
	@sh tests/house/layers.sh
	@sh tests/house/sections.sh $(STATIC)

check: house
