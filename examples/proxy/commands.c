/* SPDX-License-Identifier: BSD-2-Clause */
#define _POSIX_C_SOURCE 200809L
#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "commands.h"
#include "log.h"
#include "service.h"

#define LIST_PART 64  /* sessions looked at before the reader must have read */
#define LOGGED    512 /* octets of a line for the log; the rest is cut off */

/* ---- replies ---- */

#ifdef __GNUC__
__attribute__((format(printf, 2, 3)))
#endif
static void
say(struct stream *out, const char *format, ...)
{
    char text[1024];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    stream_put(out, text, strlen(text));
}

/* ---- requests ---- */

enum {
    ALL = 1,
    USER = 2,
    CLIENT = 4,
    CONNECTION = 8,
    AGE = 16,
    TEXT = 32,
    SPREAD = 64,
    RATE = 128,
    DEADLINE = 256
};
#define SELECTION (ALL | USER | CLIENT | CONNECTION | AGE)

struct request {
    struct selection selection;
    uint64_t spread, rate, deadline;
    char text[COMMANDS_TEXT];
};

static const struct key {
    const char *name;
    unsigned bit;
} keys[] = {
    {"all", ALL},    {"user=", USER},     {"client=", CLIENT}, {"connection=", CONNECTION}, {"age=", AGE},
    {"text=", TEXT}, {"spread=", SPREAD}, {"rate=", RATE},     {"deadline=", DEADLINE},
};

static int read_number(const char *value, uint64_t max, uint64_t *number)
{
    char *end;

    if (!isdigit((unsigned char)*value) || strlen(value) > 15)
        return -1;
    *number = strtoull(value, &end, 10);
    return *end || *number > max ? -1 : 0;
}

static int read_name(char name[COMMANDS_NAME], const char *value)
{
    if (!*value || strlen(value) >= COMMANDS_NAME)
        return -1;
    strcpy(name, value);
    return 0;
}

static int read_value(struct request *request, unsigned bit, const char *value)
{
    struct selection *selection = &request->selection;
    int failed = 0;

    switch (bit) {
    case USER:
        return read_name(selection->user, value);
    case CLIENT:
        return address_network_read(&selection->client, value);
    case CONNECTION:
        return read_number(value, UINT64_MAX, &selection->connection);
    case AGE:
        failed = read_number(value, UINT32_MAX, &selection->age_ms);
        selection->age_ms *= 1000;
        return failed;
    case TEXT:
        slogout_bye_text_fit(request->text, value, strlen(value));
        return 0;
    case SPREAD:
        return read_number(value, UINT32_MAX, &request->spread);
    case RATE:
        return read_number(value, UINT32_MAX, &request->rate);
    case DEADLINE:
        return read_number(value, UINT32_MAX, &request->deadline);
    default:
        return 0;
    }
}

static int hex(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *digit = c ? strchr(digits, tolower((unsigned char)c)) : NULL;

    return digit ? (int)(digit - digits) : -1;
}

/* Takes the next octet of a quoted string, as log_quote() writes it. */
static char next_octet(const char **from)
{
    const char *at = *from;

    if (at[0] == '\\' && at[1] == 'x' && hex(at[2]) >= 0 && hex(at[3]) >= 0) {
        *from = at + 4;
        return (char)(hex(at[2]) << 4 | hex(at[3]));
    }
    at += at[0] == '\\' && at[1];
    *from = at + 1;
    return *at;
}

/* Cuts off the next word, in which quotes protect spaces, and removes the quotes. Returns NULL if there is none. */
static char *next_word(char **line)
{
    const char *from = *line + strspn(*line, " \t");
    char *word = *line, *to = *line;
    int quoted = 0;

    if (!*from)
        return NULL;
    if (strncmp(from, "text=", 5) == 0) { /* the rest of the line */
        memmove(word, from, strlen(from) + 1);
        *line = word + strlen(word);
        return word;
    }
    while (*from && (quoted || !strchr(" \t", *from))) {
        if (*from == '"') {
            quoted = !quoted;
            from++;
        } else if (quoted) {
            *to++ = next_octet(&from);
        } else {
            *to++ = *from++;
        }
    }
    *line = (char *)(uintptr_t)from + (*from != '\0');
    *to = '\0';
    return word;
}

/* Reads the words after a command. Returns 0, or replies with the error and returns -1. */
static int read_request(struct request *request, unsigned allowed, int is_list, char *line,
                        struct stream *out)
{
    char *word;
    size_t i;

