/* Runs imapflow_account.mjs, or ImapFlow alone, as an application does. driver.mjs LIBRARY PORT TLS USER DELAY; see
 * run.py. NODE_MODULES is the folder that has the npm packages. SPDX-License-Identifier: BSD-2-Clause */
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { Account } from '../imapflow_account.mjs';

const { ImapFlow } = createRequire(process.env.NODE_MODULES)('imapflow');
const [, , , port, tls, user, delay] = process.argv;
let mailbox = null; // in which it idles

async function connect() {
    console.log('login');
    const imap = new ImapFlow({
        host: '127.0.0.1', port, secure: tls === 'tls', doSTARTTLS: false, tls: { rejectUnauthorized: false },
        auth: { user, pass: 'secret' }, logger: false, autoIdleDelay: 50
    });
    await imap.connect();
    return imap;
}

/* ImapFlow without the file: an application that logs in again when the library reports a lost connection. */
class Alone {
    async run(operation) {
        if (!this.imap?.usable) {
            this.imap = await connect();
            this.imap.on('error', error => console.log(`event error ${error.message}`));
            await this.imap.run('ENABLE', ['X-SERVER-LOGOUT']);
        }
        return operation(this.imap);
    }

    async logOut() {
        await this.imap.logout();
    }
}

const account = delay === 'alone' ? new Alone()
    : new Account(connect, { ready: imap => mailbox && imap.mailboxOpen(mailbox), delay: 1000 * delay });

async function inbox(imap, work) {
    const lock = await imap.getMailboxLock('INBOX');
    try {
        return await work();
    } finally {
        lock.release();
    }
}

const operations = {
    fetch: (imap, uid) => inbox(imap, async () => {
        const message = await imap.fetchOne(uid, { source: true }, { uid: true });
        return createHash('sha1').update(message.source).digest('hex');
    }),
    append: async (imap, name) => {
        await imap.append('INBOX', `Message-ID: <${name}>\r\n\r\nX LOGOUT\r\nMIDDLE\r\nend\r\n`);
    },
    two: (imap, uid) => inbox(imap, async () => {
        await imap.messageFlagsAdd(uid, ['\\Flagged'], { uid: true });
        await account.run(inner => inner.messageFlagsRemove(uid, ['\\Flagged'], { uid: true }));
    }),
    pipeline: (imap, uid) => inbox(imap, async () => {
        const parts = [{ flags: true }, { uid: true }];
        const both = await Promise.all(parts.map(what => imap.fetchOne(uid, what, { uid: true })));
        return both.map(message => (message ? 'OK' : 'nothing')).join(' ');
    }),
    echo: async (imap, size) => {
        const sent = Buffer.from('X LOGOUT\r\nMIDDLE\r\n' + 'x'.repeat(size));
        let got;
        const response = await imap.exec('ECHO', [{ type: 'LITERAL', value: sent }], {
            untagged: { ECHO: untagged => { got = Buffer.from(untagged.attributes[0].value); } }
        });
        response.next();
        return `${got.equals(sent) ? 'True' : 'False'} ${response.response.command}`;
    },
    noop: async imap => { await imap.noop(); },
    idle: async imap => { await imap.mailboxOpen((mailbox = 'INBOX')); }
};

for await (const line of createInterface({ input: process.stdin })) {
    const [name, argument] = line.split(' ');
    try {
        const result = await (name === 'logout' ? account.logOut() : name === 'hurry' ? account.hurry()
            : account.run(imap => operations[name](imap, argument)));
        console.log(`ok ${result ?? ''}`);
    } catch (error) {
        console.log(`error ${error.code ?? error.name}: ${error.message}`);
    }
}
process.exit(0);
