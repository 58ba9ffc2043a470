/* SPDX-License-Identifier: BSD-2-Clause */
/* How a slogout begins and ends. Other proofs show what the checks of its texts and the lists of its timers do. Here,
 * functions with any result stand in their place. */
#include "prove.h"
#include "call.h"
#include "session.h"
#include "tag.h"

static struct slogout slogout; /* the only memory that is allocated */
static struct slogout_settings given;
static int copy_error, is_prefix, is_text, is_exhausted, is_released;
static unsigned inits; /* of the clock and of the kinds of timers */

int slo_copy_sized(void *to, size_t known, const void *from)
{
    CHECK(known == sizeof given && __CPROVER_w_ok(to, known) && __CPROVER_r_ok(from, known));
    *(struct slogout_settings *)to = *(const struct slogout_settings *)from;
    return from == &given ? copy_error : 0;
}

int slo_tag_prefix_valid(const char *prefix)
{
    return prefix == given.tag_prefix ? is_prefix : strcmp(prefix, "SLO.") == 0;
}

int slo_bye_text_valid(const char *text)
{
    return text == given.bye_text ? is_text : strcmp(text, SLO_BYE_DEFAULT) == 0;
}

void slo_clock_init(struct slo_clock *clock)
{
    CHECK(clock == &slogout.clock && inits == 0);
    inits = 1;
}

void slo_timers_init(struct slo_timers *timers, struct slo_clock *clock, void (*expired)(struct slo_timer *))
{
    const struct slo_timers *next = &slogout.timers[inits - 1];

    if (inits == SLOGOUT_STATE_ENDED + 1)
        next = &slogout.last_half;
    if (inits == SLOGOUT_STATE_ENDED + 2)
        next = &slogout.closing;
    CHECK(timers == next && clock == &slogout.clock);
    CHECK(expired == (timers == &slogout.closing ? NULL : slo_session_expired));
    inits++;
}

static void *allocate(size_t size, void *user_data)
{
    CHECK(size == sizeof slogout && user_data == given.user_data);
    is_exhausted = nondet_int() != 0;
    return is_exhausted ? NULL : &slogout;
}

static void release(void *memory, void *user_data)
{
    CHECK(memory == &slogout && user_data == given.user_data && !is_released);
    is_released = 1;
}

static char prefix[SLOGOUT_PREFIX_MAX + 1], text[SLOGOUT_BYE_TEXT_SIZE]; /* the texts of the host */

/* Copies a text of the host with all octets of its array, in which a valid text ends. */
static char *copy(char *to, const char *from)
{
    const size_t size = from == prefix ? sizeof prefix : from == text ? sizeof text : strlen(from) + 1;

    CHECK(__CPROVER_w_ok(to, size));
    return memcpy(to, from, size);
}

/* If the host sets no functions, the library allocates and releases with these. */
#define malloc(size) allocate(size, given.user_data)
#define free(memory) release(memory, given.user_data)
#define strcpy       copy
#include "slogout.c"
#undef malloc
#undef free
#undef strcpy

/* ---- what slogout.h says of the settings ---- */

struct slogout_settings nondet_settings(void);

static uint32_t or_default(uint32_t value, uint32_t otherwise)
{
    return value ? value : otherwise;
}

static int expected_error(void)
{
    if (copy_error)
        return copy_error;
    if (given.answer_timeout_ms > 0 && given.answer_timeout_ms <= 32000)
        return SLOGOUT_ERR_TIMEOUT;
    if (given.tag_prefix && !is_prefix)
        return SLOGOUT_ERR_PREFIX;
    if (given.bye_text && !is_text)
        return SLOGOUT_ERR_TEXT;
    if (given.ask != SLOGOUT_ASK_ENABLED && given.ask != SLOGOUT_ASK_ALL)
        return SLOGOUT_ERR_ARGUMENT;
    if (given.on_refusal != SLOGOUT_REFUSAL_BYE && given.on_refusal != SLOGOUT_REFUSAL_WAIT)
        return SLOGOUT_ERR_ARGUMENT;
    if ((given.allocate == NULL) != (given.release == NULL))
        return SLOGOUT_ERR_ARGUMENT;
    return is_exhausted ? SLOGOUT_ERR_NOMEM : 0;
}

static void check_settings(void)
{
    const struct slogout_settings *const made = &slogout.settings;

    CHECK(made->answer_timeout_ms == or_default(given.answer_timeout_ms, 35000));
    CHECK(made->ready_timeout_ms == or_default(given.ready_timeout_ms, 300000));
    CHECK(made->leave_timeout_ms == or_default(given.leave_timeout_ms, 10000));
    CHECK(made->ask == given.ask && made->on_refusal == given.on_refusal && made->set_timer == given.set_timer);
    CHECK(made->allocate && made->release && made->user_data == given.user_data);
    CHECK(made->tag_prefix == slogout.tag_prefix && slogout.tags.prefix == slogout.tag_prefix);
    CHECK(made->bye_text == slogout.bye_text);
}

