# What `make check` runs: unit, manual, install and house tests, and interop tests over real sockets.

TEST_CFLAGS := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
CMOCKA = $(shell pkg-config --cflags --libs cmocka)
UNIT_TESTS := $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%,$(wildcard tests/unit/test_*.c))
TEST_LIB_OBJECTS := $(LIB_SOURCES:lib/%.c=$(BUILD)/tests/lib/%.o)
TEST_SUPPORT_OBJECTS := $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/unit/support/*.c))

# The programs with the sanitizers, for the interop tests.
TEST_PROGRAMS := $(PROGRAMS:$(BUILD)/%=$(BUILD)/tests/%)

.PHONY: deps check unit manual install-check sockets

deps:
	sh tests/deps.sh

$(BUILD)/tests/lib/%.o: lib/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(SAY)$(CC) $(C99) $(WARNINGS) -Werror $(TEST_CFLAGS) -c -o $@ $<

$(BUILD)/tests/examples/%.o: examples/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(SAY)$(CC) $(C99) $(WARNINGS) -Werror -Iexamples $(TEST_CFLAGS) -c -o $@ $<

$(BUILD)/tests/unit/%.o: tests/unit/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(SAY)$(CC) $(C99) $(WARNINGS) -Werror -Ilib -Itests/unit -Iexamples $(TEST_CFLAGS) -c -o $@ $<

$(BUILD)/tests/unit/support/%.o: tests/unit/support/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(SAY)$(CC) $(C99) $(WARNINGS) -Werror -Ilib -Itests -Itests/unit $(TEST_CFLAGS) -c -o $@ $<

$(BUILD)/tests/unit/%: $(BUILD)/tests/unit/%.o $(TEST_SUPPORT_OBJECTS) $(TEST_LIB_OBJECTS)
	$(SAY)$(CC) $(TEST_CFLAGS) -o $@ $^ $(CMOCKA)

$(BUILD)/tests/examples/%: $(BUILD)/tests/examples/%.o $(TEST_LIB_OBJECTS)
	$(SAY)$(CC) $(TEST_CFLAGS) -o $@ $^

# One failing program does not hide the others.
unit: $(UNIT_TESTS)
	@failed=0; for test in $(UNIT_TESTS); do $$test || failed=1; done; exit $$failed

# The pages are well-formed, short and complete, and their examples run.
manual: $(STATIC) $(SHARED)
	mandoc -T lint -W warning $(MANUALS)
	sh tests/docs/manual/lengths.sh $(MANUALS)
	python3 -B tests/docs/manual/names.py $(SHARED)
	python3 -B tests/docs/manual/examples.py $(BUILD)/tests/manual $(STATIC) \
	  $(CC) -std=c99 -Iinclude $(WARNINGS) -Werror $(CFLAGS) $(LDFLAGS)

# The make that this calls has nothing left to build, so it may run next to the other tests.
install-check: $(STATIC) $(SHARED) $(BUILD)/man.made
	MAKE='$(MAKE)' CC='$(CC)' sh tests/package/install.sh $(BUILD)/tests/install

# The programs, with real sockets and real timers: 45 s, most of them waiting.
sockets: $(TEST_PROGRAMS) $(BUILD)/examples/echo_server
	python3 -B tests/programs/run.py test_many test_timers test_server test_echo_server test_client test_dialogues

-include $(TEST_LIB_OBJECTS:.o=.d) $(UNIT_TESTS:=.d) $(TEST_SUPPORT_OBJECTS:.o=.d) \
  $(TEST_PROGRAMS:=.d)

# The rules for lib/: which file may use which, which symbols the library defines, how long its functions are.
.PHONY: house
house: $(STATIC) $(BUILD)/tests/house/neighbors
	@sh tests/docs/house/layers.sh $(STATIC)
	@sh tests/docs/house/symbols.sh $(STATIC) $(SOVERSION)
	@sh tests/docs/house/sections.sh $(STATIC)
	@$(BUILD)/tests/house/neighbors && echo "neighbors: a host with functions of common names runs an exchange"
	@python3 -B tests/docs/house/functions.py lib/*.[ch]

$(BUILD)/tests/house/neighbors: tests/docs/house/neighbors.c $(STATIC)
	@mkdir -p $(@D)
	$(SAY)$(CC) $(C99) $(WARNINGS) $(CFLAGS) -o $@ $< $(STATIC)

# What the model writes, and the library does.
TRANSCRIPTS := $(wildcard tests/model/transcripts/*.txt)

$(BUILD)/tests/transcripts/%.o: tests/model/transcripts/%.c
	@mkdir -p $(@D)
	$(SAY)$(CC) $(C99) $(WARNINGS) -Werror -Ilib -Itests -Itests/unit $(TEST_CFLAGS) -c -o $@ $<

$(BUILD)/tests/transcripts/write: $(BUILD)/tests/transcripts/write.o tests/model/model.c
	$(SAY)$(CC) $(C99) $(WARNINGS) -Werror $(TEST_CFLAGS) -o $@ $^

$(BUILD)/tests/transcripts/run: $(BUILD)/tests/transcripts/run.o $(TEST_SUPPORT_OBJECTS) $(TEST_LIB_OBJECTS)
	$(SAY)$(CC) $(TEST_CFLAGS) -o $@ $^ $(CMOCKA)

# $(1): the folder to write into
write-transcripts = for state in OPEN WAITING PENDING ASKED LEAVING ENDED; do \
  $(BUILD)/tests/transcripts/write $$state > $(1)/$$(echo $$state | tr A-Z a-z).txt || exit 1; done

.PHONY: transcripts transcripts-check
transcripts: $(BUILD)/tests/transcripts/write
	@$(call write-transcripts,tests/model/transcripts)

transcripts-check: $(BUILD)/tests/transcripts/write $(BUILD)/tests/transcripts/run
	@mkdir -p $(BUILD)/tests/transcripts/written
	@$(call write-transcripts,$(BUILD)/tests/transcripts/written)
	@for file in $(TRANSCRIPTS); do cmp $$file $(BUILD)/tests/transcripts/written/$$(basename $$file) || exit 1; done
	@$(BUILD)/tests/transcripts/run $(TRANSCRIPTS) >$(BUILD)/tests/transcripts/run.log 2>&1 || { cat $(BUILD)/tests/transcripts/run.log; exit 1; }
	@echo "transcripts: $$(cat $(TRANSCRIPTS) | grep -c '^settings') written by the model, and the library does what they say"

# Most of the time the parts wait, so they run side by side.
CHECK_PARTS := unit house manual install-check transcripts-check sockets

.PHONY: check-built
check-built: $(UNIT_TESTS) $(STATIC) $(SHARED) $(BUILD)/man.made $(BUILD)/tests/house/neighbors $(TEST_PROGRAMS) \
  $(BUILD)/examples/echo_server $(BUILD)/tests/transcripts/write $(BUILD)/tests/transcripts/run

check:
	@$(MAKE) --no-print-directory $(if $(filter -j%,$(MAKEFLAGS)),,-j3) check-built
	@MAKE='$(MAKE)' sh tests/check.sh $(BUILD)/log $(CHECK_PARTS)

# ---- the example servers: a minute, most of it waiting ----

.PHONY: deps-hosts hosts-check

$(BUILD)/tests/hosts/%: examples/hosts/%.c $(TEST_LIB_OBJECTS)
	@mkdir -p $(@D)
	$(SAY)$(CC) $(C99) $(WARNINGS) -Werror -Iexamples $(HOSTS_CFLAGS_$*) $(TEST_CFLAGS) -o $@ $< $(TEST_LIB_OBJECTS) $(HOSTS_LIBS_$*)

deps-hosts: deps
	sh tests/apt.sh libevent-dev libuv1-dev

hosts-check:
	@$(MAKE) --no-print-directory hosts-built HOSTS_BUILT='$(HOSTS:%=$(BUILD)/tests/hosts/%)'
	python3 -B tests/programs/run.py $(HOSTS:%=test_server:%) $(HOSTS:%=test_dialogues:%)

-include $(wildcard $(BUILD)/tests/hosts/*.d)
