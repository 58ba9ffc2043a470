# SPDX-License-Identifier: BSD-2-Clause
# The proofs of the library, and its tests for packagers and vendors. Each part ends with a line that states its figure.
## Verify
##   make deps-verify          installs the tools for `make verify`
##   make verify               runs all checks below except the proofs; a quarter of an hour on two cores
##   make coverage             checks that the unit tests cover all lines, branches and MC/DC conditions of lib/
##   make exhaustive           compares every sequence of events with a model
##   make faults               runs the echo server while system calls fail
##   make portability          runs the unit tests on nine machines and compilers
##   make analyse              runs four analyzers over lib/, and the next three targets
##   make analyse-format       checks the format of lib/, include/ and examples/; FORMAT=-i corrects it
##   make memcheck             runs the unit tests under valgrind
##   make threads              runs eight threads under TSan
##   make fuzz                 fuzzes each target for a minute
##   make clusterfuzzlite      builds the fuzz targets as a service that fuzzes does
##   make dialogues            compares the filter with a reference in N random dialogues (1,000,000) from SEED
##   make differential         compares examples/port with the library in N random dialogues (1,000,000) from SEED
##   make mutants              lists the changes of lib/ that no test notices; MATRIX=1 counts what each test notices
##   make model                checks client, server and proxy in all states with SPIN (deps-model)
##   make model-sanity         shows that SPIN notices planted faults
##   make prove                proves lib/ with CBMC; NAME=harness and PROOF=name select (deps-prove)
##   make prove-sanity         shows that each proof fails when one of its faults is planted
## Package
##   make dist                 writes the distribution to build/slogout-VERSION.tar.gz
##   make package-check        tests the library as packagers and vendors get it (deps-package)
##   make abi                  compares the interface with its record
##   make abi-record           records the interface

CLANG ?= clang-19
LLVM_SUFFIX ?= -19

.PHONY: verify deps-verify exhaustive fuzz coverage mutants portability

VERIFY_PARTS := coverage exhaustive faults portability analyse fuzz clusterfuzzlite dialogues differential mutants

# One part after the other, each on two cores.
verify:
	@for part in $(VERIFY_PARTS); do $(MAKE) --no-print-directory -s -j2 -Otarget $$part || exit 1; done
	@echo "verify: $(words $(VERIFY_PARTS)) parts hold ($(VERIFY_PARTS))"

deps-verify: deps
	sh tests/apt.sh clang-19 llvm-19 libclang-rt-19-dev clang-tidy-19 clang-tools-19 clang-format-14 cppcheck g++ tcc \
	  util-linux \
	  libc6-dev-i386 lib32gcc-12-dev musl-tools gcc-mingw-w64-x86-64 wine wine64 qemu-user-static \
	  binutils-s390x-linux-gnu libc6-dev-s390x-cross libgcc-12-dev-s390x-cross \
	  binutils-arm-linux-gnueabihf libc6-dev-armhf-cross libgcc-12-dev-armhf-cross

# ---- exhaustive: every sequence of events ----

EXHAUSTIVE := $(BUILD)/tests/model
EXHAUSTIVE_FLAGS := -O2 -g
EXHAUSTIVE_LIB := $(LIB_SOURCES:lib/%.c=$(EXHAUSTIVE)/lib/%.o)

$(EXHAUSTIVE)/lib/%.o: lib/%.c
	@mkdir -p $(@D)
	$(SAY)$(CC) $(C99) $(WARNINGS) -Werror $(EXHAUSTIVE_FLAGS) -c -o $@ $<

$(EXHAUSTIVE)/%.o: tests/model/%.c
	@mkdir -p $(@D)
	$(SAY)$(CC) $(C99) $(WARNINGS) -Werror -Ilib $(EXHAUSTIVE_FLAGS) -c -o $@ $<

$(EXHAUSTIVE)/session: $(addprefix $(EXHAUSTIVE)/,session.o world.o model.o properties.o choose.o) $(EXHAUSTIVE_LIB)
	$(SAY)$(CC) $(EXHAUSTIVE_FLAGS) -o $@ $^

exhaustive: $(EXHAUSTIVE)/session
	$<

# ---- fuzz: tests/fuzz/NAME.c with tests/fuzz/NAME/dictionary and corpus/ ----

