/* Runs AskedStore.java, or JavaMail alone, as an application does: Driver LIBRARY PORT TLS USER DELAY. See run.py.
 * SPDX-License-Identifier: BSD-2-Clause */
import com.sun.mail.iap.*;
import com.sun.mail.imap.*;
import java.io.*;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.*;
import javax.mail.*;
import javax.mail.internet.MimeMessage;

public class Driver {
    interface Operation { String run(String argument) throws MessagingException, IOException; }
    interface Folderwork { String run(IMAPFolder folder) throws MessagingException, IOException; }

    static IMAPStore store;
    static Session session;
    static boolean isAlone;

    static String run(Operation operation, String argument) throws MessagingException, IOException {
        if (!isAlone) return ((AskedStore) store).run(() -> operation.run(argument));
        if (!store.isConnected()) store.connect();
        return operation.run(argument);
    }

    static String inbox(int mode, Folderwork work) throws MessagingException, IOException {
        IMAPFolder folder = (IMAPFolder) store.getFolder("INBOX");
        folder.open(mode);
        try {
            return work.run(folder);
        } finally {
            if (folder.isOpen()) folder.close(false);
        }
    }

    static String fetch(String uid) throws MessagingException, IOException {
        return inbox(Folder.READ_ONLY, folder -> {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            folder.getMessageByUID(Long.parseLong(uid)).writeTo(out);
            try {
                byte[] digest = MessageDigest.getInstance("SHA-1").digest(out.toByteArray());
                return String.format("%040x", new BigInteger(1, digest));
            } catch (java.security.NoSuchAlgorithmException e) {
                throw new IOException(e);
            }
        });
    }

    static String append(String name) throws MessagingException {
        String text = "Message-ID: <" + name + ">\r\n\r\nX LOGOUT\r\nMIDDLE\r\nend\r\n";
        Message message = new MimeMessage(session, new ByteArrayInputStream(text.getBytes(StandardCharsets.US_ASCII)));
        store.getFolder("INBOX").appendMessages(new Message[] {message});
        return "";
    }

    static String two(String uid) throws MessagingException, IOException {
        return inbox(Folder.READ_WRITE, folder -> {
            Message message = folder.getMessageByUID(Long.parseLong(uid));
            message.setFlag(Flags.Flag.FLAGGED, true);
            message.setFlag(Flags.Flag.FLAGGED, false);
            return "";
        });
    }

    static String idle(String unused) throws MessagingException, IOException {
        return inbox(Folder.READ_ONLY, folder -> {
            folder.idle(true);
            return "";
        });
    }

    /* echo_server has no mailboxes. */
    static String echo(String size) throws MessagingException {
        String text = "X LOGOUT\r\nMIDDLE\r\n" + "x".repeat(Integer.parseInt(size));
        return (String) ((IMAPFolder) store.getDefaultFolder()).doCommand(protocol -> {
            Argument argument = new Argument();
            argument.writeBytes(text.getBytes(StandardCharsets.US_ASCII));
            Response[] responses = protocol.command("ECHO", argument);
            protocol.handleResult(responses[responses.length - 1]);
            boolean isSame = Arrays.stream(responses).anyMatch(response -> response.toString().contains(text));
            return isSame ? "True OK" : "False OK";
        });
    }

    static void print(String line) {
        System.out.println(line.replace('\n', ' ').replace('\r', ' '));
    }

    static void work(Operation operation, String argument, String ok) {
        try {
            print(ok + " " + run(operation, argument));
        } catch (Exception e) {
            print((ok.equals("ok") ? "" : "event ") + "error " + e.getClass().getSimpleName() + ": " + e.getMessage());
        }
    }

    public static void main(String[] args) throws Exception {
        String protocol = args[2].equals("tls") ? "imaps" : "imap";
        Properties properties = new Properties();
        properties.put("mail.imaps.ssl.trust", "*");
        properties.put("mail." + protocol + ".partialfetch", "false"); // so that a message is one literal
        properties.put("mail." + protocol + ".timeout", "300000"); // so that a busy machine causes no failure
        isAlone = args[4].equals("alone");
        session = Session.getInstance(properties);
        URLName place = new URLName(protocol, "127.0.0.1", Integer.parseInt(args[1]), null, args[3], "secret");
        store = isAlone ? (IMAPStore) session.getStore(place)
            : new AskedStore(session, place, (long) (1000 * Double.parseDouble(args[4])));
        store.addConnectionListener(new javax.mail.event.ConnectionAdapter() {
            @Override public void opened(javax.mail.event.ConnectionEvent e) { print("login"); }
        });
        Map<String, Operation> operations = Map.of("fetch", Driver::fetch, "append", Driver::append, "two", Driver::two,
            "echo", Driver::echo, "noop", unused -> "", "logout", unused -> {store.close(); return "";});
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        for (String line; (line = in.readLine()) != null;) {
            String[] words = line.split(" ");
            if (words[0].equals("idle")) {
                Thread thread = new Thread(() -> work(Driver::idle, "", "event idle"));
                thread.setDaemon(true);
                thread.start();
                print("ok");
            } else if (words[0].equals("logout")) {
                store.close();
                print("ok");
            } else if (words[0].equals("hurry")) {
                ((AskedStore) store).hurry();
                print("ok");
            } else {
                work(operations.get(words[0]), words[1], "ok");
            }
        }
        System.exit(0);
    }
}
