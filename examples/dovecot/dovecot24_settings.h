/* SPDX-License-Identifier: BSD-2-Clause */
/* The declaration of the settings for Dovecot 2.4. The plugin and Dovecot's configuration parser, which loads
 * libimap_slogout_settings.so, share it. */
#ifndef DOVECOT24_SETTINGS_H
#define DOVECOT24_SETTINGS_H

#include "imap_slogout.h"

struct dovecot24_settings {
    pool_t pool;
    const char *slogout_ask;
    const char *slogout_on_refusal;
    const char *slogout_hibernate;
    const char *slogout_bye_text;
    unsigned int slogout_answer_timeout;
    unsigned int slogout_spread;
};

extern const struct setting_parser_info dovecot24_setting_parser_info;

/* Converts the settings to the form that is the same for 2.3. The bye_text still belongs to `set`. */
void dovecot24_convert(const struct dovecot24_settings *set, struct imap_slogout_settings *settings);

#endif