FUZZ_SECONDS ?= 60
FUZZ_FLAGS := -O1 -g -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
FUZZ := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(wildcard tests/fuzz/*.c))
FUZZ_LIB := $(LIB_SOURCES:%.c=$(BUILD)/fuzz/%.o) $(BUILD)/fuzz/tests/model/reference.o

$(BUILD)/fuzz/%.o: %.c
	@mkdir -p $(@D)
	$(SAY)$(CLANG) $(C99) $(WARNINGS) -Werror -Ilib -Itests -Itests/unit $(FUZZ_FLAGS) -c -o $@ $<

$(BUILD)/fuzz/response $(BUILD)/fuzz/filter: $(FUZZ_LIB)
$(BUILD)/fuzz/filter: $(addprefix $(BUILD)/fuzz/tests/fuzz/filter/,check.o reference.o)
$(FUZZ): $(BUILD)/fuzz/%: $(BUILD)/fuzz/tests/fuzz/%.o
	$(SAY)$(CLANG) $(FUZZ_FLAGS) -fsanitize=fuzzer -o $@ $^

FUZZ_NAMES := $(FUZZ:$(BUILD)/fuzz/%=fuzz-%)

$(FUZZ_NAMES): fuzz-%: $(BUILD)/fuzz/%
	@sh tests/fuzz/run.sh $< $(FUZZ_SECONDS)

fuzz: $(FUZZ_NAMES)
.PHONY: $(FUZZ_NAMES)

clusterfuzzlite:
	@sh tests/fuzz/clusterfuzzlite.sh $(CLANG) $(BUILD)/clusterfuzzlite
.PHONY: clusterfuzzlite

# ---- dialogues through the filter: N of them, from SEED ----

N ?= 1000000
SEED ?= $(shell date +%s)
DIALOGUES := $(BUILD)/dialogues
DIALOGUES_FLAGS := -O2 -g

$(DIALOGUES)/%.o: %.c
	@mkdir -p $(@D)
	$(SAY)$(CC) $(C99) $(WARNINGS) -Werror -Itests $(DIALOGUES_FLAGS) -c -o $@ $<

$(DIALOGUES)/run: $(addprefix $(DIALOGUES)/tests/fuzz/filter/,dialogues.o check.o reference.o) \
  $(LIB_SOURCES:%.c=$(DIALOGUES)/%.o)
	$(SAY)$(CC) $(DIALOGUES_FLAGS) -o $@ $^

dialogues: $(DIALOGUES)/run
	@$< $(N) $(SEED)

.PHONY: dialogues

# ---- differential: the library and its second implementation, examples/port ----

# The sanitizers would make it many times slower.
PLAY := $(BUILD)/tests/port/play

$(PLAY): tests/model/transcripts/play.c $(STATIC)
	@mkdir -p $(@D)
	$(SAY)$(CC) $(C99) $(WARNINGS) -Werror -Ilib $(CFLAGS) $(LDFLAGS) -o $@ $< $(STATIC)

differential: $(PLAY) $(TRANSCRIPTS)
	@python3 -B tests/port/transcripts.py $(TRANSCRIPTS)
	@python3 -B tests/port/differential.py $< $(N) $(SEED)

.PHONY: differential

# ---- model: both sides of the exchange, by SPIN, and random runs that are replayed through the library ----

MODEL := $(BUILD)/model
REPLAYS ?= 10000

.PHONY: deps-model model model-sanity

deps-model: deps
	sh tests/apt.sh spin gcc libc6-dev

model: $(PLAY)
	@python3 -B tests/protocol/run.py $(MODEL) $(CC)
	@python3 -B tests/protocol/replay.py $(abspath $<) $(REPLAYS) $(SEED)

model-sanity:
	@python3 -B tests/protocol/run.py $(MODEL) $(CC) --faults

# ---- coverage of lib/ by the unit tests alone ----

COVERAGE := $(BUILD)/coverage
COVERAGE_FLAGS := -O0 -g -fprofile-instr-generate -fcoverage-mapping -fcoverage-mcdc
COVERAGE_TESTS := $(patsubst tests/unit/%.c,$(COVERAGE)/%,$(wildcard tests/unit/test_*.c))
COVERAGE_OBJECTS := $(LIB_SOURCES:%.c=$(COVERAGE)/%.o) \
  $(patsubst %.c,$(COVERAGE)/%.o,$(wildcard tests/unit/support/*.c))

$(COVERAGE)/%.o: %.c
	@mkdir -p $(@D)
	$(SAY)$(CLANG) $(C99) $(WARNINGS) -Ilib -Itests -Itests/unit $(COVERAGE_FLAGS) -c -o $@ $<

$(COVERAGE_TESTS): $(COVERAGE)/%: $(COVERAGE)/tests/unit/%.o $(COVERAGE_OBJECTS)
	$(SAY)$(CLANG) $(COVERAGE_FLAGS) -o $@ $^ $(CMOCKA)

coverage: $(COVERAGE_TESTS)
	@rm -f $(COVERAGE)/*.profraw
	@for test in $(COVERAGE_TESTS); do \
	  LLVM_PROFILE_FILE=$$test.profraw $$test >$$test.log 2>&1 || { cat $$test.log; exit 1; }; done
	@llvm-profdata$(LLVM_SUFFIX) merge -o $(COVERAGE)/all.profdata $(COVERAGE)/*.profraw
	@llvm-cov$(LLVM_SUFFIX) export -instr-profile=$(COVERAGE)/all.profdata \
	  $(COVERAGE_TESTS:%=-object=%) -sources lib > $(COVERAGE)/all.json
	@python3 -B tests/unit/coverage.py $(COVERAGE)/all.json

# ---- mutants: do the tests notice them? First without sanitizers, and then the survivors with sanitizers ----
#
# The test programs are built once. They are linked with an empty library, which the library of a mutant replaces, and
# then with all of lib/.

# This compiler is many times faster than an optimizing compiler, which only the survivors need.
MUTANTS_FAST ?= tcc
MUTANTS_COMMON := -std=c99 -Iinclude -Ilib -Itests -Itests/unit -fPIC -fno-semantic-interposition
MUTANTS_LIBS := -Wl,--no-as-needed -lpatch -lmutant
# An optimizing compiler may divide by 0 without a trap.
MUTANTS_PLAIN := -O1 -fsanitize=integer-divide-by-zero -fsanitize-undefined-trap-on-error
MUTANTS_STRICT := -O1 -fsanitize=address,undefined -fno-sanitize-recover=all \
  -Werror=incompatible-pointer-types -Werror=int-conversion
MUTANTS_UNITS := $(patsubst tests/unit/%.c,%,$(wildcard tests/unit/test_*.c))
# These take 15 s and 5 s with the sanitizers.
MUTANTS_LONG := test_drain_promise test_drain_pace

# $(1): plain or strict; $(2): its flags
define MUTANTS_RULES
$(BUILD)/mutants/$(1)/%.o: %.c
	@mkdir -p $$(@D)
	$$(SAY)$$(CC) $$(MUTANTS_COMMON) $(2) -MMD -MP -c -o $$@ $$<

$(BUILD)/mutants/$(1)/libmutant.so: $(LIB_SOURCES:%.c=$(BUILD)/mutants/$(1)/%.o)
	$$(SAY)$$(CC) $(2) -shared -o $$@ $$^

$(BUILD)/mutants/$(1)/libpatch.so:
	@mkdir -p $$(@D)
	$$(SAY)$$(CC) $(2) -shared -o $$@ -x c /dev/null

# An archive, so that a program contains only the parts that it uses, and reaches no more of lib/.
$(BUILD)/mutants/$(1)/support.a: $(patsubst %.c,$(BUILD)/mutants/$(1)/%.o,$(wildcard tests/unit/support/*.c))
	$$(SAY)rm -f $$@; $$(AR) rcs $$@ $$^

$(BUILD)/mutants/$(1)/test_%: $(BUILD)/mutants/$(1)/tests/unit/test_%.o $(BUILD)/mutants/$(1)/support.a \
  $(BUILD)/mutants/$(1)/libpatch.so $(BUILD)/mutants/$(1)/libmutant.so
	$$(SAY)$$(CC) $(2) -o $$@ $$(filter %.o %.a,$$^) -L$(BUILD)/mutants/$(1) $(MUTANTS_LIBS) $$(CMOCKA)

mutants: $(MUTANTS_UNITS:%=$(BUILD)/mutants/$(1)/%)
endef
$(eval $(call MUTANTS_RULES,plain,$(MUTANTS_PLAIN)))
$(eval $(call MUTANTS_RULES,strict,$(MUTANTS_STRICT)))

$(BUILD)/mutants/plain/play: $(BUILD)/mutants/plain/tests/model/transcripts/play.o \
  $(addprefix $(BUILD)/mutants/plain/,libpatch.so libmutant.so)
	$(SAY)$(CC) -o $@ $(filter %.o,$^) -L$(BUILD)/mutants/plain $(MUTANTS_LIBS)

# Programs that only the matrix runs: the fuzz targets, with their corpora and some inputs that they generate.
$(BUILD)/mutants/plain/fuzz-%: $(BUILD)/fuzz/%
	$(SAY)$(CLANG) $(FUZZ_FLAGS) -fsanitize=fuzzer -o $@ $(BUILD)/fuzz/tests/fuzz/$*.o $(BUILD)/fuzz/tests/model/reference.o \
	  $(patsubst %.c,$(BUILD)/fuzz/%.o,$(filter-out %/dialogues.c,$(wildcard tests/fuzz/$*/*.c))) -L$(BUILD)/mutants/plain $(MUTANTS_LIBS)

