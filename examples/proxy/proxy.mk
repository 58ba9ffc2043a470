# The proxy as a program of its own: make install-proxy.

SBINDIR ?= $(PREFIX)/sbin

.PHONY: install-proxy uninstall-proxy

build/examples/proxy: $(RELAY_OBJECTS)
build/examples/proxy: LDFLAGS += -pthread

install-proxy: build/examples/proxy
	$(INSTALL) -d "$(DESTDIR)$(SBINDIR)" "$(TO_MAN)/man8"
	$(INSTALL) -m 755 build/examples/proxy "$(DESTDIR)$(SBINDIR)/slogout-proxy"
	$(INSTALL) -m 644 man/slogout-proxy.8 "$(TO_MAN)/man8"

uninstall-proxy:
	rm -f "$(DESTDIR)$(SBINDIR)/slogout-proxy" "$(TO_MAN)/man8/slogout-proxy.8"
