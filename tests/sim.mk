# Simulation of a drain: `make sim` writes build/sim/*.csv and prints the table, `make plot` draws build/drain.svg and
# build/drain.png.

SIM_CLIENTS ?= 1000000
SIM_CAPACITY ?= 10000
SIM_OBJECTS := build/tests/sim/sim.o build/tests/sim/strategies.o build/tests/sim/fleet.o build/tests/sim/crowd.o

.PHONY: sim plot

build/tests/sim/%.o: tests/sim/%.c
	@mkdir -p $(@D)
	$(SAY)$(CC) $(C99) $(WARNINGS) -Werror -Itests $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

build/tests/sim/crowd.o: tests/support/crowd.c
	@mkdir -p $(@D)
	$(SAY)$(CC) $(C99) $(WARNINGS) -Werror -Itests $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

build/tests/sim/sim: $(SIM_OBJECTS) $(STATIC)
	$(SAY)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lm

sim: build/tests/sim/sim
	@mkdir -p build/sim
	$< build/sim $(SIM_CLIENTS) $(SIM_CAPACITY)

plot: sim
	gnuplot -e "format = 'svg'; capacity = $(SIM_CAPACITY)" tests/sim/drain.gnuplot
	gnuplot -e "format = 'png'; capacity = $(SIM_CAPACITY)" tests/sim/drain.gnuplot

-include $(SIM_OBJECTS:.o=.d)
