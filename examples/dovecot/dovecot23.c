/* SPDX-License-Identifier: BSD-2-Clause */
#include "host.h"
#include "imap-feature.h"
#include "settings-parser.h"
#include "str.h"

#if DOVECOT_PREREQ(2, 4, 0) || !DOVECOT_PREREQ(2, 3, 0)
#error "This file is for Dovecot 2.3."
#endif

/* ---- settings, which are the strings in plugin { } ---- */

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

static const struct choice hibernate_choices[] = {
    {"all", HIBERNATE_ALL},
    {"others", HIBERNATE_OTHERS},
    {"none", HIBERNATE_NONE},
};

/* Reads one of some words. Does not change *value if the setting is absent. */
static const char *read_choice(struct client *client, const char *name, const struct choice *choices,
                               unsigned int count, int *value)
{
    const char *const word = mail_user_plugin_getenv(client->user, name);
    string_t *expected = t_str_new(64);
    unsigned int i;

    if (word == NULL)
        return NULL;
    for (i = 0; i < count; i++) {
        if (strcmp(word, choices[i].word) == 0) {
            *value = choices[i].value;
            return NULL;
        }
        str_printfa(expected, "%s%s", i > 0 ? " or " : "must be ", choices[i].word);
    }
    return plugin_settings_complain(name, word, str_c(expected));
}

#define READ_CHOICE(client, name, choices, value)                                                            \
    read_choice(client, name, choices, N_ELEMENTS(choices), value)

/* Reads a time. Does not change *msecs if the setting is absent. */
static const char *read_time(struct client *client, const char *name, unsigned int *msecs)
{
    const char *const time = mail_user_plugin_getenv(client->user, name);
    const char *error;

    if (time == NULL || settings_get_time_msecs(time, msecs, &error) == 0)
        return NULL;
    return plugin_settings_complain(name, time, error);
}

const char *host_read_settings(struct client *client, struct imap_slogout_settings *settings)
{
    const char *const bye_text = mail_user_plugin_getenv(client->user, "slogout_bye_text");
    int ask, on_refusal, hibernate;
    const char *complaint;

    plugin_settings_set_defaults(settings);
    ask = (int)settings->slogout.ask;
    on_refusal = (int)settings->slogout.on_refusal;
    hibernate = (int)settings->hibernate;
    if ((complaint = READ_CHOICE(client, "slogout_ask", ask_choices, &ask)) != NULL ||
        (complaint = READ_CHOICE(client, "slogout_on_refusal", refusal_choices, &on_refusal)) != NULL ||
        (complaint = READ_CHOICE(client, "slogout_hibernate", hibernate_choices, &hibernate)) != NULL ||
        (complaint = read_time(client, "slogout_answer_timeout", &settings->slogout.answer_timeout_ms)) !=
            NULL ||
        (complaint = read_time(client, "slogout_spread", &settings->spread_ms)) != NULL)
        return complaint;
    settings->slogout.ask = (enum slogout_ask)ask;
    settings->slogout.on_refusal = (enum slogout_on_refusal)on_refusal;
    settings->hibernate = (enum imap_slogout_hibernate)hibernate;
    if (bye_text != NULL)
        settings->slogout.bye_text = bye_text;
    return plugin_settings_check(settings);
}

/* ---- users, the capability and kicks ---- */

struct mail_storage_service_user *host_service_user(const struct client *client)
{
    return client->service_user;
}

void host_register_capability(const char *capability, void (*enabled)(struct client *client))
{
    imap_feature_register(capability, 0, enabled);
}

/* In Dovecot 2.3, a kick is only a SIGTERM. */
void host_take_kicks(void (*kick)(struct client *client))
{
    (void)kick;
}

enum host_signal host_read_signal(void)
{
    return HOST_SIGNAL_PLAIN;
}
