# SPDX-License-Identifier: BSD-2-Clause
"""Runs Dovecot for the tests, without privileges, in a scratch folder and on free ports of the loopback interface."""

import contextlib
import functools
import os
import pwd
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

DOVECOT = "/usr/sbin/dovecot"
DOVEADM = "/usr/bin/doveadm"
IMAP = "/usr/lib/dovecot/imap"
MODULES = "/usr/lib/dovecot/modules"
BUILD = os.environ.get("SLOGOUT_BUILD", "build")
PLUGIN = os.path.join(BUILD, "dovecot", "lib95_imap_slogout_plugin.so")

BASE = """
base_dir = {root}/run
state_dir = {root}/state
log_path = {root}/log
mail_plugin_dir = {root}/modules
listen = 127.0.0.1
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
ssl = yes
mail_fsync = never
mailbox_list_index = yes
imap_idle_notify_interval = 0
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
service imap-login {{
  chroot =
  process_limit = 20
  client_limit = 1000
  service_count = 0
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
"""

BASE_23 = """
protocols = imap
ssl_cert = <{root}/cert.pem
ssl_key = <{root}/key.pem
ssl_dh =
disable_plaintext_auth = no
mail_location = maildir:~/Maildir
mail_plugins = zlib
protocol imap {{
  mail_plugins = $mail_plugins imap_zlib {plugin}
  mail_max_userip_connections = {userip_connections}
}}
{passdb}
userdb {{
  driver = static
  args = uid={user} gid={group} home={root}/mail/%u {user_settings}
}}
plugin {{
{settings}
}}
"""

BASE_24 = """
protocols = imap
ssl_server_cert_file = {root}/cert.pem
ssl_server_key_file = {root}/key.pem
auth_allow_cleartext = yes
mail_driver = maildir
mail_path = ~/Maildir
protocol imap {{
  mail_plugins {{
    {plugin}
  }}
  mail_max_userip_connections = {userip_connections}
{settings}
}}
{passdb}
userdb static {{
  fields {{
    uid = {user}
    gid = {group}
    home = {root}/mail/%{{user}}
    {user_settings}
  }}
}}
"""

STATIC = "passdb {\n driver = static\n args = nopassword=y\n}", "passdb static {\n fields {\n nopassword = yes\n }\n}"
LUA = "passdb {\n driver = lua\n args = file=ROOT/passdb.lua\n}", "passdb lua {\n lua_file = ROOT/passdb.lua\n}"

# More lines of configuration, with the names of 2.3: several clients in one process, and hibernation.
SHARED = "service imap {\n  client_limit = 10\n  service_count = 0\n  process_limit = 1\n}\n"
HIBERNATE = "imap_hibernate_timeout = 1s\nservice imap-hibernate {\n  chroot =\n}\n"


@functools.lru_cache(None)
def version():
    return subprocess.check_output([DOVECOT, "--version"], text=True).split()[0]


def is_24():
    return version().startswith("2.4")


def mount_settings():
    """Dovecot 2.4 loads the declaration of the plugin's settings from a fixed folder. Therefore this function runs the
    program again in a mount namespace, where this folder contains the declaration that the build made. This requires
    root."""
    if not is_24() or os.environ.get("SLOGOUT_NAMESPACE"):
        return
    os.environ["SLOGOUT_NAMESPACE"] = "1"
    os.execvp("unshare", ["unshare", "--mount", "sh", "-c", 'mount --bind "$1" "$2" && shift 2 && exec "$@"', "sh",
                          os.path.join(BUILD, "dovecot", "settings"), os.path.join(MODULES, "settings"),
                          sys.executable, "-B", *sys.argv])


def config_text():
    if not is_24():
        return BASE + BASE_23
    number = version().split("-")[0]
    return ("dovecot_config_version = %s\ndovecot_storage_version = %s\n" % (number, number) +
            BASE_24 + in_terms_of_24(BASE))


