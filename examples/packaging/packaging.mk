# SPDX-License-Identifier: BSD-2-Clause
## Debian packages
##   make packages             builds the packages for the running Debian in build/packages/ (deps-packages)
##   make packages-check       builds them twice, and tests them in a temporary copy of this system; needs root
##   make packages13-check     does the same on Debian 13 or in a chroot of it (deps-packages13)

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
