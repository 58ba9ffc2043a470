# What proves the library: `make verify` runs all of it, and each part ends with a line that states its figure.
# `make deps-verify` installs what this needs (Debian 12).

CLANG ?= clang-19
LLVM_SUFFIX ?= -19

.PHONY: verify deps-verify exhaustive fuzz coverage mutants portability

VERIFY_PARTS := coverage exhaustive faults portability analyse fuzz mutants

# One part after the other, each on two cores.
verify:
	@for part in $(VERIFY_PARTS); do $(MAKE) --no-print-directory -s -j2 -Otarget $$part || exit 1; done
	@echo "verify: $(words $(VERIFY_PARTS)) parts hold ($(VERIFY_PARTS))"

deps-verify: deps
	sh tests/apt.sh clang-19 llvm-19 libclang-rt-19-dev clang-tidy-19 clang-tools-19 cppcheck g++ tcc util-linux \
	  libc6-dev-i386 lib32gcc-12-dev musl-tools gcc-mingw-w64-x86-64 wine wine64 qemu-user-static \
	  binutils-s390x-linux-gnu libc6-dev-s390x-cross libgcc-12-dev-s390x-cross \
	  binutils-arm-linux-gnueabihf libc6-dev-armhf-cross libgcc-12-dev-armhf-cross

# ---- exhaustive: each sequence of events, each short string ----

EXHAUSTIVE := build/tests/exhaustive
# 6 steps take a minute.
DRAIN_STEPS ?= 5
EXHAUSTIVE_FLAGS := -O2 -g
EXHAUSTIVE_LIB := $(LIB_SOURCES:lib/%.c=$(EXHAUSTIVE)/lib/%.o)

$(EXHAUSTIVE)/lib/%.o: lib/%.c
	@mkdir -p $(@D)
	$(SAY)$(CC) $(C99) $(WARNINGS) -Werror $(EXHAUSTIVE_FLAGS) -c -o $@ $<

$(EXHAUSTIVE)/%.o: tests/exhaustive/%.c
	@mkdir -p $(@D)
	$(SAY)$(CC) $(C99) $(WARNINGS) -Werror -Ilib $(EXHAUSTIVE_FLAGS) -c -o $@ $<

$(EXHAUSTIVE)/session: $(addprefix $(EXHAUSTIVE)/,session.o world.o model.o properties.o choose.o) $(EXHAUSTIVE_LIB)
$(EXHAUSTIVE)/response: $(addprefix $(EXHAUSTIVE)/,response.o reference.o) $(EXHAUSTIVE_LIB)
$(EXHAUSTIVE)/drain: $(EXHAUSTIVE)/drain.o $(EXHAUSTIVE_LIB)
$(EXHAUSTIVE)/session $(EXHAUSTIVE)/response $(EXHAUSTIVE)/drain:
	$(SAY)$(CC) $(EXHAUSTIVE_FLAGS) -o $@ $^

exhaustive: exhaustive-session exhaustive-response exhaustive-drain

exhaustive-session: $(EXHAUSTIVE)/session
	$<

exhaustive-response: $(EXHAUSTIVE)/response
	$<

exhaustive-drain: $(EXHAUSTIVE)/drain
	$< $(DRAIN_STEPS)

.PHONY: exhaustive-session exhaustive-response exhaustive-drain

# ---- fuzz: tests/fuzz/NAME.c with tests/fuzz/NAME/dictionary and corpus/ ----

