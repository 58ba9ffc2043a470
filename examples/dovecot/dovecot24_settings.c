/* SPDX-License-Identifier: BSD-2-Clause */
#include "dovecot24_settings.h"
#include "settings-parser.h"

#define DEFINE(type, name) SETTING_DEFINE_STRUCT_##type(#name, name, struct dovecot24_settings)

static const struct setting_define defines[] = {
    DEFINE(ENUM, slogout_ask),
    DEFINE(ENUM, slogout_on_refusal),
    DEFINE(ENUM, slogout_hibernate),
    DEFINE(STR_NOVARS, slogout_bye_text),
    DEFINE(TIME_MSECS, slogout_answer_timeout),
    DEFINE(TIME_MSECS, slogout_spread),
    SETTING_DEFINE_LIST_END,
};

/* The first word of each list is the default. */
static const struct dovecot24_settings defaults = {
    .slogout_ask = "enabled:all",
    .slogout_on_refusal = "bye:wait",
    .slogout_hibernate = "all:others:none",
    .slogout_bye_text = "Server shutting down.",
    .slogout_answer_timeout = 35000,
    .slogout_spread = 0,
};

static enum imap_slogout_hibernate hibernate(const char *word)
{
    if (strcmp(word, "none") == 0)
        return HIBERNATE_NONE;
    return strcmp(word, "others") == 0 ? HIBERNATE_OTHERS : HIBERNATE_ALL;
}

void dovecot24_convert(const struct dovecot24_settings *set, struct imap_slogout_settings *settings)
{
    plugin_settings_set_defaults(settings);
    settings->slogout.ask = strcmp(set->slogout_ask, "all") == 0 ? SLOGOUT_ASK_ALL : SLOGOUT_ASK_ENABLED;
    settings->slogout.on_refusal =
        strcmp(set->slogout_on_refusal, "wait") == 0 ? SLOGOUT_REFUSAL_WAIT : SLOGOUT_REFUSAL_BYE;
    settings->hibernate = hibernate(set->slogout_hibernate);
    settings->slogout.bye_text = set->slogout_bye_text;
    settings->slogout.answer_timeout_ms = set->slogout_answer_timeout;
    settings->spread_ms = set->slogout_spread;
}

static bool check(void *set, pool_t pool, const char **error_r)
{
    struct imap_slogout_settings settings;

    (void)pool;
    dovecot24_convert(set, &settings);
    *error_r = plugin_settings_check(&settings);
    return *error_r == NULL;
}

const struct setting_parser_info dovecot24_setting_parser_info = {
    .name = "imap_slogout",
    .defines = defines,
    .defaults = &defaults,
    .struct_size = sizeof(struct dovecot24_settings),
    .pool_offset1 = 1 + offsetof(struct dovecot24_settings, pool),
    .check_func = check,
};

/* The symbols that the configuration parser looks for in libimap_slogout_settings.so. The name of the file determines
 * their names. */
#pragma GCC visibility push(default)
extern const char *imap_slogout_settings_version;
extern const struct setting_parser_info *imap_slogout_settings_set_infos[];
#pragma GCC visibility pop

const char *imap_slogout_settings_version = DOVECOT_ABI_VERSION;
const struct setting_parser_info *imap_slogout_settings_set_infos[] = {&dovecot24_setting_parser_info, NULL};
