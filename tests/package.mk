# The library as packagers and vendors get it: one file, a distribution, other platforms, and what a version promises.

DIST_NAME := slogout-$(VERSION)
DIST := build/$(DIST_NAME).tar.gz
ONE_FILE := build/amalgamation
PACKAGE := build/package

.PHONY: amalgamation dist abi abi-record package-check deps-package deps-plot

amalgamation:
	@python3 -B tests/package/amalgamate.py $(ONE_FILE)

dist:
	@mkdir -p build
	@sh tests/package/dist.sh $(DIST_NAME) $(DIST)
	@echo "dist: $(DIST)"

# Not the library that is installed: the user's flags do not change what is compared.
$(PACKAGE)/libabi.so: $(LIB_SOURCES) $(wildcard lib/*.h) $(HEADERS) lib/slogout.map build/flags
	@mkdir -p $(@D)
	$(SAY)$(CC) -std=c99 -Iinclude $(FOR_SHARED) -g -shared -Wl,-soname,libslogout.so.$(SOVERSION) \
	  -Wl,--version-script,lib/slogout.map -o $@ $(LIB_SOURCES)

abi abi-record: $(PACKAGE)/libabi.so
	@CC='$(CC)' sh tests/package/abi.sh $(if $(filter abi-record,$@),record,check) $<

deps-package: deps
	sh tests/apt.sh abigail-tools bmake clang-19 lld-19 llvm-19 g++ git musl-dev \
	  libc6-dev-i386 lib32gcc-12-dev gcc-mingw-w64-x86-64 wine wine64 qemu-user-static

# What `make plot` draws with.
deps-plot: deps
	sh tests/apt.sh gnuplot-nox

# ---- package-check ----

ONE_FILE_PLATFORMS := $(addprefix package-one-file-,gcc clang i386)
PACKAGE_PARTS := package-one-file $(ONE_FILE_PLATFORMS) package-build package-windows package-macos abi

.PHONY: package-parts package-distribution $(PACKAGE_PARTS)

package-check:
	@$(MAKE) --no-print-directory -s $(if $(filter -j%,$(MAKEFLAGS)),,-j2) -Otarget package-parts
	@echo "package-check: all parts hold ($(PACKAGE_PARTS:package-%=%))"

package-parts: $(PACKAGE_PARTS)

package-one-file: amalgamation
	@CLANG=$(CLANG) sh tests/package/one_file.sh $(ONE_FILE) $(PACKAGE)/one_file

# The unit tests with the one file. $(1): name, $(2): what runs its programs, $(3): its compiler
define ONE_FILE_RULE
package-one-file-$(1): amalgamation $(CMOCKA_SOURCE)/src/cmocka.c
	@ONE_FILE=$(ONE_FILE) sh tests/portability/unit.sh one-file-$(1) $(CMOCKA_SOURCE) "$(2)" $(3)
endef
$(eval $(call ONE_FILE_RULE,gcc,,gcc -O2))
$(eval $(call ONE_FILE_RULE,clang,,$(CLANG) -O2))
$(eval $(call ONE_FILE_RULE,i386,sh tests/portability/i386.sh,$(CC_I386) -O2))

# Leaves the distribution unpacked for the others.
package-distribution: dist
	@MAKE='$(MAKE)' CC='$(CC)' sh tests/package/distribution.sh $(DIST) $(DIST_NAME) $(PACKAGE)/dist

package-build package-windows package-macos: package-distribution

package-build:
	@MAKE='$(MAKE)' CC='$(CC)' sh tests/package/build.sh $(PACKAGE)/dist/$(DIST_NAME)

package-windows:
	@MAKE='$(MAKE)' sh tests/package/windows.sh $(PACKAGE)/dist/$(DIST_NAME)

package-macos:
	@MAKE='$(MAKE)' CLANG=$(CLANG) LLVM_SUFFIX=$(LLVM_SUFFIX) sh tests/package/macos.sh $(PACKAGE)/dist/$(DIST_NAME)