    memset(request, 0, sizeof *request);
    while ((word = next_word(&line))) {
        for (i = 0; i < sizeof keys / sizeof *keys; i++)
            if (keys[i].bit & allowed && strncmp(word, keys[i].name, strlen(keys[i].name)) == 0)
                break;
        if (i == sizeof keys / sizeof *keys ||
            read_value(request, keys[i].bit, word + strlen(keys[i].name)) < 0) {
            say(out, "error: %.100s is not valid here; see help\n", word);
            return -1;
        }
        request->selection.given |= keys[i].bit;
    }
    if (allowed & SELECTION && !is_list && !(request->selection.given & SELECTION)) {
        say(out, "error: specify the clients: all, user=, client=, connection= or age=\n");
        return -1;
    }
    return 0;
}

static int is_user(const struct selection *selection, const struct relay_view *view)
{
    return view->user && strcasecmp(view->user, selection->user) == 0;
}

/* Takes the time from the clock of the peer's loop. */
static int is_selected(const struct selection *selection, const struct peer *peer)
{
    const unsigned given = selection->given;
    struct relay_view view;

    relay_view(peer, &view);
    return (!(given & USER) || is_user(selection, &view)) &&
           (!(given & CLIENT) || address_network_has(&selection->client, &view.client)) &&
           (!(given & CONNECTION) || peer->number == selection->connection) &&
           (!(given & AGE) || peer->loop->now - peer->begun_ms >= selection->age_ms);
}

static int is_meant(const struct peer *peer, void *selection)
{
    return is_selected(selection, peer);
}

/* ---- lists ---- */

static const char *state_name(const struct peer *peer, const struct relay_view *view)
{
    static const char *const names[] = {"open", "waiting", "pending", "asked", "leaving", "ended"};
    const enum slogout_state state = slogout_session_state(peer->session);

    return state == SLOGOUT_STATE_OPEN && !view->has_server ? "connecting" : names[state];
}

static void list_one(struct stream *out, const struct peer *peer)
{
    char client[ADDRESS_SIZE], user[4 * COMMANDS_NAME] = "-";
    struct relay_view view;

    relay_view(peer, &view);
    address_print(&view.client, client);
    if (view.user)
        log_quote(user, sizeof user, view.user);
    say(out,
        "connection=%" PRIu64 " client=%s user=%s state=%s age=%.1f from_client=%" PRIu64
        " from_server=%" PRIu64 " blind=%s\n",
        peer->number, client, user, state_name(peer, &view),
        (double)(peer->loop->now - peer->begun_ms) / 1000, view.octets[0], view.octets[1],
        view.blind == SLOGOUT_BLINDNESS_NONE ? "-" : slogout_filter_blindness_name(view.blind));
}

struct part {
    struct listing *listing;
    struct stream *out;
    int left; /* sessions */
};

/* Lists downward, because the last session takes the place of a session that ends. */
static void list_loop(struct loop *loop, unsigned number, void *user)
{
    struct part *part = user;
    struct listing *listing = part->listing;

    if (number != listing->loop || part->left == 0)
        return;
    if (listing->place > loop->count)
        listing->place = loop->count;
    while (listing->place > 0 && part->left-- > 0) {
        struct peer *peer = loop->peers[--listing->place];
        if (peer->mark == listing->mark || !is_selected(&listing->selection, peer))
            continue;
        peer->mark = listing->mark;
        listing->count++;
        list_one(part->out, peer);
    }
    if (listing->place > 0)
        return;
    listing->loop++;
    listing->place = SIZE_MAX;
}

void commands_list(struct service *service, struct stream *out, struct listing *listing, uint64_t now)
{
    struct part part = {listing, out, LIST_PART};

    (void)now;
    service_each_loop(service, list_loop, &part);
    if (listing->loop < service->count)
        return;
    listing->is_active = 0;
    say(out, "ok sessions=%" PRIu64 "\n", listing->count);
}

/* ---- commands ---- */

struct context {
    struct service *service;
    struct stream *out;
    struct listing *listing;
    struct request request;
    uint64_t now, count;
    char line[LOGGED]; /* in quotes */
};

static void log_command(const struct context *context)
{
    log_line("control command=%s sessions=%" PRIu64, context->line, context->count);
}

