# SPDX-License-Identifier: BSD-2-Clause
## Clients
##   make clients-check        tests the files of examples/clients with each server; 4 min (deps-clients)

CLIENTS := $(BUILD)/clients
IMAPFLOW := 2.10.2
JAVAMAIL ?= /usr/share/java/javax.mail.jar

.PHONY: deps-clients clients-check

deps-clients:
	sh examples/clients/tests/deps.sh $(CLIENTS) $(IMAPFLOW)
	sh examples/dovecot/tests/deps.sh

$(CLIENTS)/java/Driver.class: examples/clients/AskedStore.java examples/clients/tests/Driver.java
	@mkdir -p $(@D)
	$(SAY)javac -Xlint:all -Werror -d $(@D) -cp $(JAVAMAIL) $^

clients-check: $(BUILD)/examples/echo_server $(PROXY) $(DOVECOT_FILES) $(CLIENTS)/java/Driver.class
	JAVAMAIL=$(JAVAMAIL) python3 -B examples/clients/tests/scripted.py
	JAVAMAIL=$(JAVAMAIL) PYTHONPATH=$(CLIENTS)/imapclient/usr/lib/python3/dist-packages python3 -B examples/clients/tests/run.py
