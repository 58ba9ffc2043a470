/* The server that the README's example is linked into. It has no socket: what it queues stands in `output`,
 * and time is a number. */
#ifndef SERVER_H
#define SERVER_H

#include <slogout/slogout.h>

struct conn {
    struct slogout_session *session;
    char output[512]; /* a string */
    int in_command;   /* a command has been taken, its tagged response is not yet queued */
    int in_line;      /* the last octet queued does not end a line */
    int is_finished;
};

/* The server's own. */
uint64_t now_ms(void);
void wait_for_events(int timeout_ms); /* as poll(); reads and flushes */
int at_rest(const struct conn *conn);
int between_lines(const struct conn *conn);
int queue(struct conn *conn, const char *octets, size_t len); /* 0, or -1 */
void finish(struct conn *conn); /* sends what is queued, SHUT_WR, lingers, closes */
void run(struct conn *conn, const char *command, size_t len);

/* The example's: where this server calls the library. */
int on_start(void);
int on_connection(struct conn *conn);
void on_line(struct conn *conn, const char *line, size_t len);
void on_line_queued(struct conn *conn);
void on_enable(struct conn *conn);
void on_logout(struct conn *conn);
void on_end_of_file(struct conn *conn);
void on_close(struct conn *conn);
int on_user_moved(struct conn *conn);
void turn(void);

#endif
