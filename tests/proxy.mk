# The proxy between servers and clients that no one here wrote. `make deps-proxy` installs them (Debian 12).

MAIL_SERVERS := build/mail-servers
TEST_PROXY_OBJECTS := $(patsubst %.c,build/tests/%.o,examples/proxy.c $(wildcard examples/common/*.c examples/relay/*.c))

.PHONY: deps-proxy interop-proxy

build/tests/examples/proxy: $(TEST_PROXY_OBJECTS) $(TEST_LIB_OBJECTS)
	$(CC) $(TEST_CFLAGS) -o $@ $^

deps-proxy:
	sh tests/proxy/deps.sh $(MAIL_SERVERS)

interop-proxy: build/tests/examples/proxy build/examples/proxy build/examples/echo_server
	cd tests/proxy && MAIL_SERVERS=$(abspath $(MAIL_SERVERS)) python3 -B -m unittest -v $(PROXY_TESTS)

-include $(TEST_PROXY_OBJECTS:.o=.d)
