#include "prove.h"
#include "call.c"

#define SIZE 24

void slo_clock_advance(struct slo_clock *clock, uint64_t now) { (void)clock, (void)now; }
uint64_t slo_clock_deadline(const struct slo_clock *clock) { (void)clock; return SLOGOUT_NEVER; }

static struct slogout slogout;

/* Fails or not, as it likes. */
static void *any_allocate(size_t size, void *user_data)
{
    (void)user_data;
    return nondet_int() ? malloc(size) : NULL;
}

static void release(void *memory, void *user_data)
{
    (void)user_data;
    CHECK(slogout.depth == 1);
    free(memory);
}

/* proves: a struct of the caller's of another size is read within its size, and refused or taken without loss, for all contents and sizes of up to 24 octets, where 16 are known
 * with: --unwind 26
 * mutant: lib/call.c: i = known; => i = known + 1; */
void copy_sized(void)
{
    unsigned char from[SIZE], to[16];
    size_t size, i = nondet_size();
    int error;

    memcpy(&size, from, sizeof size);
    ASSUME(size <= SIZE);
    error = slo_copy_sized(to, sizeof to, from + 0);
    if (size < sizeof size)
        CHECK(error == SLOGOUT_ERR_SIZE);
    ASSUME(i < SIZE && error == 0);
    CHECK(i < sizeof to ? to[i] == (i < size ? from[i] : 0) : i >= size || from[i] == 0);
}

/* proves: a struct is given to the caller within the caller's size, its size stays, and what the library does not know becomes 0, for all contents and sizes of up to 24 octets, where 16 are known
 * with: --unwind 26
 * mutant: lib/call.c: memset(to, 0, size); => memset(to, 0, known); */
void give_sized(void)
{
    unsigned char to[SIZE], from[16];
    size_t size, given, i = nondet_size();
    int error;

    memcpy(&size, to, sizeof size);
    ASSUME(size <= SIZE);
    error = slo_give_sized(to, from, sizeof from);
    CHECK((error == SLOGOUT_ERR_SIZE) == (size < sizeof size));
    ASSUME(i >= sizeof size && i < size && error == 0);
    memcpy(&given, to, sizeof given);
    CHECK(given == size && to[i] == (i < sizeof from ? from[i] : 0));
}

/* proves: memory that is given back is released once, when the outermost call returns, and none is lost, for two pieces whose allocation fails or not
 * with: --unwind 4 --malloc-may-fail --malloc-fail-null
 * mutant: lib/call.c: slo_link_remove(memory); => ;
 * mutant: lib/call.c: slogout->depth == 1) => slogout->depth == 2) */
void memory(void)
{
    struct slo_link *pieces[2];
    unsigned i;

    slogout.settings.allocate = any_allocate;
    slogout.settings.release = release;
    slogout.depth = 0;
    slogout.objects = 0;
    slo_link_init(&slogout.freed);
    slo_enter(&slogout);
    for (i = 0; i < 2; i++) {
        pieces[i] = slo_allocate(&slogout, sizeof(struct slo_link));
        if (!pieces[i])
            continue;
        slo_link_init(pieces[i]);
        slo_enter(&slogout);
        slo_release_later(&slogout, pieces[i]);
        slo_leave(&slogout);
        CHECK(slogout.objects > 0);
    }
    slo_leave(&slogout);
    CHECK(slogout.objects == 0 && slogout.depth == 0);
}
