/* SPDX-License-Identifier: BSD-2-Clause */
/* The settings as Dovecot 2.4 declares them: to its configuration parser, which loads
 * libimap_slogout_settings.so, and to the plugin. */
#ifndef DOVECOT24_SETTINGS_H
#define DOVECOT24_SETTINGS_H

#include "imap_slogout.h"

struct dovecot24_settings {
    pool_t pool;
    const char *slogout_ask;
    const char *slogout_on_refusal;
    const char *slogout_bye_text;
    unsigned int slogout_answer_timeout;
    unsigned int slogout_spread;
};

extern const struct setting_parser_info dovecot24_setting_parser_info;

/* What the two have in common with 2.3. The bye_text stays the argument's. */
void dovecot24_convert(const struct dovecot24_settings *set, struct imap_slogout_settings *settings);

#endif