static void finish(const struct context *context)
{
    say(context->out, "ok sessions=%" PRIu64 "\n", context->count);
    log_command(context);
}

static void show_sessions(struct context *context)
{
    static unsigned marks;
    struct listing listing = {.is_active = 1, .place = SIZE_MAX, .selection = context->request.selection};

    listing.mark = ++marks;
    *context->listing = listing;
}

static void show_counters(struct context *context)
{
    const struct totals totals = service_totals(context->service);
    const struct departure *departure = &context->service->departure;
    int i;

    say(context->out,
        "connections=%" PRIu64 "\naccepted=%" PRIu64 "\nserver_failures=%" PRIu64 "\nrefused=%" PRIu64
        "\nwithout_bye=%" PRIu64 "\nblind=%" PRIu64 "\ndraining=%d\nremaining=%" PRIu64
        "\nleft_seconds=%" PRIu64 "\n",
        totals.connections, context->service->accepted, totals.failures, totals.refused,
        totals.counts.without_bye, totals.counts.blind, departure->is_announced,
        departure->is_begun ? totals_remaining(&totals) : 0,
        departure_left_ms(departure, totals.connections, context->now) / 1000);
    for (i = 0; i < SLOGOUT_OUTCOME_COUNT; i++)
        say(context->out, "outcome=%s sessions=%" PRIu64 "\n", slogout_outcome_name((enum slogout_outcome)i),
            totals.counts.outcome[i]);
    say(context->out, "ok\n");
}

static const char draining[] = "error: the proxy is draining\n";

static void ready(struct context *context)
{
    say(context->out, context->service->departure.is_announced ? draining : "ok\n");
}

/* Returns 0, and replies with the error, if the drain of all clients has begun. */
static int may_ask(const struct context *context)
{
    if (context->service->departure.is_begun)
        say(context->out, draining);
    return !context->service->departure.is_begun;
}

/* Returns 0, and replies with the error, if a thread would have no share of the rate. */
static int can_share(const struct context *context, uint64_t rate)
{
    const int can = rate == 0 || rate >= context->service->count;

    if (!can)
        say(context->out, "error: rate must be at least --threads\n");
    return can;
}

/* A session in a drain cannot have its own text, so each of these sessions leaves by itself, at a random instant. */
static void ask_with_text(struct loop *loop, unsigned number, void *user)
{
    struct context *context = user;
    size_t i;

    (void)number;
    for (i = 0; i < loop->count; i++)
        if (is_selected(&context->request.selection, loop->peers[i]))
            context->count += (unsigned)relay_ask(loop->peers[i], context->request.text,
                                                  (uint32_t)context->request.spread, context->now);
}

static void ask(struct context *context)
{
    const struct request *request = &context->request;
    struct slogout_plan plan = context->service->departure.plan;

    if (request->selection.given & SPREAD)
        plan.spread_ms = (uint32_t)request->spread;
    if (request->selection.given & RATE)
        plan.rate = (uint32_t)request->rate;
    if (!may_ask(context) || !can_share(context, plan.rate))
        return;
    if (!(request->selection.given & TEXT)) {
        context->count = service_ask(context->service, &plan, is_meant, &context->request.selection);
    } else if (plan.rate > 0) {
        say(context->out, "error: text= cannot be combined with a rate; add rate=0\n");
        return;
    } else {
        context->request.spread = plan.spread_ms;
        service_each_loop(context->service, ask_with_text, context);
    }
    finish(context);
}

static void tell_loop(struct loop *loop, unsigned number, void *user)
{
    struct context *context = user;
    const char *text = context->request.selection.given & TEXT ? context->request.text : NULL;
    size_t i;

    (void)number;
    for (i = 0; i < loop->count; i++)
        if (is_selected(&context->request.selection, loop->peers[i]))
            context->count += (unsigned)relay_tell(loop->peers[i], text, context->now);
}

static void tell(struct context *context)
{
    service_each_loop(context->service, tell_loop, context);
    finish(context);
}

static int cancel_unsent(const struct peer *peer)
{
    const enum slogout_state state = slogout_session_state(peer->session);

    return (state == SLOGOUT_STATE_WAITING || state == SLOGOUT_STATE_PENDING) &&
           slogout_session_cancel(peer->session) == 0;
}

static void cancel_loop(struct loop *loop, unsigned number, void *user)
{
    struct context *context = user;
    size_t i;

    (void)number;
    for (i = 0; i < loop->count; i++)
        if (is_selected(&context->request.selection, loop->peers[i]))
            context->count += (unsigned)cancel_unsent(loop->peers[i]);
}

