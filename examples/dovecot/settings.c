/* SPDX-License-Identifier: BSD-2-Clause */
#include "imap_slogout.h"

void plugin_settings_set_defaults(struct imap_slogout_settings *settings)
{
    i_zero(settings);
    settings->slogout.size = sizeof settings->slogout;
    settings->slogout.ask = SLOGOUT_ASK_ENABLED;
    settings->slogout.on_refusal = SLOGOUT_REFUSAL_BYE;
    settings->slogout.answer_timeout_ms = 35000;
    settings->slogout.bye_text = "Server shutting down.";
}

const char *plugin_settings_complain(const char *name, const char *value, const char *what)
{
    return t_strdup_printf("%s = %s: %s", name, value, what);
}

/* Refuses a timeout of 0, which slogout would replace by the default, because an administrator does not expect
 * that. */
static int check(const struct slogout_settings *settings)
{
    struct slogout *slogout;
    const int error =
        settings->answer_timeout_ms == 0 ? SLOGOUT_ERR_TIMEOUT : slogout_new(&slogout, settings);

    if (!error)
        slogout_free(slogout);
    return error;
}

const char *plugin_settings_check(const struct imap_slogout_settings *settings)
{
    const int error = check(&settings->slogout);
    const char *const what = slogout_strerror(error);

    if (!error)
        return NULL;
    if (error == SLOGOUT_ERR_TIMEOUT)
        return plugin_settings_complain("slogout_answer_timeout",
                                        t_strdup_printf("%u ms", settings->slogout.answer_timeout_ms), what);
    if (error == SLOGOUT_ERR_TEXT)
        return plugin_settings_complain("slogout_bye_text", settings->slogout.bye_text, what);
    return what;
}
