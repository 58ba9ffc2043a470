#include "prove.h"
#include "filter.c"

static struct slogout slogout;
static int given; /* pieces of memory that are not given back */

/* All zeros, as the rest of lib/ has it. */
void *slo_allocate(struct slogout *of, size_t size)
{
    void *const memory = calloc(1, size);

    CHECK(of == &slogout && size >= sizeof(struct slo_link));
    given += memory != NULL;
    return memory;
}

void slo_session_init(struct slogout_session *session, struct slogout *of,
                      const struct slogout_callbacks *callbacks, void *conn)
{
    session->slogout = of;
    session->send_line = callbacks->send_line;
    session->close_connection = callbacks->close_connection;
    session->conn = conn;
}

int slo_copy_sized(void *to, size_t known, const void *from)
{
    if (nondet_int())
        return SLOGOUT_ERR_SIZE;
    memcpy(to, from, known);
    return 0;
}

static int to_either(struct slogout_filter *filter, const char *bytes, size_t len, void *conn)
{
    (void)filter, (void)bytes, (void)len, (void)conn;
    return 0;
}

static void host_close(struct slogout_filter *filter, const struct slogout_result *result, void *conn)
{
    (void)filter, (void)result, (void)conn;
}

/* proves: a filter is made with the host's callbacks and is not blind, or there is none, a documented error and no memory in use, for all callbacks, and memory that is there or not
 * with: --malloc-may-fail --malloc-fail-null
 * mutant: lib/filter.c: if (!filter) => if (0)
 * mutant: lib/filter.c: !checked.to_client || !checked.to_server => !checked.to_client */
void new(void)
{
    const struct slogout_filter_callbacks callbacks = {
        sizeof callbacks, nondet_int() ? to_either : NULL, nondet_int() ? to_either : NULL,
        nondet_int() ? host_close : NULL,
    };
    const int all = callbacks.to_client && callbacks.to_server && callbacks.close_connection;
    struct slogout_filter *filter = NULL;
    const int error = slogout_filter_new(nondet_int() ? &filter : NULL, nondet_int() ? &slogout : NULL,
                                         nondet_int() ? &callbacks : NULL, NULL);

    CHECK((filter != NULL) == (error == 0) && given == (error == 0));
    if (error) {
        CHECK(error == SLOGOUT_ERR_ARGUMENT || error == SLOGOUT_ERR_SIZE || error == SLOGOUT_ERR_NOMEM);
        return;
    }
    CHECK(all && filter->host.to_client == callbacks.to_client);
    CHECK(slogout_filter_blindness(filter) == SLOGOUT_BLINDNESS_NONE);
    free(filter);
}
