#include "libc.h"
#include "slogout.c"
#include "call.c"
#include "bye.c"
#include "tag.c"
#include "timer.c"

#define TEXT 4 /* octets of a text, with its NUL */

void slo_session_expired(struct slo_timer *timer)
{
    (void)timer;
}

static int allocated;

/* Settings that are shorter leave it out. */
static int is_ours(const void *user_data)
{
    return user_data == &allocated || user_data == NULL;
}

/* Fails or not, as it likes. */
static void *any_allocate(size_t size, void *user_data)
{
    void *const memory = malloc(size);

    CHECK(is_ours(user_data));
    allocated += memory != NULL;
    return memory;
}

static void any_release(void *memory, void *user_data)
{
    CHECK(is_ours(user_data));
    allocated--;
    free(memory);
}

/* Any text, or NULL. */
static const char *any_text(char text[TEXT])
{
    text[TEXT - 1] = '\0';
    return nondet_int() ? text : NULL;
}

static int is_documented(int error)
{
    return error == SLOGOUT_ERR_ARGUMENT || error == SLOGOUT_ERR_SIZE || error == SLOGOUT_ERR_TIMEOUT ||
           error == SLOGOUT_ERR_PREFIX || error == SLOGOUT_ERR_TEXT || error == SLOGOUT_ERR_NOMEM;
}

/* proves: a slogout is made as its settings say, or there is none, a documented error and no memory in use, for all settings with texts of up to 3 octets, and memory that is there or not; after it is freed no memory is in use
 * with: --unwind 34 --malloc-may-fail --malloc-fail-null
 * mutant: lib/slogout.c: return settings->allocate && settings->release ? 0 => return settings->allocate || settings->release ? 0 */
void new_and_free(void)
{
    char prefix[TEXT], bye_text[TEXT];
    struct slogout_settings settings;
    struct slogout *slogout = NULL;
    int error;

    ASSUME(settings.size <= sizeof settings);
    settings.tag_prefix = any_text(prefix);
    settings.bye_text = any_text(bye_text);
    settings.allocate = nondet_int() ? any_allocate : NULL;
    settings.release = nondet_int() ? any_release : NULL;
    settings.user_data = &allocated;
    error = slogout_new(&slogout, nondet_int() ? &settings : NULL);
    CHECK((slogout != NULL) == (error == 0));
    if (error) {
        CHECK(is_documented(error) && allocated == 0);
        return;
    }
    CHECK(slogout->settings.answer_timeout_ms > 32000);
    CHECK(slogout->settings.ready_timeout_ms > 0 && slogout->settings.leave_timeout_ms > 0);
    CHECK(slo_tag_prefix_valid(slogout->tags.prefix) && slo_bye_text_valid(slogout->bye_text));
    CHECK(slogout_deadline(slogout) == SLOGOUT_NEVER);
    CHECK(slogout_free(slogout) == 0 && allocated == 0);
}
