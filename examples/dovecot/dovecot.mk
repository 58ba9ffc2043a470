# SPDX-License-Identifier: BSD-2-Clause
## Dovecot plugin
##   make dovecot              builds the plugin for the Dovecot, 2.3 or 2.4, whose headers are installed
##   make install-dovecot      installs the plugin where Dovecot looks for plugins
##   make uninstall-dovecot    removes it
##   make dovecot-check        tests the plugin with a real Dovecot (deps-dovecot)
##   make dovecot24            builds the plugin for Dovecot 2.4 on Debian 13 or in a chroot of it (deps-dovecot24)
##   make dovecot24-check      tests it there

DOVECOT_INCLUDE ?= /usr/include/dovecot
DOVECOT_MODULES ?= /usr/lib/dovecot/modules

# The time in which the tests kick 30 clients at random.
DOVECOT_STRESS_SECONDS ?= 15

DOVECOT := $(BUILD)/dovecot
DOVECOT_PLUGIN := $(DOVECOT)/lib95_imap_slogout_plugin.so
# 2.4 has its own parser for settings, which loads their declaration from a second file.
DOVECOT_SETTINGS := $(DOVECOT)/settings/libimap_slogout_settings.so
DOVECOT_IS_24 := $(shell grep -qs 'DOVECOT_ABI_VERSION "2\.4' $(DOVECOT_INCLUDE)/config.h && echo yes)
DOVECOT_FILES := $(DOVECOT_PLUGIN) $(if $(DOVECOT_IS_24),$(DOVECOT_SETTINGS))
DOVECOT_SOURCES := $(filter-out examples/dovecot/dovecot2%,$(wildcard examples/dovecot/*.c)) \
  $(wildcard examples/dovecot/dovecot$(if $(DOVECOT_IS_24),24,23)*.c)
DOVECOT_OBJECTS := $(DOVECOT_SOURCES:examples/dovecot/%.c=$(DOVECOT)/%.o)

# Dovecot's headers are GNU C. Its macros check types with arrays that -Wvla takes for variable-length arrays.
DOVECOT_WARNINGS := $(filter-out -pedantic -Wvla,$(WARNINGS))
DOVECOT_LINK = $(CC) $(CFLAGS) $(LDFLAGS) -shared -Wl,--exclude-libs,ALL -o $@ $^

.PHONY: dovecot dovecot-check install-dovecot uninstall-dovecot deps-dovecot dovecot24 dovecot24-check deps-dovecot24

dovecot: $(DOVECOT_FILES)

$(DOVECOT)/%.o: examples/dovecot/%.c
	@mkdir -p $(@D)
	$(SAY)$(CC) -std=gnu99 -Iinclude -isystem $(DOVECOT_INCLUDE) -DHAVE_CONFIG_H -MMD -MP $(DOVECOT_WARNINGS) \
	  -fPIC -fvisibility=hidden $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

$(DOVECOT_PLUGIN): $(DOVECOT_OBJECTS) $(STATIC)
	$(SAY)$(DOVECOT_LINK)

$(DOVECOT_SETTINGS): $(DOVECOT)/dovecot24_settings.o $(DOVECOT)/settings.o $(STATIC)
	@mkdir -p $(@D)
	$(SAY)$(DOVECOT_LINK)

install-dovecot: $(DOVECOT_FILES)
	$(INSTALL) -d $(DESTDIR)$(DOVECOT_MODULES)
	$(INSTALL) -m 644 $(DOVECOT_PLUGIN) $(DESTDIR)$(DOVECOT_MODULES)
ifdef DOVECOT_IS_24
	$(INSTALL) -d $(DESTDIR)$(DOVECOT_MODULES)/settings
	$(INSTALL) -m 644 $(DOVECOT_SETTINGS) $(DESTDIR)$(DOVECOT_MODULES)/settings
endif

uninstall-dovecot:
	rm -f $(DESTDIR)$(DOVECOT_MODULES)/$(notdir $(DOVECOT_PLUGIN))
	rm -f $(DESTDIR)$(DOVECOT_MODULES)/settings/$(notdir $(DOVECOT_SETTINGS))

deps-dovecot:
	sh examples/dovecot/tests/deps.sh

dovecot-check: $(DOVECOT_FILES)
	DOVECOT_STRESS_SECONDS=$(DOVECOT_STRESS_SECONDS) python3 -B examples/dovecot/tests/run.py

# ---- Dovecot 2.4, on Debian 13 ----

deps-dovecot24:
	sh tests/trixie.sh install gcc libc6-dev make
	sh tests/trixie.sh run make deps-dovecot

dovecot24:
	sh tests/trixie.sh run make dovecot

dovecot24-check:
	sh tests/trixie.sh run make dovecot-check DOVECOT_STRESS_SECONDS=$(DOVECOT_STRESS_SECONDS)

-include $(DOVECOT_OBJECTS:.o=.d)
