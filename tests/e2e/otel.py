"""What the tests of real OTLP emitters share: the engine of examples/otel, what its README tells an
SDK, the emitters of PyPI, and the bytes that came over the wire."""
import contextlib
import os
import re
import shlex
import signal
import socket
import socketserver
import subprocess
import threading
import time

from harness import ROOT, read, replace

EXAMPLE = os.path.join(ROOT, "examples", "otel")


def start_engine(stage):
    operator = [stage.token(name) for name in ("otel", "prometheus", "operator")][-1]
    engine = stage.engine("engine", "", token=operator)
    engine.configure(replace(read(EXAMPLE, "spendwarden.yaml"), {
        "127.0.0.1:9464": f"127.0.0.1:{engine.port}",
        "path: spendwarden.db": f"path: {engine.ledger}",
        "../../policies": os.path.join(ROOT, "policies"),
        "tokens/": os.path.join(stage.folder, "tokens", "")}) + "rules: { tick: 1s }\n")
    return engine.start()


def exports(stage, port):
    """What the steps of README.md export, with this test's token, for whatever listens on `port`."""
    text = replace(read(EXAMPLE, "README.md"), {
        "127.0.0.1:9464": f"127.0.0.1:{port}",
        "$(cat tokens/otel)": read(stage.folder, "tokens", "otel").strip()})
    words = [word for line in re.findall(r"^ {7}export (.*)", text, re.M) for word in shlex.split(line)]
    return {**dict(word.split("=", 1) for word in words), "NO_PROXY": "127.0.0.1"}


class Emitters:
    """emitters/emit.py, which waits for the next emitter's name."""

    def __init__(self, stage, programs, provider, environment):
        arguments = [os.path.join(programs, "python"), os.path.join(ROOT, "tests", "e2e", "emitters", "emit.py"),
                     f"http://127.0.0.1:{provider}"]
        self.log_path = os.path.join(stage.folder, "emit.log")
        with open(self.log_path, "wb") as errors:
            self.child = subprocess.Popen(
                arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors,
                env={**os.environ, **environment}, text=True, bufsize=1, start_new_session=True)

    def ask(self, emitter, way):
        """Empty when all was exported and answered, else what went wrong."""
        begin = time.monotonic()
        print(emitter, way, file=self.child.stdin, flush=True)
        answer = self.child.stdout.readline().strip()
        print(f"      {emitter}-{way}: {time.monotonic() - begin:.0f} s", flush=True)
        with open(self.log_path, encoding="utf-8") as log:
            return "" if answer == "0" else f"{answer}: {log.read()[-3000:]}"

    def end(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.child.pid, signal.SIGTERM)
        self.child.communicate()


class Wire:
    """Passes every byte on to a port of 127.0.0.1 as it comes, and keeps what a client sent."""

    def __init__(self, to):
        self.sent, self.lock = [], threading.Lock()
        wire = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                kept = bytearray()
                with wire.lock:
                    wire.sent.append(kept)
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", to)) as server:
                    back = threading.Thread(target=wire.pump, args=(server, self.request, None), daemon=True)
                    back.start()
                    wire.pump(self.request, server, kept)
                    back.join()

        socketserver.ThreadingTCPServer.daemon_threads = True
        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def pump(self, source, target, kept):
        try:
            while data := source.recv(1 << 16):
                if kept is not None:
                    with self.lock:
                        kept += data
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # either end has gone

    def heads(self):
        """The header lines of each request to /v1/traces, in lower case."""
        with self.lock:
            everything = b"\n".join(bytes(kept) for kept in self.sent)
        return [head.decode("latin-1").lower().split("\r\n")
                for head in re.findall(rb"POST /v1/traces HTTP/1\.1\r\n(.*?)\r\n\r\n", everything, re.S)]

    def end(self):
        self.server.shutdown()
        self.server.server_close()
