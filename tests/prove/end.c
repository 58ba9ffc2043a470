/* SPDX-License-Identifier: BSD-2-Clause */
/* The function that CBMC checks: it calls the proof, and then a property fails, which shows that the proof can end. */
void PROOF(void);
void end_of_proof(void);

void end_of_proof(void)
{
    PROOF();
#ifndef NO_END
    __CPROVER_assert(0, "the end is reached");
#endif
}
