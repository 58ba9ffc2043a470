# What `make check` runs: unit, manual, install and house tests, and interop tests over real sockets.

TEST_CFLAGS := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
CMOCKA = $(shell pkg-config --cflags --libs cmocka)
UNIT_TESTS := $(patsubst tests/unit/%.c,build/tests/unit/%,$(wildcard tests/unit/test_*.c))
TEST_LIB_OBJECTS := $(LIB_SOURCES:lib/%.c=build/tests/lib/%.o)
TEST_SUPPORT_OBJECTS := $(patsubst %.c,build/%.o,$(wildcard tests/support/*.c))

# The parts of the examples that do no I/O are tested as lib/ is.
TEST_EXAMPLE_OBJECTS := $(patsubst %,build/tests/examples/%.o,common/alarms common/queue echo/command_reader echo/words)
# The programs with the sanitizers, for the interop tests.
TEST_PROGRAMS := $(PROGRAMS:build/%=build/tests/%)
TEST_COMMON_OBJECTS := $(COMMON_OBJECTS:build/%=build/tests/%)
TEST_ECHO_OBJECTS := $(ECHO_OBJECTS:build/%=build/tests/%)

.PHONY: unit manual install-check sockets

build/tests/lib/%.o: lib/%.c build/flags
	@mkdir -p $(@D)
	$(SAY)$(CC) $(C99) $(WARNINGS) -Werror $(TEST_CFLAGS) -c -o $@ $<

build/tests/examples/%.o: examples/%.c build/flags
	@mkdir -p $(@D)
	$(SAY)$(CC) $(C99) $(WARNINGS) -Werror -Iexamples $(TEST_CFLAGS) -c -o $@ $<

build/tests/unit/%.o: tests/unit/%.c build/flags
	@mkdir -p $(@D)
	$(SAY)$(CC) $(C99) $(WARNINGS) -Werror -Ilib -Itests -Iexamples $(TEST_CFLAGS) -c -o $@ $<

build/tests/support/%.o: tests/support/%.c build/flags
	@mkdir -p $(@D)
	$(SAY)$(CC) $(C99) $(WARNINGS) -Werror -Ilib -Itests $(TEST_CFLAGS) -c -o $@ $<

build/tests/unit/%: build/tests/unit/%.o $(TEST_SUPPORT_OBJECTS) $(TEST_LIB_OBJECTS)
	$(SAY)$(CC) $(TEST_CFLAGS) -o $@ $^ $(CMOCKA)

build/tests/unit/test_command_reader build/tests/unit/test_queue build/tests/unit/test_alarms: $(TEST_EXAMPLE_OBJECTS)

build/tests/examples/%: build/tests/examples/%.o $(TEST_COMMON_OBJECTS) $(TEST_LIB_OBJECTS)
	$(SAY)$(CC) $(TEST_CFLAGS) -o $@ $^

build/tests/examples/echo_server: $(TEST_ECHO_OBJECTS)

# One failing program does not hide the others.
unit: $(UNIT_TESTS)
	@failed=0; for test in $(UNIT_TESTS); do $$test || failed=1; done; exit $$failed

# The pages are well-formed, short and complete, and their examples run.
manual: $(STATIC) $(SHARED)
	mandoc -T lint -W warning $(MANUALS)
	sh tests/manual/lengths.sh $(MANUALS)
	python3 -B tests/manual/names.py $(SHARED)
	python3 -B tests/manual/examples.py build/tests/manual $(STATIC) \
	  $(CC) -std=c99 -Iinclude $(WARNINGS) -Werror $(CFLAGS) $(LDFLAGS)

# The make that this calls has nothing left to build, so it may run next to the other tests.
install-check: $(STATIC) $(SHARED) build/man.made
	MAKE='$(MAKE)' CC='$(CC)' sh tests/install.sh build/tests/install

# Real sockets and one real timer: 45 s, most of them waiting.
sockets: $(TEST_PROGRAMS) build/examples/echo_server
	python3 -B tests/interop/run.py

-include $(TEST_LIB_OBJECTS:.o=.d) $(UNIT_TESTS:=.d) $(TEST_SUPPORT_OBJECTS:.o=.d) \
  $(TEST_COMMON_OBJECTS:.o=.d) $(TEST_ECHO_OBJECTS:.o=.d) $(TEST_PROGRAMS:=.d)

# The rules for lib/: which file may use which, which symbols the library defines, how long its functions are.
.PHONY: house
house: $(STATIC) build/tests/house/neighbors
	@sh tests/house/layers.sh $(STATIC)
	@sh tests/house/symbols.sh $(STATIC) $(SOVERSION)
	@sh tests/house/sections.sh $(STATIC)
	@build/tests/house/neighbors && echo "neighbors: a host with functions of common names runs an exchange"
	@python3 -B tests/house/functions.py lib/*.[ch]

build/tests/house/neighbors: tests/house/neighbors.c $(STATIC)
	@mkdir -p $(@D)
	$(SAY)$(CC) $(C99) $(WARNINGS) $(CFLAGS) -o $@ $< $(STATIC)

# What the model writes, and the library does.
TRANSCRIPTS := $(wildcard tests/transcripts/*.txt)

build/tests/transcripts/%.o: tests/transcripts/%.c
	@mkdir -p $(@D)
	$(SAY)$(CC) $(C99) $(WARNINGS) -Werror -Ilib -Itests $(TEST_CFLAGS) -c -o $@ $<

build/tests/transcripts/write: build/tests/transcripts/write.o tests/exhaustive/model.c
	$(SAY)$(CC) $(C99) $(WARNINGS) -Werror $(TEST_CFLAGS) -o $@ $^

build/tests/transcripts/run: build/tests/transcripts/run.o $(TEST_SUPPORT_OBJECTS) $(TEST_LIB_OBJECTS)
	$(SAY)$(CC) $(TEST_CFLAGS) -o $@ $^ $(CMOCKA)

# $(1): the folder to write into
write-transcripts = for state in OPEN WAITING PENDING ASKED LEAVING ENDED; do \
  build/tests/transcripts/write $$state > $(1)/$$(echo $$state | tr A-Z a-z).txt || exit 1; done

.PHONY: transcripts transcripts-check
transcripts: build/tests/transcripts/write
	@$(call write-transcripts,tests/transcripts)

transcripts-check: build/tests/transcripts/write build/tests/transcripts/run
	@mkdir -p build/tests/transcripts/written
	@$(call write-transcripts,build/tests/transcripts/written)
	@for file in $(TRANSCRIPTS); do cmp $$file build/tests/transcripts/written/$$(basename $$file) || exit 1; done
	@build/tests/transcripts/run $(TRANSCRIPTS) >build/tests/transcripts/run.log 2>&1 || { cat build/tests/transcripts/run.log; exit 1; }
	@echo "transcripts: $$(cat $(TRANSCRIPTS) | grep -c '^settings') written by the model, and the library does what they say"

# All at once, because the interop tests mostly wait.
check:
	@$(MAKE) --no-print-directory $(if $(filter -j%,$(MAKEFLAGS)),,-j3) -Otarget sockets house unit manual install-check transcripts-check
