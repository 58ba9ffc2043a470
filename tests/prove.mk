# Proofs by the model checker CBMC: tests/prove/prove_NAME.c says what it proves, tests/prove/run.py has it proved.
#   make deps-prove           installs what it needs, on Debian 13 or in a chroot of it (tests/trixie.sh)
#   make prove                all proofs; each ends with a line that says what it proves
#   make prove-sanity         each proof fails on the faults that its harness names, and run.py notices what is wrong
#   make prove NAME=text, make prove-sanity NAME=text     those of one harness; PROOF=bye for one of these
# BOUND=32 proves for longer lines than by default, and more alarms; then the options --unwind must be raised too.

NAME ?= *
PROVE_THERE = sh tests/trixie.sh run env BOUND=$(BOUND) PROOF=$(PROOF) TRACE=$(TRACE) python3 -B tests/prove
PROVE = $(wildcard tests/prove/prove_$(NAME).c)
# These take longest, so they begin first, and no processor waits for them at the end.
PROVE_FIRST = $(filter $(patsubst %,tests/prove/prove_%.c,session response drain),$(PROVE))

.PHONY: deps-prove prove prove-sanity

deps-prove:
	sh tests/trixie.sh install cbmc cvc5 gcc libc6-dev python3

prove:
	@$(PROVE_THERE)/run.py $(PROVE_FIRST) $(filter-out $(PROVE_FIRST),$(PROVE))

prove-sanity:
	@$(PROVE_THERE)/test_run.py
	@$(PROVE_THERE)/run.py --sanity $(PROVE_FIRST) $(filter-out $(PROVE_FIRST),$(PROVE))
