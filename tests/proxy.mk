# The proxy alone, and between servers and clients that others wrote. `make deps-proxy` installs these (Debian 12).

MAIL_SERVERS := build/mail-servers
PROXY_TESTS ?= test_program test_operator test_haproxy test_dovecot test_clients test_servers
TEST_RELAY_OBJECTS := $(RELAY_OBJECTS:build/%=build/tests/%)

PROXY_UNIT := $(addprefix build/tests/proxy/,test_proxy_header test_poller test_poller_poll)

.PHONY: deps-proxy proxy-unit proxy-check interop

build/tests/examples/proxy: $(TEST_RELAY_OBJECTS)

build/tests/proxy/%.o: tests/proxy/unit/%.c
	@mkdir -p $(@D)
	$(SAY)$(CC) $(C99) $(WARNINGS) -Werror -D_POSIX_C_SOURCE=200809L -Itests -Iexamples $(TEST_CFLAGS) -c -o $@ $<

# The poller once more, with what it has where there is nothing better.
build/tests/proxy/poller_poll.o: examples/common/poller.c
	@mkdir -p $(@D)
	$(SAY)$(CC) $(C99) $(WARNINGS) -Werror -DPOLLER_POLL -Iexamples $(TEST_CFLAGS) -c -o $@ $<

build/tests/proxy/test_proxy_header: build/tests/proxy/test_proxy_header.o build/tests/examples/relay/proxy_header.o
build/tests/proxy/test_poller: build/tests/proxy/test_poller.o build/tests/examples/common/poller.o
build/tests/proxy/test_poller_poll: build/tests/proxy/test_poller.o build/tests/proxy/poller_poll.o
$(PROXY_UNIT):
	$(SAY)$(CC) $(TEST_CFLAGS) -o $@ $^ $(CMOCKA)

proxy-unit: $(PROXY_UNIT)
	@for test in $(PROXY_UNIT); do $$test || exit 1; done

deps-proxy:
	sh tests/proxy/deps.sh $(MAIL_SERVERS)

# Beside each other, because they mostly wait.
proxy-check: proxy-unit build/tests/examples/proxy build/examples/proxy build/examples/echo_server \
  build/tests/faults/shim.so
	@$(MAKE) --no-print-directory -j3 -Otarget $(PROXY_TESTS:%=proxy-%)

$(PROXY_TESTS:%=proxy-%): proxy-%:
	cd tests/proxy && MAIL_SERVERS=$(abspath $(MAIL_SERVERS)) python3 -B -m unittest -v $*

.PHONY: $(PROXY_TESTS:%=proxy-%)

interop: proxy-check

# Beside HAProxy and nginx: two minutes.
build/bench/load: tests/proxy/load.c
	@mkdir -p $(@D)
	$(SAY)$(CC) $(C99) -Wall -Wextra -O2 -o $@ $<

.PHONY: bench-proxy
bench-proxy: build/bench/load build/examples/proxy
	@python3 -B tests/proxy/bench.py $(abspath $^)

-include $(TEST_RELAY_OBJECTS:.o=.d) $(wildcard build/tests/proxy/*.d)