def in_terms_of_24(text):
    """Replaces the settings that have other names in 2.4."""
    for old, new in (("service_count = 0", "restart_request_count = unlimited"),
                     ("service_count =", "restart_request_count ="),
                     ("vsz_limit = 0", "vsz_limit = unlimited")):
        text = text.replace(old, new)
    return text


def account():
    """Returns the user and the group for Dovecot, which are never root."""
    if os.getuid() == 0:
        return "dovecot", "dovecot"
    entry = pwd.getpwuid(os.getuid())
    return entry.pw_name, subprocess.check_output(["id", "-gn"], text=True).strip()


def free_ports(count):
    """Returns ports below the range that the kernel uses for connections. A connection could otherwise take the port
    before Dovecot listens."""
    ports = []
    while len(ports) < count:
        port = random.randrange(10000, 32000)
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            continue
        ports.append(port)
    return ports


@functools.lru_cache(None)
def key_and_certificate():
    """Makes a self-signed certificate and its key for localhost and 127.0.0.1."""
    with tempfile.TemporaryDirectory() as folder:
        key, certificate = folder + "/key.pem", folder + "/cert.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                        "-nodes", "-days", "2", "-subj", "/CN=localhost",
                        "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                        "-keyout", key, "-out", certificate], check=True, capture_output=True)
        with open(key) as key, open(certificate) as certificate:
            return key.read(), certificate.read()