ifdef MATRIX
MUTANTS_MORE := $(foreach name,$(FUZZ_NAMES:fuzz-%=%),"$(BUILD)/mutants/plain/fuzz-$(name) -runs=2000 -seed=1 \
  -artifact_prefix=$(BUILD)/mutants/ $(BUILD)/mutants/found tests/fuzz/$(name)/corpus")
mutants: $(FUZZ_NAMES:%=$(BUILD)/mutants/plain/%) | $(BUILD)/mutants/found
$(BUILD)/mutants/found:
	@mkdir -p $@
endif

mutants: $(BUILD)/mutants/plain/play $(TRANSCRIPTS)
mutants:
	@CMOCKA='$(CMOCKA)' python3 -B tests/mutants/mutate.py \
	  $(BUILD)/mutants/plain $(MUTANTS_FAST) $(MUTANTS_COMMON) -- $(MUTANTS_UNITS:%=$(BUILD)/mutants/plain/%) \
	  "$(BUILD)/mutants/plain/play $(TRANSCRIPTS)" $(MUTANTS_MORE) -- \
	  $(BUILD)/mutants/strict $(CC) $(MUTANTS_COMMON) $(MUTANTS_STRICT) -- \
	  $(patsubst %,$(BUILD)/mutants/strict/%,$(filter-out $(MUTANTS_LONG),$(MUTANTS_UNITS)))