FUZZ_SECONDS ?= 60
FUZZ_FLAGS := -O1 -g -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
FUZZ := $(patsubst tests/fuzz/%.c,build/fuzz/%,$(wildcard tests/fuzz/*.c))
FUZZ_LIB := $(LIB_SOURCES:%.c=build/fuzz/%.o) build/fuzz/tests/exhaustive/reference.o
FUZZ_ECHO := build/fuzz/examples/echo/command_reader.o build/fuzz/examples/echo/words.o \
  build/fuzz/examples/common/queue.o

build/fuzz/%.o: %.c
	@mkdir -p $(@D)
	$(SAY)$(CLANG) $(C99) $(WARNINGS) -Werror -Ilib -Itests -Iexamples $(FUZZ_FLAGS) -c -o $@ $<

build/fuzz/response build/fuzz/session build/fuzz/imap_client build/fuzz/imap_server build/fuzz/filter: $(FUZZ_LIB)
build/fuzz/filter: build/fuzz/tests/fuzz/filter/reference.o
build/fuzz/imap_client build/fuzz/imap_server: build/fuzz/tests/fuzz/scanners/agree.o
build/fuzz/command_reader: $(FUZZ_ECHO)
$(FUZZ): build/fuzz/%: build/fuzz/tests/fuzz/%.o
	$(SAY)$(CLANG) $(FUZZ_FLAGS) -fsanitize=fuzzer -o $@ $^

FUZZ_NAMES := $(FUZZ:build/fuzz/%=fuzz-%)

$(FUZZ_NAMES): fuzz-%: build/fuzz/%
	@sh tests/fuzz/run.sh $< $(FUZZ_SECONDS)

fuzz: $(FUZZ_NAMES)
.PHONY: $(FUZZ_NAMES)

# ---- coverage of lib/ by the unit tests alone ----

COVERAGE := build/coverage
COVERAGE_FLAGS := -O0 -g -fprofile-instr-generate -fcoverage-mapping -fcoverage-mcdc
COVERAGE_TESTS := $(patsubst tests/unit/%.c,$(COVERAGE)/%,$(wildcard tests/unit/test_*.c))
COVERAGE_OBJECTS := $(LIB_SOURCES:%.c=$(COVERAGE)/%.o) \
  $(patsubst %.c,$(COVERAGE)/%.o,$(wildcard tests/support/*.c)) \
  $(TEST_EXAMPLE_OBJECTS:build/tests/examples/%.o=$(COVERAGE)/examples/%.o)

$(COVERAGE)/%.o: %.c
	@mkdir -p $(@D)
	$(SAY)$(CLANG) $(C99) $(WARNINGS) -Ilib -Itests -Iexamples $(COVERAGE_FLAGS) -c -o $@ $<

$(COVERAGE_TESTS): $(COVERAGE)/%: $(COVERAGE)/tests/unit/%.o $(COVERAGE_OBJECTS)
	$(SAY)$(CLANG) $(COVERAGE_FLAGS) -o $@ $^ $(CMOCKA)

coverage: $(COVERAGE_TESTS)
	@rm -f $(COVERAGE)/*.profraw
	@for test in $(COVERAGE_TESTS); do \
	  LLVM_PROFILE_FILE=$$test.profraw $$test >$$test.log 2>&1 || { cat $$test.log; exit 1; }; done
	@llvm-profdata$(LLVM_SUFFIX) merge -o $(COVERAGE)/all.profdata $(COVERAGE)/*.profraw
	@llvm-cov$(LLVM_SUFFIX) export -instr-profile=$(COVERAGE)/all.profdata \
	  $(COVERAGE_TESTS:%=-object=%) -sources lib > $(COVERAGE)/all.json
	@python3 -B tests/coverage/report.py $(COVERAGE)/all.json

# ---- mutants: do the tests notice? Without sanitizers first, then the survivors with them ----
#
# The test programs are built once, with a shared library that the library of each mutant replaces.

# Compiles many times faster than an optimizing compiler, which only the survivors need.
MUTANTS_FAST ?= tcc
MUTANTS_COMMON := -std=c99 -Iinclude -Ilib -Itests -Iexamples -fPIC -fno-semantic-interposition
MUTANTS_PLAIN := -O1
MUTANTS_STRICT := -O1 -fsanitize=address,undefined -fno-sanitize-recover=all \
  -Werror=incompatible-pointer-types -Werror=int-conversion
MUTANTS_UNITS := $(patsubst tests/unit/%.c,%,$(wildcard tests/unit/test_*.c))
# Takes 15 s with the sanitizers.
MUTANTS_LONG := test_drain_promise

# $(1): plain or strict; $(2): its flags
define MUTANTS_RULES
build/mutants/$(1)/%.o: %.c
	@mkdir -p $$(@D)
	$$(SAY)$$(CC) $$(MUTANTS_COMMON) $(2) -MMD -MP -c -o $$@ $$<

build/mutants/$(1)/libmutant.so: $(LIB_SOURCES:%.c=build/mutants/$(1)/%.o)
	$$(SAY)$$(CC) $(2) -shared -o $$@ $$^

build/mutants/$(1)/test_%: build/mutants/$(1)/tests/unit/test_%.o build/mutants/$(1)/libmutant.so \
  $(patsubst %.c,build/mutants/$(1)/%.o,$(wildcard tests/support/*.c)) \
  $(TEST_EXAMPLE_OBJECTS:build/tests/examples/%.o=build/mutants/$(1)/examples/%.o)
	$$(SAY)$$(CC) $(2) -o $$@ $$(filter %.o,$$^) -Lbuild/mutants/$(1) -lmutant $$(CMOCKA)

build/mutants/$(1)/session: $(patsubst %,build/mutants/$(1)/tests/exhaustive/%.o,session world model properties choose)
build/mutants/$(1)/response: $(patsubst %,build/mutants/$(1)/tests/exhaustive/%.o,response reference)
build/mutants/$(1)/drain: build/mutants/$(1)/tests/exhaustive/drain.o
build/mutants/$(1)/session build/mutants/$(1)/response build/mutants/$(1)/drain: build/mutants/$(1)/libmutant.so
	$$(SAY)$$(CC) $(2) -o $$@ $$(filter %.o,$$^) -Lbuild/mutants/$(1) -lmutant

mutants: $(MUTANTS_UNITS:%=build/mutants/$(1)/%) build/mutants/$(1)/session build/mutants/$(1)/response \
  build/mutants/$(1)/drain
endef
$(eval $(call MUTANTS_RULES,plain,$(MUTANTS_PLAIN)))
$(eval $(call MUTANTS_RULES,strict,$(MUTANTS_STRICT)))

mutants:
	@CMOCKA='$(CMOCKA)' python3 -B tests/mutants/mutate.py \
	  build/mutants/fast $(MUTANTS_FAST) $(MUTANTS_COMMON) -- $(MUTANTS_UNITS:%=build/mutants/plain/%) \
	  "build/mutants/plain/response 5" "build/mutants/plain/session quick" "build/mutants/plain/drain 4" -- \
	  build/mutants/thorough $(CC) $(MUTANTS_COMMON) $(MUTANTS_STRICT) -- \
	  $(patsubst %,build/mutants/strict/%,$(filter-out $(MUTANTS_LONG),$(MUTANTS_UNITS))) \
	  "build/mutants/strict/response 4" "build/mutants/strict/drain 3"


# ---- portability: `make portability-NAME` runs one machine ----

CMOCKA_SOURCE := build/cmocka
PORTABILITY := $(addprefix portability-,gcc-O0 gcc-O3 clang-O0 clang-O3 i386 s390x armhf musl mingw)

$(CMOCKA_SOURCE)/src/cmocka.c:
	sh tests/portability/cmocka.sh $(CMOCKA_SOURCE)

# The kernel's headers are those of the other half of the system: gcc-multilib, which has a link to them, cannot stand
# beside a cross compiler.
CC_I386 := gcc -m32 -idirafter /usr/include/x86_64-linux-gnu

# $(1): name, $(2): the command that runs its programs, $(3): its compiler
define PORTABILITY_RULE
portability-$(1): $(CMOCKA_SOURCE)/src/cmocka.c
	@sh tests/portability/unit.sh $(1) $(CMOCKA_SOURCE) "$(2)" $(3)
endef
$(eval $(call PORTABILITY_RULE,gcc-O0,,gcc -O0))
$(eval $(call PORTABILITY_RULE,gcc-O3,,gcc -O3))
$(eval $(call PORTABILITY_RULE,clang-O0,,$(CLANG) -O0))
$(eval $(call PORTABILITY_RULE,clang-O3,,$(CLANG) -O3))
$(eval $(call PORTABILITY_RULE,i386,sh tests/portability/i386.sh,$(CC_I386) -O2))
$(eval $(call PORTABILITY_RULE,s390x,qemu-s390x-static,$(CLANG) --target=s390x-linux-gnu -static -O2))
$(eval $(call PORTABILITY_RULE,armhf,qemu-arm-static,$(CLANG) --target=arm-linux-gnueabihf -static -O2))
$(eval $(call PORTABILITY_RULE,musl,,musl-gcc -static -O2))
$(eval $(call PORTABILITY_RULE,mingw,sh tests/portability/wine.sh,x86_64-w64-mingw32-gcc -static -O2))

portability: $(PORTABILITY)
	@CLANG=$(CLANG) sh tests/portability/headers.sh
	@CC=$(CC) sh tests/portability/libc.sh
	@echo "portability: unit tests on $(words $(PORTABILITY)) platforms ($(PORTABILITY:portability-%=%))"

# ---- analyzers of the source, of the running unit tests, and of threads ----

ANALYSE_FLAGS := -std=c99 -Iinclude -O2

# To a file, because a compiler that fails removes its output, and root could lose /dev/null so.
analyse-gcc:
	@mkdir -p build
	@for source in $(LIB_SOURCES); do gcc $(ANALYSE_FLAGS) -fanalyzer -Werror -c -o build/analyse.o $$source || exit 1; done
	@echo "analyse-gcc: -fanalyzer, nothing found in $(words $(LIB_SOURCES)) files"

analyse-clang-tidy:
	@clang-tidy$(LLVM_SUFFIX) -quiet $(LIB_SOURCES) -- $(ANALYSE_FLAGS) 2>build/clang-tidy.log || { cat build/clang-tidy.log; exit 1; }
	@echo "analyse-clang-tidy: $$(clang-tidy$(LLVM_SUFFIX) -list-checks | grep -c '^ ') checks, nothing found"

analyse-scan-build:
	@mkdir -p build
	@scan-build$(LLVM_SUFFIX) --status-bugs -o build/scan-build \
	  sh -c 'for source in $(LIB_SOURCES); do $$CC $(ANALYSE_FLAGS) -c -o build/analyse-scan.o $$source || exit 1; done' >build/scan-build.log 2>&1 \
	  || { cat build/scan-build.log; exit 1; }
	@echo "analyse-scan-build: nothing found"

analyse-cppcheck:
	@cppcheck -q --std=c99 --enable=warning,style,performance,portability --error-exitcode=1 \
	  --suppress=unusedStructMember:lib/filter.c -Iinclude lib # struct filter's refusal is session.c's
	@echo "analyse-cppcheck: nothing found"

VALGRIND := valgrind -q --error-exitcode=1 --leak-check=full --show-leak-kinds=all
MEMCHECKS := $(MUTANTS_UNITS:%=memcheck-%)

$(MEMCHECKS): memcheck-%: build/mutants/plain/%
	@LD_LIBRARY_PATH=build/mutants/plain $(VALGRIND) $< >build/$@.log 2>&1 || { cat build/$@.log; exit 1; }

memcheck: $(MEMCHECKS)
	@echo "memcheck: $(words $(MUTANTS_UNITS)) test programs, no error, no leak"

build/threads: tests/threads/threads.c $(LIB_SOURCES)
	$(CLANG) $(C99) $(WARNINGS) -Werror -D_POSIX_C_SOURCE=200809L -O1 -g -fsanitize=thread -o $@ $^ -pthread

threads: build/threads
	@setarch -R build/threads

analyse: analyse-gcc analyse-clang-tidy analyse-scan-build analyse-cppcheck memcheck threads

.PHONY: analyse analyse-gcc analyse-clang-tidy analyse-scan-build analyse-cppcheck memcheck $(MEMCHECKS) threads

# ---- faults: the echo server while system calls fail (tests/unit/ has those of the library) ----

build/tests/faults/shim.so: tests/faults/shim.c
	@mkdir -p $(@D)
	$(SAY)$(CC) -std=c99 $(WARNINGS) -O2 -fPIC -shared -o $@ $< -ldl

faults: build/tests/faults/shim.so $(TEST_PROGRAMS)
	@python3 -B tests/faults/run.py

.PHONY: faults

# The dependencies of each object.
-include $(foreach part,tests/exhaustive fuzz coverage mutants,$(shell find build/$(part) -name '*.d' 2>/dev/null))
