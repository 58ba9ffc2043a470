/* SPDX-License-Identifier: BSD-2-Clause */
/* The function that is checked: a proof, and a property at its end that must fail, which shows that the end is reached. */
void PROOF(void);
void end_of_proof(void);

void end_of_proof(void)
{
    PROOF();
#ifndef NO_END
    __CPROVER_assert(0, "the end is reached");
#endif
}
