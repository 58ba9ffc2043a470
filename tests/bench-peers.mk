# Figures beside those of peers, in one run: `make deps-bench bench-peers`. A peer whose headers are not there is left out.
# Not part of check, and nothing is asserted by time.

PEERS := build/bench/peers
PEERS_PROGRAMS := $(addprefix $(PEERS)/,answer timers memory drain drains filter loopback)
DOVECOT_LIB ?= /usr/lib/dovecot

# $(call peer,PACKAGE,NAME): what a peer needs to be compiled with; $(call peer-libs,PACKAGE): to be linked with.
peer = $(shell pkg-config --exists $(1) && echo -D$(2) $$(pkg-config --cflags $(1)))
peer-libs = $(shell pkg-config --exists $(1) && pkg-config --libs $(1))
# These have no file for pkg-config.
HAS_WSLAY := $(wildcard /usr/include/wslay/wslay.h)
HAS_LIBEV := $(wildcard /usr/include/ev.h)
HAS_DOVECOT := $(wildcard $(DOVECOT_INCLUDE)/imap-parser.h)

.PHONY: bench-peers deps-bench

deps-bench: deps
	sh tests/apt.sh libevent-dev libev-dev libuv1-dev libwslay-dev libnghttp2-dev libhiredis-dev libhttp-parser-dev \
	  gnuplot-nox pkg-config valgrind binutils
	sh tests/dovecot/deps.sh

$(PEERS)/%.o: tests/bench/peers/%.c
	@mkdir -p $(@D)
	$(SAY)$(CC) $(C99) $(WARNINGS) -Ilib $(CPPFLAGS) -O2 -g -c -o $@ $<

# Dovecot's headers are GNU C.
$(PEERS)/dovecot.o: tests/bench/peers/dovecot.c
	@mkdir -p $(@D)
	$(SAY)$(CC) -std=gnu99 -isystem $(DOVECOT_INCLUDE) -DHAVE_CONFIG_H -MMD -MP -O2 -g -c -o $@ $<

$(PEERS_PROGRAMS): %: %.o $(PEERS)/bench.o $(STATIC)
	$(SAY)$(CC) $(PEER_LDFLAGS) -o $@ $^ $(LDLIBS)

$(PEERS)/timers.o $(PEERS)/drain.o: CPPFLAGS += $(call peer,libevent_core,LIBEVENT) $(call peer,libuv,LIBUV)
$(PEERS)/timers $(PEERS)/drain: LDLIBS += $(call peer-libs,libevent_core) $(call peer-libs,libuv)
# Its clock_gettime() is the one that the peers' libraries are to find.
$(PEERS)/drain: PEER_LDFLAGS := -rdynamic
$(PEERS)/memory.o: CPPFLAGS += $(call peer,libnghttp2,NGHTTP2) $(if $(HAS_WSLAY),-DWSLAY)
$(PEERS)/memory: LDLIBS += $(call peer-libs,libnghttp2) $(if $(HAS_WSLAY),-lwslay)
ifneq ($(HAS_LIBEV),)
$(PEERS)/timers.o $(PEERS)/drains.o: CPPFLAGS += -DLIBEV
$(PEERS)/timers $(PEERS)/drains: LDLIBS += -lev
$(PEERS)/timers $(PEERS)/drains: $(PEERS)/libev.o
endif
ifneq ($(HAS_DOVECOT),)
$(PEERS)/answer.o $(PEERS)/filter.o: CPPFLAGS += -DDOVECOT
$(PEERS)/answer $(PEERS)/filter: LDLIBS += -L$(DOVECOT_LIB) -ldovecot -Wl,-rpath,$(DOVECOT_LIB)
$(PEERS)/answer $(PEERS)/filter: $(PEERS)/dovecot.o
endif

$(PEERS)/sizes: $(SMALL_CORE) tests/bench/peers/sizes.sh
	@mkdir -p $(@D)
	@CC='$(CC)' sh tests/bench/peers/sizes.sh $(SMALL_CORE) > $@

bench-peers: $(PEERS_PROGRAMS) $(PEERS)/sizes
	@python3 -B tests/bench/peers/run.py build $(PEERS)/sizes $(PEERS_PROGRAMS)
	@for kind in svg png; do gnuplot -e "csv='build/bench.csv'; out='build/bench'; kind='$$kind'" \
	  tests/bench/peers/growth.gnuplot || exit 1; done
	@echo "bench-peers: build/bench.csv, build/bench.svg, build/bench.png"

-include $(wildcard $(PEERS)/*.d)
