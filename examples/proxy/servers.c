/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>
#include "servers.h"

static struct server *find(struct servers *servers, const struct sockaddr_storage *address, socklen_t len)
{
    int i;

    for (i = 0; i < SERVERS_MAX; i++)
        if (servers->at[i].len == len && memcmp(&servers->at[i].address, address, len) == 0)
            return &servers->at[i];
    return NULL;
}

/* Returns a place that no client and no address uses, or NULL. */
static struct server *find_free(struct servers *servers)
{
    static const struct server fresh;
    int i;

    for (i = 0; i < SERVERS_MAX; i++)
        if (!servers->at[i].is_current && servers->at[i].clients == 0) {
            servers->at[i] = fresh;
            return &servers->at[i];
        }
    return NULL;
}

/* Returns 1 if the name had all these addresses before. */
static int has_all(struct servers *servers, const struct address_list *list)
{
    size_t i;

    for (i = 0; i < list->count; i++) {
        const struct server *server = find(servers, &list->at[i], list->len[i]);
        if (!server || !server->is_current)
            return 0;
    }
    return 1;
}

int servers_set(struct servers *servers, const struct address_list *list)
{
    const unsigned before = servers_count(servers);
    const int has_new = !has_all(servers, list);
    size_t i;

    for (i = 0; i < SERVERS_MAX; i++)
        servers->at[i].is_current = 0;
    for (i = 0; i < list->count; i++) {
        struct server *server = find(servers, &list->at[i], list->len[i]);
        if (!server)
            server = find_free(servers);
        if (!server)
            break;
        server->address = list->at[i];
        server->len = list->len[i];
        server->is_current = 1;
    }
    return has_new || servers_count(servers) != before;
}

/* Returns 1 if `a` is the better choice for a new client. */
static int is_better(const struct server *a, const struct server *b, uint64_t now)
{
    const int a_rests = now < a->rested_ms, b_rests = now < b->rested_ms;

    return a_rests != b_rests ? b_rests : a->clients < b->clients;
}

int servers_take(struct servers *servers, uint32_t tried, uint64_t now)
{
    int best = -1, i;

    for (i = 0; i < SERVERS_MAX; i++) {
        if (!servers->at[i].is_current || tried >> i & 1)
            continue;
        if (best < 0 || is_better(&servers->at[i], &servers->at[best], now))
            best = i;
    }
    if (best >= 0)
        servers->at[best].clients++;
    return best;
}

void servers_release(struct servers *servers, int place)
{
    servers->at[place].clients--;
}

void servers_fail(struct servers *servers, int place, uint64_t now)
{
    servers->at[place].rested_ms = now + SERVERS_REST;
    servers_release(servers, place);
}

unsigned servers_count(const struct servers *servers)
{
    unsigned count = 0;
    int i;

    for (i = 0; i < SERVERS_MAX; i++)
        count += servers->at[i].is_current != 0;
    return count;
}
