# SPDX-License-Identifier: BSD-2-Clause
## Fleet
##   make fleet                restarts five proxies with up to 1,000 clients; 3 min (deps-fleet)
##   make fleet-compare        does it with round robin, a spare proxy, stock Dovecots, and kill; 12 min
##   make fleet-check          checks the runbooks and the numbers of slogout-fleet(7); 10 s (deps-fleet)

FLEET_TESTS := examples/fleet/tests

.PHONY: deps-fleet fleet fleet-compare fleet-check

deps-fleet: deps deps-proxy
	sh tests/apt.sh socat python3-yaml ansible-core systemd

fleet: $(PROXY)
	python3 -B $(FLEET_TESTS)/fleet.py leastconn

fleet-compare: $(PROXY)
	python3 -B $(FLEET_TESTS)/fleet.py leastconn roundrobin spare stock killed

$(BUILD)/tests/fleet/plan: $(FLEET_TESTS)/plan.c $(STATIC)
	@mkdir -p $(@D)
	$(SAY)$(CC) $(C99) $(WARNINGS) -Werror -o $@ $^

fleet-check: $(PROXY) $(BUILD)/tests/fleet/plan
	cd $(FLEET_TESTS) && python3 -B -m unittest -v test_runbooks

-include $(BUILD)/tests/fleet/plan.d