def wait_until(condition, seconds=60):
    """Returns the value of the condition as soon as it is true, or its last value when the time is over."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    return condition()


class Dovecot:
    """A running Dovecot. plugin: whether our plugin is loaded. settings: the settings of the plugin. user_settings: the
    same settings from the userdb. lua: a passdb. extra: more lines of configuration, with the names of 2.3. In lua and
    extra, ROOT stands for the scratch folder. container: Dovecot is process 1 of a PID namespace. Then do not call
    doveadm stop, because it signals the pid that the master knows."""

    def __init__(self, plugin=True, settings=None, user_settings="", lua="", extra="", userip_connections=1000,
                 container=False):
        self.root = tempfile.mkdtemp(prefix="slogout-dovecot-")
        self.user, self.group = account()
        self.port, self.tls_port = free_ports(2)
        self.config = os.path.join(self.root, "dovecot.conf")
        self._link_modules()
        self._write_certificate()
        for folder in ("mail", "state", "run"):
            os.mkdir(os.path.join(self.root, folder))
        loaded = ("imap_slogout = yes" if is_24() else "imap_slogout") if plugin else ""
        lines = "".join("  %s = %s\n" % item for item in (settings or {}).items())
        if is_24():
            extra = in_terms_of_24(extra)
        text = config_text().format(
            root=self.root, user=self.user, group=self.group, port=self.port, tls_port=self.tls_port,
            plugin=loaded, settings=lines, user_settings=user_settings,
            passdb=(LUA if lua else STATIC)[is_24()], userip_connections=userip_connections)
        self._write("dovecot.conf", text + extra)
        self._write("passdb.lua", lua)
        self._give_away()
        arguments = [DOVECOT, "-F", "-c", self.config]
        self.process = self._run_contained(arguments) if container else self._run(arguments, **self._as_user())
        wait_until(lambda: self._accepts() or self.process.poll() is not None)
        if not self._accepts():
            log = self.log()
            self.close()
            raise RuntimeError("Dovecot does not start:\n" + log)

    def _link_modules(self):
        modules = os.path.join(self.root, "modules")
        os.mkdir(modules)
        for name in os.listdir(MODULES):
            if name.endswith(".so") and name != os.path.basename(PLUGIN):
                os.symlink(os.path.join(MODULES, name), os.path.join(modules, name))
        shutil.copy(PLUGIN, modules)

    def _write(self, name, text):
        with open(os.path.join(self.root, name), "w") as file:
            file.write(text.replace("ROOT", self.root))

    def _write_certificate(self):
        for name, text in zip(("key.pem", "cert.pem"), key_and_certificate()):
            self._write(name, text)

    def _give_away(self):
        """Ignores files that a running Dovecot has removed in the meantime."""
        if os.getuid() != 0:
            return
        for folder, folders, files in os.walk(self.root):
            for name in [folder] + [os.path.join(folder, n) for n in folders + files]:
                if not os.path.islink(name):
                    with contextlib.suppress(FileNotFoundError):
                        shutil.chown(name, self.user, self.group)

    def _as_user(self):
        if os.getuid() != 0:
            return {}
        return {"user": self.user, "group": self.group, "extra_groups": []}

    def _run_contained(self, arguments):
        unshare = ["unshare", "--pid", "--fork", "--kill-child"]
        if os.getuid() != 0:
            return self._run([*unshare, "--user", "--map-current-user", *arguments])
        return self._run([*unshare, "setpriv", "--reuid", self.user, "--regid", self.group, "--clear-groups",
                          *arguments])

    def _run(self, arguments, **options):
        with open(os.path.join(self.root, "stderr"), "w") as stderr:
            return subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                    stderr=stderr, start_new_session=True, **options)

    def _accepts(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as s:
                return s.recv(100).startswith(b"* OK")
        except OSError:
            return False

    def log(self):
        text = ""
        for name in ("stderr", "log"):
            path = os.path.join(self.root, name)
            if os.path.exists(path):
                with open(path, errors="replace") as file:
                    text += file.read()
        return text

    def wait_for_log(self, pattern, seconds=60):
        return wait_until(lambda: re.search(pattern, self.log()), seconds)

    def doveadm(self, *arguments):
        done = subprocess.run([DOVEADM, "-c", self.config, *arguments], capture_output=True, text=True,
                              timeout=60, **self._as_user())
        return done.stdout + done.stderr

    def kick(self, user):
        """Kicks the clients of the user, who must have at least one."""
        out = self.doveadm("kick", user)
        kicked = r"^[1-9]\d* connections kicked" if is_24() else r"\b%s\b" % re.escape(user)
        if not re.search(kicked, out, re.M):
            raise AssertionError("doveadm kick %s: %s" % (user, out))

    def processes(self, name):
        """Returns the pids of the master's child processes with this name."""
        out = subprocess.run(["ps", "-o", "pid=,comm=", "--ppid", str(self.process.pid)],
                             capture_output=True, text=True).stdout
        return [int(pid) for pid, comm in (line.split(None, 1) for line in out.splitlines()) if comm == name]

    def process_of(self, user):
        """Returns the pid of the imap process that serves this user, as doveadm who reports it."""
        def look():
            for line in self.doveadm("who", "-1").splitlines()[1:]:
                fields = line.split()
                if fields[0] == user and fields[1] == "imap":
                    return int(fields[2])
            return None
        return wait_until(look)

    def mailbox_folder(self, user):
        return os.path.join(self.root, "mail", user, "Maildir")

    def put_message(self, user, message):
        """Writes a message to the user's maildir."""
        folder = os.path.join(self.mailbox_folder(user), "new")
        os.makedirs(folder, exist_ok=True)
        for name in ("cur", "tmp"):
            os.makedirs(os.path.join(self.mailbox_folder(user), name), exist_ok=True)
        path = os.path.join(folder, "%d.%d.test" % (time.time_ns(), os.getpid()))
        with open(path, "wb") as file:
            file.write(message)
        self._give_away()

    def close(self):
        """Kills the master and the processes that it started, by pid, because an orderly stop takes 3 s."""
        self.process.kill()
        self.process.wait()
        for pid in self.left():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        wait_until(lambda: not self.left())
        shutil.rmtree(self.root, ignore_errors=True)

    def left(self, name=None):
        """Returns the pids of the living processes that the master started, or only of those with this name. All of
        them belong to the session that was created for the master."""
        self.process.poll()
        out = subprocess.run(["ps", "-o", "pid=,stat=,comm=", "--sid", str(self.process.pid)],
                             capture_output=True, text=True).stdout
        lines = (line.split(None, 2) for line in out.splitlines())
        return [int(pid) for pid, state, comm in lines
                if state[0] != "Z" and int(pid) != self.process.pid and name in (None, comm)]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
