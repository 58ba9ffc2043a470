# The library as packagers and vendors get it: one file, a distribution, other platforms, and what a version promises.

DIST_NAME := slogout-$(VERSION)
DIST := build/$(DIST_NAME).tar.gz
ONE_FILE := build/amalgamation
PACKAGE := build/package

.PHONY: amalgamation dist abi abi-record package-check deps-package deps-plot

amalgamation:
	@sh lib/amalgamate.sh $(ONE_FILE)

dist:
	@sh tests/package/dist.sh $(DIST_NAME) build
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

PACKAGE_PARTS := package-one-file package-build package-windows package-macos abi

.PHONY: package-parts package-distribution $(PACKAGE_PARTS)

package-check:
	@$(MAKE) --no-print-directory -s $(if $(filter -j%,$(MAKEFLAGS)),,-j2) -Otarget package-parts
	@echo "package-check: all parts hold ($(PACKAGE_PARTS:package-%=%))"

package-parts: $(PACKAGE_PARTS)

package-one-file: amalgamation
	@CLANG=$(CLANG) sh tests/package/one_file.sh $(ONE_FILE) $(PACKAGE)/one_file

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
