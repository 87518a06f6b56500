"""What the end-to-end tests share: processes on free ports of 127.0.0.1 that always end,
HTTP, Prometheus' text format, the ledger by SQL, and one line per check."""
import contextlib
import http.client
import json
import os
import re
import resource
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from datetime import datetime, timezone
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
NANO = 10**9


class Checks:
    """Counts and prints; a failed check does not stop the ones after it."""

    def __init__(self):
        self.passed, self.failed = 0, []

    def true(self, name, condition, detail=""):
        if condition:
            self.passed += 1
            print(f"ok    {name}", flush=True)
        else:
            self.failed.append(name)
            print(f"FAIL  {name}{': ' if detail != '' else ''}{detail}", flush=True)
        return bool(condition)

    def equal(self, name, got, wanted):
        return self.true(name, got == wanted, f"got {got!r}, wanted {wanted!r}")

    def finish(self):
        print(f"{self.passed} checks passed, {len(self.failed)} failed")
        return 1 if self.failed else 0


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")

    @property
    def json(self):
        return json.loads(self.body)


def request(port, method, path, body=None, headers=None, timeout=30):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read())
    finally:
        connection.close()


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(what, condition, seconds=60.0, step=0.1):
    """The first true answer of `condition`; connection errors count as not yet. The limit is for
    what never comes: it says nothing about how long this may take."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError, http.client.HTTPException):
            found = condition()
            if found:
                return found
        time.sleep(step)
    raise TimeoutError(f"{what}: not within {seconds:.0f} s")


def until(condition, seconds=60.0, step=0.1):
    """As wait_for, but None when the time is over, for a check to report."""
    try:
        return wait_for("", condition, seconds, step)
    except TimeoutError:
        return None


def bearer(token):
    return {"Authorization": f"Bearer {token}"} if token else {}


def rfc3339(seconds):
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Process:
    """A program with its log in a file; ended by its own process id."""

    def __init__(self, arguments, log, environment=None):
        self.arguments, self.log_path = arguments, log
        self.environment = {**os.environ, **(environment or {})}
        self.child = None

    def launch(self):
        with open(self.log_path, "ab") as log:
            # Not restored: SIGXFSZ stays ignored, so that a write past a file-size limit
            # fails as it does on a full disk.
            self.child = subprocess.Popen(
                self.arguments, stdout=log, stderr=log, env=self.environment,
                restore_signals=False)

    def wait_ready(self, port, path, seconds=60):
        def ready():
            if self.child.poll() is not None:
                raise SystemExit(f"FAIL  {self.arguments[0]} ended with "
                                 f"{self.child.returncode}:\n{self.log()[-3000:]}")
            return request(port, "GET", path, timeout=5).status == 200
        wait_for(f"{self.arguments[0]} on port {port}", ready, seconds, 0.05)

    def send(self, number):
        self.child.send_signal(number)

    def end(self, number=signal.SIGTERM, seconds=15):
        """Seconds until it had ended."""
        if self.child is None or self.child.poll() is not None:
            return 0.0
        begin = time.monotonic()
        self.send(number)
        try:
            self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
        return time.monotonic() - begin

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as f:
            return f.read()


class Engine(Process):
    """spendwarden with its configuration, ledger and log in a folder of its own."""

    def __init__(self, binary, folder, config, token=None, ingest_token=None):
        os.makedirs(folder, exist_ok=True)
        self.binary, self.folder, self.port = binary, folder, free_port()
        self.path = os.path.join(folder, "spendwarden.yaml")
        self.ledger = os.path.join(folder, "ledger.db")
        self.headers, self.ingest_headers = bearer(token), bearer(ingest_token or token)
        super().__init__([binary, "run", "--config", self.path],
                         os.path.join(folder, "engine.log"))
        self.configure(config)

    def configure(self, config):
        """A map, or a whole file as text."""
        if not isinstance(config, str):
            config = json.dumps({
                **config, "ledger": {"path": self.ledger},
                "server": {"listen": f"127.0.0.1:{self.port}", **config.get("server", {})},
            }, indent=1)
        write(self.path, config)

    def start(self):
        self.launch()
        self.wait_ready(self.port, "/-/ready")
        return self

    def get(self, path):
        return request(self.port, "GET", path, headers=self.headers)

    def post(self, source, body, headers=None):
        if not isinstance(body, (bytes, str)):
            body = json.dumps(body)
        if isinstance(body, str):
            body = body.encode()
        return request(self.port, "POST", f"/v1/ingest/{source}", body,
                       self.ingest_headers if headers is None else headers)

    def reload(self):
        return request(self.port, "POST", "/-/reload", headers=self.headers)

    def api(self, name):
        return self.get(f"/api/v1/{name}").json["data"]

    def metrics(self):
        return Metrics(self.get("/metrics").text)

    def rows(self, sql, *values):
        with contextlib.closing(sqlite3.connect(f"file:{self.ledger}?mode=ro", uri=True)) as db:
            return db.execute(sql, values).fetchall()

    def run(self, *arguments, seconds=120):
        return subprocess.run([self.binary, *arguments], capture_output=True, text=True,
                              timeout=seconds, check=False)

    def verify(self):
        return self.run("ledger", "verify", "--config", self.path)

    def limit_file_size(self, size):
        """None: as much as there was."""
        hard = resource.prlimit(self.child.pid, resource.RLIMIT_FSIZE)[1]
        resource.prlimit(self.child.pid, resource.RLIMIT_FSIZE,
                         (hard if size is None else size, hard))


SAMPLE = re.compile(r'^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)')
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


class Metrics:
    """Samples of one scrape. Money stays exact."""

    def __init__(self, text):
        self.text, self.samples = text, []
        for line in text.split("\n"):
            found = None if line.startswith("#") else SAMPLE.match(line)
            if found:
                labels = dict(LABEL.findall(found.group(2) or ""))
                self.samples.append((found.group(1), labels, Decimal(found.group(3))))

    def select(self, name, **labels):
        return [(have, value) for n, have, value in self.samples
                if n == name and all(have.get(k, "") == v for k, v in labels.items())]

    def sum(self, name, **labels):
        return sum((value for _, value in self.select(name, **labels)), Decimal(0))

    def nano(self, name, **labels):
        return int(self.sum(name, **labels) * NANO)

    def one(self, name, **labels):
        found = self.select(name, **labels)
        return found[0][1] if len(found) == 1 else None

    def by(self, name, label):
        """Sum per value of a label, without those of 0."""
        sums = {}
        for labels, value in self.select(name):
            sums[labels.get(label, "")] = sums.get(labels.get(label, ""), 0) + value
        return {k: v for k, v in sums.items() if v}


class Catcher:
    """A server in this process that keeps every JSON body it gets, with its time."""

    def __init__(self, forward_to=None, port=0):
        self.bodies, self.lock = [], threading.Lock()
        catcher = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                with catcher.lock:
                    catcher.bodies.append(body)
                answer = Answer(200, {}, b"")
                if forward_to:
                    kept = {"Authorization": self.headers.get("Authorization", "")}
                    answer = request(forward_to, "POST", self.path, body, kept)
                self.send_response(answer.status)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def taken(self):
        with self.lock:
            return list(self.bodies)

    def end(self):
        self.server.shutdown()
        self.server.server_close()


class Stage:
    """A folder and whatever runs in it; all of it is gone after the with block."""

    def __init__(self, binary):
        self.binary, self.started = os.path.abspath(binary), []

    def __enter__(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="spendwarden-e2e-")
        self.folder = self.temporary.name
        return self

    def __exit__(self, kind, *_):
        for process in reversed(self.started):
            process.end()
        if kind:
            for process in self.started:
                if isinstance(process, Process):
                    print(f"--- end of {process.log_path}\n{process.log()[-3000:]}")
        self.temporary.cleanup()

    def keep(self, process):
        self.started.append(process)
        return process

    def engine(self, name, config, **tokens):
        return self.keep(Engine(self.binary, os.path.join(self.folder, name), config, **tokens))

    def file(self, name, text):
        return write(os.path.join(self.folder, name), text)

    def token(self, name):
        secret = f"{name}-0123456789abcdef"
        self.file(f"tokens/{name}", secret + "\n")
        return secret


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    return path


def read(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as f:
        return f.read()


def replace(text, changes):
    """Each old text has to be there, so that an example cannot drift from its test."""
    for old, new in changes.items():
        if old not in text:
            raise SystemExit(f"FAIL  the example lacks {old!r}")
        text = text.replace(old, new)
    return text


def main(run):
    """run(checks, stage, build_dir)"""
    if len(sys.argv) < 3:
        raise SystemExit(f"usage: {os.path.basename(sys.argv[0])} BINARY BUILD_DIR")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("FAIL  ended by SIGTERM"))
    checks = Checks()
    with Stage(sys.argv[1]) as stage:
        run(checks, stage, os.path.abspath(sys.argv[2]))
    sys.exit(checks.finish())