static void cancel(struct context *context)
{
    if (!may_ask(context))
        return;
    service_each_loop(context->service, cancel_loop, context);
    finish(context);
}

struct outlook {
    const struct departure *departure;
    uint64_t sessions, rate;
};

static void look_ahead(struct loop *loop, unsigned number, void *user)
{
    struct outlook *outlook = user;
    const struct slogout_plan plan = departure_share(outlook->departure, number);

    outlook->sessions += loop->count;
    outlook->rate += departure_rate(&plan, loop->count);
}

/* Reports how all clients would leave if no more clients came. A deadline that was not given will be long enough for
 * the rate. */
static void answer_drain(struct context *context)
{
    const struct departure *departure = &context->service->departure;
    struct outlook outlook = {.departure = departure};

    service_each_loop(context->service, look_ahead, &outlook);
    context->count = outlook.sessions;
    say(context->out, "ok sessions=%" PRIu64 " rate=%" PRIu64 " deadline=%.1fs\n", outlook.sessions,
        departure->has_deadline ? outlook.rate : departure->plan.rate,
        (double)departure_left_ms(departure, outlook.sessions, context->now) / 1000);
    log_command(context);
}

/* During the lame duck, only the plan changes. */
static void drain(struct context *context)
{
    const struct request *request = &context->request;
    struct service *service = context->service;
    struct departure_options options = service->line->departure;

    if (request->selection.given & SPREAD)
        options.spread = request->spread;
    if (request->selection.given & RATE)
        options.rate = request->rate;
    if (request->selection.given & DEADLINE)
        options.deadline = request->deadline;
    if (!may_ask(context) || !can_share(context, options.rate))
        return;
    if (departure_change(&service->departure, &options) != 0) {
        say(context->out, "error: the deadline is too short for the other options\n");
        return;
    }
    if (!service->departure.is_announced)
        service_leave(service);
    answer_drain(context);
}

static void help(struct context *context);

static const struct command {
    const char *name;
    unsigned allowed;
    void (*run)(struct context *context);
    const char *help;
} commands[] = {
    {"show sessions", SELECTION, show_sessions, "[WHICH]: list connections"},
    {"show counters", 0, show_counters, ": print counters"},
    {"ask", SELECTION | TEXT | SPREAD | RATE, ask,
     "WHICH [spread=MS] [rate=N] [text=TEXT]: ask clients to leave, at the pace of spread and rate"},
    {"tell", SELECTION | TEXT, tell, "WHICH [text=TEXT]: send BYE without asking, and close"},
    {"cancel", SELECTION, cancel, "WHICH: cancel requests that have not been sent yet"},
    {"drain", SPREAD | RATE | DEADLINE, drain,
     "[spread=MS] [rate=N] [deadline=MS]: drain all clients, like SIGTERM"},
    {"ready", 0, ready, ": fail after the first SIGTERM"},
    {"help", 0, help, ": print this text"},
};
#define COMMAND_COUNT (sizeof commands / sizeof *commands)

static void help(struct context *context)
{
    size_t i;

    for (i = 0; i < COMMAND_COUNT; i++)
        say(context->out, "%s%s%s\n", commands[i].name, *commands[i].help == ':' ? "" : " ",
            commands[i].help);
    say(context->out, "WHICH is all, or one or more of user=NAME client=ADDR[/BITS] connection=N "
                      "age=SECONDS, all of which must hold.\n"
                      "age= selects connections that are at least this old. text= takes the rest of the "
                      "line.\n"
                      "ok\n");
}

void commands_run(struct service *service, char *line, struct stream *out, struct listing *listing,
                  uint64_t now)
{
    struct context context = {.service = service, .out = out, .listing = listing, .now = now};
    size_t i;

    line += strspn(line, " \t");
    log_quote(context.line, sizeof context.line, line);
    for (i = 0; i < COMMAND_COUNT; i++) {
        const size_t len = strlen(commands[i].name);
        if (strncmp(line, commands[i].name, len) != 0 || (line[len] && line[len] != ' '))
            continue;
        if (read_request(&context.request, commands[i].allowed, commands[i].run == show_sessions, line + len,
                         out) == 0)
            commands[i].run(&context);
        return;
    }
    say(out, "error: no such command; see help\n");
}
