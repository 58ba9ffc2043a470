# The plugin for Dovecot 2.3.
#   make dovecot             builds it, with the headers of Debian's dovecot-dev
#   make install-dovecot     puts it where Dovecot looks for plugins
#   make deps-dovecot dovecot-check   installs what the tests need, then runs them against a real Dovecot

DOVECOT_INCLUDE ?= /usr/include/dovecot
DOVECOT_MODULES ?= /usr/lib/dovecot/modules

DOVECOT_PLUGIN := build/dovecot/lib95_imap_slogout_plugin.so
DOVECOT_OBJECTS := $(patsubst examples/dovecot/%.c,build/dovecot/%.o,$(wildcard examples/dovecot/*.c))

# Dovecot's headers are GNU C, and its macros check types with arrays that look variable to -Wvla.
DOVECOT_WARNINGS := $(filter-out -pedantic -Wvla,$(WARNINGS))

.PHONY: dovecot dovecot-check install-dovecot deps-dovecot

dovecot: $(DOVECOT_PLUGIN)

build/dovecot/%.o: examples/dovecot/%.c
	@mkdir -p $(@D)
	$(SAY)$(CC) -std=gnu99 -Iinclude -isystem $(DOVECOT_INCLUDE) -DHAVE_CONFIG_H -MMD -MP $(DOVECOT_WARNINGS) \
	  -fPIC -fvisibility=hidden $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

$(DOVECOT_PLUGIN): $(DOVECOT_OBJECTS) $(STATIC)
	$(SAY)$(CC) $(CFLAGS) $(LDFLAGS) -shared -Wl,--exclude-libs,ALL -o $@ $^

install-dovecot: $(DOVECOT_PLUGIN)
	$(INSTALL) -d $(DESTDIR)$(DOVECOT_MODULES)
	$(INSTALL) -m 644 $(DOVECOT_PLUGIN) $(DESTDIR)$(DOVECOT_MODULES)

deps-dovecot:
	sh tests/dovecot/deps.sh

dovecot-check: $(DOVECOT_PLUGIN)
	python3 -B -m unittest discover -s tests/dovecot -v

-include $(DOVECOT_OBJECTS:.o=.d)
