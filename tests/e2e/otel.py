"""What the tests of real OTLP emitters share: the engine of examples/otel, what its README tells an
SDK, and the bytes that came over the wire."""
import os
import re
import shlex
import socket
import socketserver
import threading

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
    """What README.md exports, with this test's token, for whatever listens on `port`."""
    text = replace(read(EXAMPLE, "README.md"), {
        "127.0.0.1:9464": f"127.0.0.1:{port}",
        "$(cat tokens/otel)": read(stage.folder, "tokens", "otel").strip()})
    words = [word for line in re.findall(r"^ +export (.*)", text, re.M) for word in shlex.split(line)]
    return {**dict(word.split("=", 1) for word in words), "NO_PROXY": "127.0.0.1"}


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
                with socket.create_connection(("127.0.0.1", to)) as server:
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
