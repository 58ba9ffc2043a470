/* ImapFlow with a server that asks its clients to leave (X-SERVER-LOGOUT): copy this file. Run with ImapFlow 2.10.2 and
 * Node 20.
 *
 * One call of run() is one operation. The account logs in before it if necessary, and answers the server when no operation
 * is running. An operation takes less than 20 seconds, and gets the errors of its own commands. The account stays logged
 * in until logOut(), and logs in again after a random delay when the server has closed. `connect` returns a connection
 * that has selected nothing. `ready` runs after each login, to select the mailbox in which ImapFlow idles.
 *     const account = new Account(async () => {
 *         const imap = new ImapFlow({ host: 'imap.example.org', auth: { user: 'user', pass: 'secret' } });
 *         await imap.connect();
 *         return imap;
 *     }, { ready: imap => imap.mailboxOpen('INBOX') });
 *     const messages = await account.run(imap => imap.fetchAll('1:*', { envelope: true }));
 */
const REQUEST = /^([^\s(){%*"\\+]+) LOGOUT\r?\n?$/i;

export class Account {
    #connect; #ready; #delay; #longest; #timer; #session; #isOver = false;

    constructor(connect, { ready = () => {}, delay = 60_000 } = {}) {
        [this.#connect, this.#ready, this.#delay, this.#longest] = [connect, ready, delay, delay];
    }

    async run(operation) {
        let session = await this.#open();
        while (session.answers.length || !session.imap.usable) {
            await session.closed;
            session = await this.#open();
        }
        session.running++;
        try {
            return await operation(session.imap);
        } finally {
            if (--session.running === 0 && session.answers.length) this.#leave(session);
        }
    }

    async logOut() {
        this.#isOver = true;
        clearTimeout(this.#timer);
        await this.#session?.then(session => session.imap.logout()).catch(() => {});
    }

    #open() {
        clearTimeout(this.#timer);
        this.#session ??= this.#logIn().catch(error => {
            this.#session = undefined;
            throw error;
        });
        return this.#session;
    }

    async #logIn() {
        const imap = await this.#connect();
        const session = { imap, running: 0, answers: [], closed: new Promise(resolve => imap.once('close', resolve)) };
        const handle = imap.handleResponse.bind(imap);
        imap.handleResponse = async data => this.#note(session, data.payload) || handle(data);
        imap.on('error', () => {});  // 'close' follows
        await imap.run('ENABLE', ['X-SERVER-LOGOUT']);  // ImapFlow looks whether the server offers it
        await this.#ready(imap);
        session.closed.then(() => this.#openLater((this.#session = undefined)));
        this.#longest = this.#delay;
        return session;
    }

    #note(session, line) {
        const request = line.length < 200 && REQUEST.exec(line);
        if (!request) return false;
        session.answers.push(`${request[1]} OK LOGOUT completed`);
        if (!session.running && !this.#isOver) this.#leave(session);
        return true;
    }

    async #leave({ imap, answers }) {
        try {
            await imap.noop();  // ends IDLE, and comes after the commands that are under way
            imap.write(answers.join('\r\n'));
            imap.write = () => {};  // the answer is our last line
        } catch {}  // it has closed
    }

    #openLater() {
        if (this.#isOver) return;
        this.#timer = setTimeout(() => this.#open().catch(() => {
            this.#longest = Math.min(2 * this.#longest, 900_000);
            this.#openLater();
        }), Math.random() * this.#longest);
    }
}
