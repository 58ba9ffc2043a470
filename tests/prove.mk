# Proofs by the model checker CBMC: tests/prove/prove_NAME.c says what it proves, tests/prove/run.py has it proved.
#   make deps-prove           installs what it needs, on Debian 13 or in a chroot of it (tests/trixie.sh)
#   make prove                all proofs; each ends with a line that says what it proves
#   make prove-sanity         each proof fails on the faults that its harness names
#   make prove-one NAME=text, make prove-sanity-one NAME=text     those of one harness; PROOF=bye for one of these
# BOUND=32 proves for longer lines than by default, and more alarms; then the options --unwind must be raised too.

PROVE := $(patsubst tests/prove/prove_%.c,%,$(wildcard tests/prove/prove_*.c))
PROVE_THERE = sh tests/trixie.sh run env BOUND=$(BOUND) PROOF=$(PROOF) TRACE=$(TRACE)
NAME ?= $(PROVE)

.PHONY: deps-prove prove prove-sanity prove-one prove-sanity-one

deps-prove:
	sh tests/trixie.sh install cbmc cvc5 gcc libc6-dev python3

# The harnesses on two processors, one process for each.
prove:
	@$(PROVE_THERE) sh -c 'printf "%s\n" $(PROVE) | xargs -n 1 -P 2 python3 -B tests/prove/run.py'

prove-sanity:
	@$(PROVE_THERE) sh -c 'printf "%s\n" $(PROVE) | xargs -n 1 -P 2 python3 -B tests/prove/run.py --sanity'

prove-one:
	@$(PROVE_THERE) python3 -B tests/prove/run.py $(NAME)

prove-sanity-one:
	@$(PROVE_THERE) python3 -B tests/prove/run.py --sanity $(NAME)
