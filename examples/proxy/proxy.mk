# SPDX-License-Identifier: BSD-2-Clause
## Proxy
##   make proxy                builds build/slogout-proxy
##   make install-proxy        installs the proxy with its pages, units and examples
##   make uninstall-proxy      removes them
##   make proxy-unit           runs the unit tests of the proxy
##   make proxy-check          tests the proxy alone, and between other servers and clients (deps-proxy)
##   make proxy-threads        repeats the tests of the proxy alone with TSan and four threads
##   make bench-proxy          compares the proxy with HAProxy and nginx

SBINDIR ?= $(PREFIX)/sbin
DOCDIR ?= $(PREFIX)/share/doc/slogout-proxy
UNITDIR ?= $(PREFIX)/lib/systemd/system

PROXY := $(BUILD)/slogout-proxy
PROXY_OBJECTS := $(patsubst %.c,$(BUILD)/%.o,$(wildcard examples/proxy/*.c))

PROXY_PAGES := man8/slogout-proxy.8 man7/slogout-fleet.7
PROXY_UNITS := $(notdir $(wildcard examples/proxy/deploy/*.service examples/proxy/deploy/*.socket))
PROXY_EXAMPLES := $(filter-out %.service %.socket,$(wildcard examples/proxy/deploy/*))

.PHONY: proxy install-proxy uninstall-proxy

proxy: $(PROXY)

$(PROXY): $(PROXY_OBJECTS) $(STATIC)
	$(SAY)$(CC) $(CFLAGS) $(LDFLAGS) -pthread -o $@ $^

install-proxy: $(PROXY)
	$(INSTALL) -d "$(DESTDIR)$(SBINDIR)" $(foreach section,7 8,"$(TO_MAN)/man$(section)")
	$(INSTALL) -m 755 $(PROXY) "$(DESTDIR)$(SBINDIR)"
	for page in $(PROXY_PAGES); do $(INSTALL) -m 644 "man/$${page#*/}" "$(TO_MAN)/$$page" || exit 1; done
	$(INSTALL) -d "$(DESTDIR)$(DOCDIR)" "$(DESTDIR)$(UNITDIR)"
	$(INSTALL) -m 644 $(PROXY_EXAMPLES) "$(DESTDIR)$(DOCDIR)"
	for unit in $(PROXY_UNITS); do \
	  sed 's,/usr/local/sbin/,$(SBINDIR)/,' "examples/proxy/deploy/$$unit" > "$(DESTDIR)$(UNITDIR)/$$unit" && \
	  chmod 644 "$(DESTDIR)$(UNITDIR)/$$unit" || exit 1; done

uninstall-proxy:
	rm -f "$(DESTDIR)$(SBINDIR)/slogout-proxy"
	for page in $(PROXY_PAGES); do rm -f "$(TO_MAN)/$$page"; done
	for unit in $(PROXY_UNITS); do rm -f "$(DESTDIR)$(UNITDIR)/$$unit"; done
	for name in $(notdir $(PROXY_EXAMPLES)); do rm -f "$(DESTDIR)$(DOCDIR)/$$name"; done
	rmdir "$(DESTDIR)$(DOCDIR)" 2>/dev/null || :

# ---- the tests of the proxy: alone, and between other servers and clients ----

MAIL_SERVERS := $(BUILD)/mail-servers
PROXY_TESTS ?= test_program test_operator test_timeouts test_control test_haproxy test_dovecot test_clients test_servers

PROXY_UNIT := $(addprefix $(BUILD)/tests/proxy/,test_alarms test_queue test_proxy_header test_servers test_poller test_poller_poll)

.PHONY: deps-proxy proxy-unit proxy-check interop

# Built with the sanitizers.
TEST_PROXY := $(BUILD)/tests/slogout-proxy
TEST_PROXY_OBJECTS := $(PROXY_OBJECTS:$(BUILD)/%=$(BUILD)/tests/%)

$(TEST_PROXY): $(TEST_PROXY_OBJECTS) $(TEST_LIB_OBJECTS)
	$(SAY)$(CC) $(TEST_CFLAGS) -pthread -o $@ $^

$(BUILD)/tests/proxy/%.o: examples/proxy/tests/unit/%.c
	@mkdir -p $(@D)
	$(SAY)$(CC) $(C99) $(WARNINGS) -Werror -D_POSIX_C_SOURCE=200809L -Itests/unit -Iexamples $(TEST_CFLAGS) -c -o $@ $<

# Tests the poller once more, with the mechanism for systems that have neither epoll nor kqueue.
$(BUILD)/tests/proxy/poller_poll.o: examples/proxy/poller.c
	@mkdir -p $(@D)
	$(SAY)$(CC) $(C99) $(WARNINGS) -Werror -DPOLLER_POLL $(TEST_CFLAGS) -c -o $@ $<

$(BUILD)/tests/proxy/test_alarms: $(BUILD)/tests/proxy/test_alarms.o $(BUILD)/tests/examples/proxy/alarms.o
$(BUILD)/tests/proxy/test_queue: $(BUILD)/tests/proxy/test_queue.o $(BUILD)/tests/examples/proxy/queue.o
$(BUILD)/tests/proxy/test_proxy_header: $(BUILD)/tests/proxy/test_proxy_header.o $(BUILD)/tests/examples/proxy/proxy_header.o
$(BUILD)/tests/proxy/test_servers: $(BUILD)/tests/proxy/test_servers.o $(BUILD)/tests/examples/proxy/servers.o
$(BUILD)/tests/proxy/test_poller: $(BUILD)/tests/proxy/test_poller.o $(BUILD)/tests/examples/proxy/poller.o
$(BUILD)/tests/proxy/test_poller_poll: $(BUILD)/tests/proxy/test_poller.o $(BUILD)/tests/proxy/poller_poll.o
$(PROXY_UNIT):
	$(SAY)$(CC) $(TEST_CFLAGS) -o $@ $^ $(CMOCKA)

CHECK_PARTS += proxy-unit
check-built: $(PROXY_UNIT)

proxy-unit: $(PROXY_UNIT)
	@for test in $(PROXY_UNIT); do $$test || exit 1; done

deps-proxy:
	sh examples/proxy/tests/deps.sh $(MAIL_SERVERS)

# These run at the same time, because they mostly wait.
proxy-check: proxy-unit $(TEST_PROXY) $(PROXY) $(BUILD)/examples/echo_server \
  $(BUILD)/tests/faults/shim.so
	@$(MAKE) --no-print-directory -j4 -Otarget $(PROXY_TESTS:%=proxy-%)

$(PROXY_TESTS:%=proxy-%): proxy-%:
	cd examples/proxy/tests && MAIL_SERVERS=$(abspath $(MAIL_SERVERS)) python3 -B -m unittest -v $*

.PHONY: $(PROXY_TESTS:%=proxy-%)

interop: proxy-check

# The tests of the proxy alone, with TSan and four threads.
TSAN_CFLAGS := -O1 -g -fsanitize=thread -fPIE
TSAN_PROXY := $(BUILD)/tsan/slogout-proxy
TSAN_PROXY_OBJECTS := $(PROXY_OBJECTS:$(BUILD)/%=$(BUILD)/tsan/%) $(LIB_OBJECTS:$(BUILD)/%=$(BUILD)/tsan/%)

$(BUILD)/tsan/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(SAY)$(CC) $(C99) $(WARNINGS) -Werror -Iexamples $(TSAN_CFLAGS) -c -o $@ $<

$(TSAN_PROXY): $(TSAN_PROXY_OBJECTS)
	$(SAY)$(CC) $(TSAN_CFLAGS) -pie -pthread -o $@ $^

.PHONY: proxy-threads
proxy-threads: $(TSAN_PROXY) $(PROXY) $(BUILD)/examples/echo_server $(BUILD)/tests/faults/shim.so
	cd examples/proxy/tests && PROXY=tsan/slogout-proxy PROXY_OPTIONS='--threads 4' \
	  python3 -B -m unittest -v test_control test_operator test_program.Servers test_program.Signals

# Beside HAProxy and nginx; takes two minutes.
$(BUILD)/bench/load: examples/proxy/bench/load.c
	@mkdir -p $(@D)
	$(SAY)$(CC) $(C99) -Wall -Wextra -O2 -o $@ $<

.PHONY: bench-proxy
bench-proxy: $(BUILD)/bench/load $(PROXY)
	@python3 -B examples/proxy/bench/bench.py $(abspath $^)

-include $(PROXY_OBJECTS:.o=.d) $(TEST_PROXY_OBJECTS:.o=.d) $(TSAN_PROXY_OBJECTS:.o=.d) $(wildcard $(BUILD)/tests/proxy/*.d)
