# The proxy alone, and between servers and clients that others wrote. `make deps-proxy` installs these (Debian 12).

MAIL_SERVERS := build/mail-servers
PROXY_TESTS ?= test_program test_dovecot test_clients test_servers
TEST_RELAY_OBJECTS := $(RELAY_OBJECTS:build/%=build/tests/%)

.PHONY: deps-proxy proxy-check interop

build/tests/examples/proxy: $(TEST_RELAY_OBJECTS)

deps-proxy:
	sh tests/proxy/deps.sh $(MAIL_SERVERS)

proxy-check: build/tests/examples/proxy build/examples/proxy build/examples/echo_server
	cd tests/proxy && MAIL_SERVERS=$(abspath $(MAIL_SERVERS)) python3 -B -m unittest -v $(PROXY_TESTS)

interop: proxy-check

-include $(TEST_RELAY_OBJECTS:.o=.d)