# ---- portability: `make portability-NAME` runs one machine ----

CMOCKA_SOURCE := $(BUILD)/cmocka
PORTABILITY := $(addprefix portability-,gcc-O0 gcc-O3 clang-O0 clang-O3 i386 s390x armhf musl mingw)

$(CMOCKA_SOURCE)/src/cmocka.c:
	sh tests/package/portability/cmocka.sh $(CMOCKA_SOURCE)

# The headers of the kernel are those of the 64-bit system. gcc-multilib, which links to them, cannot be installed
# together with a cross compiler.
CC_I386 := gcc -m32 -idirafter /usr/include/x86_64-linux-gnu

# $(1): name; $(2): the command that runs programs; $(3): the compiler
define PORTABILITY_RULE
portability-$(1): $(CMOCKA_SOURCE)/src/cmocka.c
	@sh tests/package/portability/unit.sh $(1) $(CMOCKA_SOURCE) "$(2)" $(3)
endef
$(eval $(call PORTABILITY_RULE,gcc-O0,,gcc -O0))
$(eval $(call PORTABILITY_RULE,gcc-O3,,gcc -O3))
$(eval $(call PORTABILITY_RULE,clang-O0,,$(CLANG) -O0))
$(eval $(call PORTABILITY_RULE,clang-O3,,$(CLANG) -O3))
$(eval $(call PORTABILITY_RULE,i386,sh tests/package/portability/i386.sh,$(CC_I386) -O2))
$(eval $(call PORTABILITY_RULE,s390x,qemu-s390x-static,$(CLANG) --target=s390x-linux-gnu -static -O2))
$(eval $(call PORTABILITY_RULE,armhf,qemu-arm-static,$(CLANG) --target=arm-linux-gnueabihf -static -O2))
$(eval $(call PORTABILITY_RULE,musl,,musl-gcc -static -O2))
$(eval $(call PORTABILITY_RULE,mingw,sh tests/package/portability/wine.sh,x86_64-w64-mingw32-gcc -static -O2))

