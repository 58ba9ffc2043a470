#include "imap_slogout.h"
#include "settings-parser.h"
#include "dovecot23.h"

#define ANSWER_TIMEOUT "slogout_answer_timeout"
#define ASK            "slogout_ask"
#define ON_REFUSAL     "slogout_on_refusal"
#define BYE_TEXT       "slogout_bye_text"

struct choice {
    const char *word;
    int value;
};

static const struct choice ask_choices[] = {
    {"enabled", SLOGOUT_ASK_ENABLED},
    {"all", SLOGOUT_ASK_ALL},
};

static const struct choice refusal_choices[] = {
    {"bye", SLOGOUT_REFUSAL_BYE},
    {"wait", SLOGOUT_REFUSAL_WAIT},
};

static const char *complain(const char *name, const char *value, const char *what)
{
    return t_strdup_printf("%s = %s: %s", name, value, what);
}

/* Not set: *value stays. */
static const char *read_choice(struct client *client, const char *name, const struct choice choices[2],
                               int *value)
{
    const char *const word = host_setting(client, name);
    unsigned int i;

    if (word == NULL)
        return NULL;
    for (i = 0; i < 2; i++) {
        if (strcmp(word, choices[i].word) == 0) {
            *value = choices[i].value;
            return NULL;
        }
    }
    return complain(name, word, t_strdup_printf("must be %s or %s", choices[0].word, choices[1].word));
}

/* 0 would be slogout's default, which is not what somebody who writes 0 means. */
static const char *read_timeout(struct client *client, uint32_t *value)
{
    const char *const time = host_setting(client, ANSWER_TIMEOUT);
    const char *error;
    unsigned int msecs;

    if (time == NULL)
        return NULL;
    if (settings_get_time_msecs(time, &msecs, &error) < 0)
        return complain(ANSWER_TIMEOUT, time, error);
    if (msecs == 0)
        return complain(ANSWER_TIMEOUT, time, slogout_strerror(SLOGOUT_ERR_TIMEOUT));
    *value = msecs;
    return NULL;
}

const char *settings_read(struct client *client, struct slogout_settings *settings)
{
    const char *const bye_text = host_setting(client, BYE_TEXT);
    int ask = SLOGOUT_ASK_ENABLED, on_refusal = SLOGOUT_REFUSAL_BYE;
    const char *complaint;

    i_zero(settings);
    settings->size = sizeof *settings;
    settings->answer_timeout_ms = 35000;
    settings->bye_text = bye_text != NULL ? bye_text : "Server shutting down.";
    if ((complaint = read_choice(client, ASK, ask_choices, &ask)) != NULL ||
        (complaint = read_choice(client, ON_REFUSAL, refusal_choices, &on_refusal)) != NULL)
        return complaint;
    settings->ask = (enum slogout_ask)ask;
    settings->on_refusal = (enum slogout_on_refusal)on_refusal;
    return read_timeout(client, &settings->answer_timeout_ms);
}

const char *settings_complaint(struct client *client, int slogout_error)
{
    const char *const what = slogout_strerror(slogout_error);

    if (slogout_error == SLOGOUT_ERR_TIMEOUT)
        return complain(ANSWER_TIMEOUT, host_setting(client, ANSWER_TIMEOUT), what);
    if (slogout_error == SLOGOUT_ERR_TEXT)
        return complain(BYE_TEXT, host_setting(client, BYE_TEXT), what);
    return what;
}