/* Checks octet i of both texts. */
static void check_texts(size_t i)
{
    const char *const expected_prefix = given.tag_prefix ? given.tag_prefix : "SLO.";
    const char *const expected_text = given.bye_text ? given.bye_text : SLO_BYE_DEFAULT;

    CHECK(i >= (given.tag_prefix ? sizeof prefix : sizeof "SLO.") || slogout.tag_prefix[i] == expected_prefix[i]);
    CHECK(i >= (given.bye_text ? sizeof text : sizeof SLO_BYE_DEFAULT) || slogout.bye_text[i] == expected_text[i]);
}

static void check_new(void)
{
    const size_t i = nondet_size();

    CHECK(inits == SLOGOUT_STATE_ENDED + 3 && slogout.depth == 0 && slogout.objects == 0 && slogout.tags.last == 0);
    CHECK(slogout.freed.next == &slogout.freed && slogout.freed.prev == &slogout.freed);
    CHECK(i >= SLOGOUT_STATE_ROOM || slogout.counts.state[i] == 0);
    CHECK(i >= SLOGOUT_OUTCOME_ROOM || slogout.counts.outcome[i] == 0);
    CHECK(slogout.counts.without_bye == 0 && slogout.counts.over_limit == 0 && slogout.counts.blind == 0);
    check_settings();
    check_texts(i);
}

/* proves: a slogout is created with the host's settings, or the default in place of each 0, and with its own copies of
 *     texts of up to the greatest lengths; or nothing changes, and the error is the one that slogout.h names
 * with: --unwind 40
 * claims: slogout_new read_settings default_allocate
 * mutant: lib/slogout.c: settings->answer_timeout_ms <= ANSWER_TIMEOUT_FLOOR => settings->answer_timeout_ms < ANSWER_TIMEOUT_FLOOR
 * mutant: lib/slogout.c: slogout->settings.bye_text = slogout->bye_text; => ;
 * mutant: lib/slogout.c: state < SLOGOUT_STATE_ENDED; state++ => state <= SLOGOUT_STATE_ENDED; state++ */
void new_slogout(void)
{
    struct slogout *out = NULL;
    int error;

    given = nondet_settings();
    given.tag_prefix = nondet_int() ? prefix : NULL;
    given.bye_text = nondet_int() ? text : NULL;
    given.allocate = nondet_int() ? allocate : NULL;
    given.release = nondet_int() ? release : NULL;
    __CPROVER_havoc_object(prefix);
    __CPROVER_havoc_object(text);
    copy_error = nondet_int() ? SLOGOUT_ERR_SIZE : 0;
    is_prefix = nondet_int() != 0;
    is_text = nondet_int() != 0;
    __CPROVER_havoc_object(&slogout);
    CHECK(slogout_new(NULL, &given) == SLOGOUT_ERR_ARGUMENT);
    error = slogout_new(&out, &given);
    CHECK(error == expected_error() && (error == 0) == (out != NULL) && (out ? out == &slogout : inits == 0));
    if (out)
        check_new();
}

/* proves: without settings, each member has its default
 * with: --unwind 40
 * claims: read_settings
 * mutant: lib/slogout.c: from ? from : &none => &none + (from ? 0 : 1) */
void defaults(void)
{
    static const struct slogout_settings none;
    struct slogout *out = NULL;

    given = none;
    __CPROVER_havoc_object(&slogout);
    CHECK(slogout_new(&out, NULL) == (is_exhausted ? SLOGOUT_ERR_NOMEM : 0) && is_exhausted == !out);
    if (out)
        check_new();
}

/* proves: a slogout is released exactly if no call is in progress and none of its objects exists
 * claims: slogout_free default_release
 * mutant: lib/slogout.c: if (slogout->objects) => if (slogout->objects > 1) */
void free_slogout(void)
{
    int error;

    given = nondet_settings();
    __CPROVER_havoc_object(&slogout);
    slogout.settings.release = nondet_int() ? release : default_release;
    slogout.settings.user_data = given.user_data;
    is_released = 0;
    CHECK(slogout_free(NULL) == 0);
    error = slogout_free(&slogout);
    CHECK(is_released == (error == 0));
    CHECK(error == (slogout.depth ? SLOGOUT_ERR_REENTRANT : slogout.objects ? SLOGOUT_ERR_STATE : 0));
}