portability: $(PORTABILITY)
	@CC=$(CC) sh tests/package/portability/libc.sh
	@echo "portability: unit tests on $(words $(PORTABILITY)) platforms ($(PORTABILITY:portability-%=%))"

# ---- analyzers of the source, of the running unit tests, and of threads ----

ANALYSE_FLAGS := -std=c99 -Iinclude -O2

# The output is a file, because a compiler that fails removes its output, and root would remove /dev/null.
analyse-gcc:
	@mkdir -p $(BUILD)
	@for source in $(LIB_SOURCES); do gcc $(ANALYSE_FLAGS) -fanalyzer -Werror -c -o $(BUILD)/analyse.o $$source || exit 1; done
	@echo "analyse-gcc: -fanalyzer, nothing found in $(words $(LIB_SOURCES)) files"

analyse-clang-tidy:
	@clang-tidy$(LLVM_SUFFIX) -quiet $(LIB_SOURCES) -- $(ANALYSE_FLAGS) 2>$(BUILD)/clang-tidy.log || { cat $(BUILD)/clang-tidy.log; exit 1; }
	@echo "analyse-clang-tidy: $$(clang-tidy$(LLVM_SUFFIX) -list-checks | grep -c '^ ') checks, nothing found"

analyse-scan-build:
	@mkdir -p $(BUILD)
	@scan-build$(LLVM_SUFFIX) --status-bugs -o $(BUILD)/scan-build \
	  sh -c 'for source in $(LIB_SOURCES); do $$CC $(ANALYSE_FLAGS) -c -o $(BUILD)/analyse-scan.o $$source || exit 1; done' >$(BUILD)/scan-build.log 2>&1 \
	  || { cat $(BUILD)/scan-build.log; exit 1; }
	@echo "analyse-scan-build: nothing found"

analyse-cppcheck:
	@cppcheck -q --std=c99 --enable=warning,style,performance,portability --error-exitcode=1 \
	  -Iinclude lib
	@echo "analyse-cppcheck: nothing found"

# Each version of clang-format formats a little differently, so the tree uses the version of Debian 12. Tests have the
# same format, except for tables, whose columns clang-format would not keep.
FORMATTED = $(shell find lib include examples -name '*.[ch]')
FORMAT ?= --dry-run --Werror

analyse-format:
	@clang-format-14 $(FORMAT) $(FORMATTED)
	@echo "analyse-format: $(words $(FORMATTED)) files agree with .clang-format"

VALGRIND := valgrind -q --error-exitcode=1 --leak-check=full --show-leak-kinds=all
MEMCHECKS := $(MUTANTS_UNITS:%=memcheck-%)

$(MEMCHECKS): memcheck-%: $(BUILD)/mutants/plain/%
	@LD_LIBRARY_PATH=$(BUILD)/mutants/plain $(VALGRIND) $< >$(BUILD)/$@.log 2>&1 || { cat $(BUILD)/$@.log; exit 1; }

memcheck: $(MEMCHECKS)
	@echo "memcheck: $(words $(MUTANTS_UNITS)) test programs, no error, no leak"

$(BUILD)/threads: tests/programs/threads.c $(LIB_SOURCES)
	$(CLANG) $(C99) $(WARNINGS) -Werror -D_POSIX_C_SOURCE=200809L -O1 -g -fsanitize=thread -o $@ $^ -pthread

threads: $(BUILD)/threads
	@setarch -R $(BUILD)/threads

analyse: analyse-gcc analyse-clang-tidy analyse-scan-build analyse-cppcheck analyse-format memcheck threads

.PHONY: analyse analyse-gcc analyse-clang-tidy analyse-scan-build analyse-cppcheck analyse-format memcheck $(MEMCHECKS) threads

# ---- faults: the echo server while system calls fail (tests/unit/ lets calls of the library fail) ----

$(BUILD)/tests/faults/shim.so: tests/programs/shim.c
	@mkdir -p $(@D)
	$(SAY)$(CC) -std=c99 $(WARNINGS) -O2 -fPIC -shared -o $@ $< -ldl

