# SPDX-License-Identifier: BSD-2-Clause
# Figures: sizes, instruction counts, and speed beside a peer in the same run. Nothing here is a test.
## Measure
##   make bench                prints sizes and instructions, and the speed beside a peer
##   make bench-peers          prints the same beside other libraries and servers (deps-bench)
##   make sim                  simulates a drain of 1,000,000 clients, and restarts of fleets
##   make plot                 draws the results of `make sim` in build/, as .svg and .png (deps-plot)

# The core alone, as a vendor compiles it.
SMALL_CORE := $(BUILD)/bench/small/core.o

.PHONY: bench

$(SMALL_CORE): $(LIB_SOURCES) $(wildcard lib/*.h) $(HEADERS)
	@mkdir -p $(@D)
	@sh lib/amalgamate.sh $(BUILD)/bench/small
	$(SAY)$(CC) -std=c99 -I$(BUILD)/bench/small -DSLOGOUT_CORE -Os -fvisibility=hidden -c -o $@ $(BUILD)/bench/small/slogout.c

$(BUILD)/bench/%.o: tests/bench/%.c
	@mkdir -p $(@D)
	$(SAY)$(CC) $(C99) $(WARNINGS) -Ilib $(CPPFLAGS) -O2 -g -c -o $@ $<

$(BUILD)/bench/%: $(BUILD)/bench/%.o $(STATIC)
	$(SAY)$(CC) -o $@ $^ $(LDLIBS)

# The same program with a library that counts its branches.
BRANCHES := $(LIB_SOURCES:lib/%.c=$(BUILD)/bench/branches/%.o)

$(BUILD)/bench/branches/%.o: lib/%.c
	@mkdir -p $(@D)
	$(SAY)$(CC) $(C99) -O2 -fsanitize-coverage=trace-pc -c -o $@ $<

$(BUILD)/bench/branches/drain: $(BUILD)/bench/drain.o $(BRANCHES)
	$(SAY)$(CC) -o $@ $^

bench: $(BUILD)/bench/core $(BUILD)/bench/drain $(BUILD)/bench/branches/drain $(BUILD)/bench/peers/filter $(SMALL_CORE)
	@sh tests/bench/core.sh $(BUILD)/bench/core $(SMALL_CORE)
	@sh tests/bench/drain.sh $(BUILD)/bench/drain $(BUILD)/bench/branches/drain
	@python3 -B tests/bench/peers/run.py $(BUILD)/bench - $(BUILD)/bench/peers/filter

-include $(wildcard $(BUILD)/bench/*.d)

# ---- beside peers in one run; a peer whose headers are missing is omitted, and no time is asserted ----

PEERS := $(BUILD)/bench/peers
PEERS_PROGRAMS := $(addprefix $(PEERS)/,answer timers memory drain drains filter loopback)
DOVECOT_LIB ?= /usr/lib/dovecot

# $(call peer,PACKAGE,NAME) has the flags to compile with a peer, and $(call peer-libs,PACKAGE) those to link with it.
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
	sh examples/dovecot/tests/deps.sh

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
# The libraries of the peers must use the clock_gettime() of this program.
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
	@python3 -B tests/bench/peers/run.py $(BUILD) $(PEERS)/sizes $(PEERS_PROGRAMS)
	@for kind in svg png; do gnuplot -e "csv='$(BUILD)/bench.csv'; out='$(BUILD)/bench'; kind='$$kind'" \
	  tests/bench/peers/growth.gnuplot || exit 1; done
	@echo "bench-peers: $(BUILD)/bench.csv, $(BUILD)/bench.svg, $(BUILD)/bench.png"

-include $(wildcard $(PEERS)/*.d)

# ---- drains on simulated time: CSV files, a table, and pictures with `make plot` ----

SIM_CLIENTS ?= 1000000
SIM_CAPACITY ?= 10000
SIM := $(BUILD)/tests/sim
SIM_OBJECTS := $(SIM)/sim.o $(SIM)/strategies.o $(SIM)/fleet.o $(SIM)/crowd.o
ROLLOUT_OBJECTS := $(SIM)/rollout.o $(SIM)/strategies.o $(SIM)/crowd.o

.PHONY: sim plot

$(SIM)/%.o: tests/bench/sim/%.c
	@mkdir -p $(@D)
	$(SAY)$(CC) $(C99) $(WARNINGS) -Werror -Itests/bench -Itests/unit $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

$(SIM)/crowd.o: tests/unit/support/crowd.c
	@mkdir -p $(@D)
	$(SAY)$(CC) $(C99) $(WARNINGS) -Werror -Itests/bench -Itests/unit $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

$(SIM)/sim: $(SIM_OBJECTS)
$(SIM)/rollout: $(ROLLOUT_OBJECTS)
$(SIM)/sim $(SIM)/rollout: $(STATIC)
	$(SAY)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) $(STATIC) -lm

sim: $(SIM)/sim $(SIM)/rollout
	@mkdir -p $(BUILD)/sim
	$(SIM)/sim $(BUILD)/sim $(SIM_CLIENTS) $(SIM_CAPACITY)
	$(SIM)/rollout $(BUILD)/sim $(SIM_CLIENTS)

plot: sim
	@for picture in drain rollout; do for format in svg png; do \
	  gnuplot -e "build = '$(BUILD)'; format = '$$format'; capacity = $(SIM_CAPACITY)" tests/bench/sim/$$picture.gnuplot || exit 1; \
	done; done

-include $(sort $(SIM_OBJECTS:.o=.d) $(ROLLOUT_OBJECTS:.o=.d))
