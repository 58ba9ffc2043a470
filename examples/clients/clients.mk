# Client libraries that answer: one file each, to be copied, and its tests.
#   make deps-clients clients-check    installs what the tests need (Debian 12), then runs them: 3 minutes
# IMAPClient, which Debian does not have, is tested if Python finds it.

CLIENTS := build/clients
IMAPFLOW := 2.10.2
# JavaMail's packages on Debian 12.
JAVAMAIL ?= /usr/share/java/javax.mail.jar

.PHONY: deps-clients clients-check

deps-clients:
	sh examples/clients/tests/deps.sh $(CLIENTS) imapflow@$(IMAPFLOW)

$(CLIENTS)/java/Driver.class: examples/clients/AskedStore.java examples/clients/tests/Driver.java
	@mkdir -p $(@D)
	$(SAY)javac -Xlint:all -Werror -d $(@D) -cp $(JAVAMAIL) $^

clients-check: build/examples/echo_server build/examples/proxy $(DOVECOT_PLUGIN) $(CLIENTS)/java/Driver.class
	python3 -B examples/clients/tests/run.py $(CLIENTS) $(JAVAMAIL)