faults: $(BUILD)/tests/faults/shim.so $(TEST_PROGRAMS)
	@python3 -B tests/programs/test_faults.py

.PHONY: faults

# ---- prove: the model checker CBMC. tests/prove/prove_NAME.c states the proofs, and tests/prove/run.py runs them ----
#
# deps-prove installs the tools on Debian 13 or in a chroot of it (tests/trixie.sh). NAME=text selects one harness, and
# PROOF=bye one proof in it. prove-sanity plants N of the faults that the proofs name and N changes of claimed lines, at
# random from SEED.

NAME ?= *
PROVE_CHANGES = $(if $(filter command%,$(origin N)),$(N))
PROVE_THERE = sh tests/trixie.sh run env PROOF=$(PROOF) TRACE=$(TRACE) N=$(PROVE_CHANGES) SEED=$(SEED) python3 -B tests/prove
PROVE = $(wildcard tests/prove/prove_$(NAME).c)

.PHONY: deps-prove prove prove-sanity

deps-prove:
	sh tests/trixie.sh install cadical cbmc cvc5 gcc libc6-dev python3

prove:
	@$(PROVE_THERE)/run.py $(PROVE)

prove-sanity:
	@$(PROVE_THERE)/test_run.py
	@$(PROVE_THERE)/run.py --sanity $(PROVE)

# ---- package: the library as packagers and vendors get it ----

DIST_NAME := slogout-$(VERSION)
DIST := $(BUILD)/$(DIST_NAME).tar.gz
PACKAGE := $(BUILD)/package

.PHONY: dist abi abi-record package-check deps-package deps-plot

dist: transcripts
	@sh tests/package/dist.sh $(DIST_NAME) $(BUILD)
	@echo "dist: $(DIST)"

abi abi-record:
	@sh tests/package/abi.sh $(if $(filter abi-record,$@),record,check) $(PACKAGE)/abi

deps-package: deps
	sh tests/apt.sh bmake clang-19 cmake g++ git lld-19 llvm-19 musl-dev musl-tools tcc \
	  libc6-dev-i386 lib32gcc-12-dev gcc-mingw-w64-x86-64 wine wine64 qemu-user-static

# The program that `make plot` uses.
deps-plot: deps
	sh tests/apt.sh gnuplot-nox

PACKAGE_PARTS := package-one-file package-build package-cmake package-windows package-macos package-headers abi

.PHONY: package-parts package-distribution $(PACKAGE_PARTS)

package-check:
	@$(MAKE) --no-print-directory -s $(if $(filter -j%,$(MAKEFLAGS)),,-j2) -Otarget package-parts
	@echo "package-check: all parts hold ($(PACKAGE_PARTS:package-%=%))"

package-parts: $(PACKAGE_PARTS)

# Leaves the unpacked distribution for the other parts.
package-distribution: dist
	@MAKE='$(MAKE)' CC='$(CC)' sh tests/package/distribution.sh $(DIST) $(DIST_NAME) $(PACKAGE)/dist

package-one-file package-build package-cmake package-windows package-macos: package-distribution

# The one file of the distribution, as a vendor gets it.
package-one-file:
	@CLANG=$(CLANG) sh tests/package/one_file.sh $(PACKAGE)/dist/$(DIST_NAME)/amalgamation $(PACKAGE)/one_file

package-build:
	@MAKE='$(MAKE)' CC='$(CC)' sh tests/package/build.sh $(PACKAGE)/dist/$(DIST_NAME)

package-cmake:
	@sh tests/package/cmake.sh $(PACKAGE)/dist/$(DIST_NAME)

package-headers:
	@CLANG=$(CLANG) sh tests/package/portability/headers.sh

package-windows:
	@MAKE='$(MAKE)' sh tests/package/windows.sh $(PACKAGE)/dist/$(DIST_NAME)

package-macos:
	@MAKE='$(MAKE)' CLANG=$(CLANG) LLVM_SUFFIX=$(LLVM_SUFFIX) sh tests/package/macos.sh $(PACKAGE)/dist/$(DIST_NAME)

# The dependencies of each object.
-include $(foreach part,tests/model fuzz dialogues coverage mutants,$(shell find $(BUILD)/$(part) -name '*.d' 2>/dev/null))
