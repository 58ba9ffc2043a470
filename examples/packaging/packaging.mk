# SPDX-License-Identifier: BSD-2-Clause
## Debian packages
##   make packages             builds them for the Debian that is installed, in build/packages/ (deps-packages)
##   make packages-check       builds them twice, and tests them in a copy of this system that is discarded; needs root
##   make packages13-check     the same on Debian 13, elsewhere in a chroot (deps-packages13)

PACKAGES := $(BUILD)/packages
PACKAGES_NEED := autopkgtest build-essential debhelper fakeroot lintian pkg-config

.PHONY: packages packages-check deps-packages packages13-check deps-packages13

packages: dist
	@sh examples/packaging/build.sh $(DIST) $(VERSION) $(PACKAGES)

packages-check: dist
	@sh examples/packaging/check.sh $(DIST) $(VERSION) $(PACKAGES)

deps-packages:
	sh examples/dovecot/tests/deps.sh
	sh tests/apt.sh $(PACKAGES_NEED)

deps-packages13:
	sh tests/trixie.sh install gcc libc6-dev make
	sh tests/trixie.sh run make deps-packages

packages13-check:
	sh tests/trixie.sh run make packages-check
