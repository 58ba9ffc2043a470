# Proofs by the model checker CBMC, of Debian 13: tests/prove/NAME.c with what it proves, proved by tests/prove/run.py.
#   make prove                        all of it
#   make prove-sanity                 each proof fails on the faults that its harness names
#   make prove-NAME, prove-sanity-NAME  those of one harness
# Where Debian 13 is not what this machine runs, all of it runs in a chroot (tests/trixie.sh).

PROVE := $(patsubst tests/prove/%.c,%,$(wildcard tests/prove/*.c))
PROVE_PACKAGES := cbmc cvc5 gcc libc6-dev make python3

.PHONY: prove prove-sanity deps-prove prove-here prove-sanity-here $(PROVE:%=prove-%) $(PROVE:%=prove-sanity-%) \
  $(PROVE:%=prove-here-%) $(PROVE:%=prove-sanity-here-%)

deps-prove:
	sh tests/trixie.sh install $(PROVE_PACKAGES)

prove prove-sanity $(PROVE:%=prove-%) $(PROVE:%=prove-sanity-%): %:
	@sh tests/trixie.sh run $(MAKE) --no-print-directory -s -k -j2 -Otarget $(subst prove,prove-here,$(subst -sanity,,$*))$(if $(findstring sanity,$*),-SANE)
