"""kill -9 at random moments under load: every acknowledged event is booked exactly once.

usage: kill_test.py BINARY BUILD_DIR [ROUNDS]
"""
import http.client
import json
import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

SENDERS = 4
EVENT_USD = "0.000123"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Engine:
    def __init__(self, binary, folder):
        self.binary, self.port = binary, free_port()
        self.config = os.path.join(folder, "spendwarden.yaml")
        self.ledger = os.path.join(folder, "ledger.db")
        self.log = open(os.path.join(folder, "engine.log"), "ab")
        with open(self.config, "w") as f:
            f.write(f"server: {{ listen: 127.0.0.1:{self.port} }}\n"
                    f"ledger: {{ path: {self.ledger} }}\nrules: {{ tick: 1s }}\n")
        self.process = None

    def start(self):
        self.process = subprocess.Popen([self.binary, "run", "--config", self.config],
                                        stderr=self.log)
        deadline = time.time() + 30
        while time.time() < deadline:
            if self.process.poll() is not None:
                raise SystemExit(f"FAIL: the engine ended with {self.process.returncode}")
            try:
                c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
                c.request("GET", "/-/healthy")
                if c.getresponse().status == 200:
                    return
            except OSError:
                time.sleep(0.02)
        raise SystemExit("FAIL: the engine did not become healthy within 30 s")

    def kill(self, how):
        self.process.send_signal(how)
        self.process.wait()


class Sender(threading.Thread):
    """Posts batches; what is not acknowledged is sent again, as a gateway with retries would."""

    def __init__(self, port, name, stop):
        super().__init__(daemon=True)
        self.port, self.tag, self.stop = port, name, stop
        self.acknowledged, self.next, self.pending = [], 0, None

    def batch(self):
        ids = [f"{self.tag}-{self.next + i}" for i in range(random.randint(1, 40))]
        self.next += len(ids)
        return ids

    def post(self, ids):
        body = json.dumps([{"id": i, "ai_system": "openai", "requested_model": "gpt-4o",
                            "input_tokens": 10, "output_tokens": 1, "status": "success",
                            "reported_usd": EVENT_USD, "team": "search"} for i in ids])
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("POST", "/v1/ingest/generic", body)
        answer = connection.getresponse()
        counts = json.loads(answer.read())
        return answer.status == 200 and counts["accepted"] + counts["duplicate"] == len(ids)

    def run(self):
        while not self.stop.is_set() or self.pending:
            self.pending = self.pending or self.batch()
            try:
                if self.post(self.pending):
                    self.acknowledged += self.pending
                    self.pending = None
            except (OSError, http.client.HTTPException, ValueError):
                time.sleep(0.01)


def verify(binary, engine, when):
    run = subprocess.run([binary, "ledger", "verify", "--config", engine.config],
                         capture_output=True, text=True)
    print(f"{when}: {run.stdout.strip()}")
    return [] if run.returncode == 0 else [f"verify {when}: {run.returncode}: {run.stderr}"]


def check(engine, senders):
    acknowledged = [i for s in senders for i in s.acknowledged]
    db = sqlite3.connect(f"file:{engine.ledger}?mode=ro", uri=True)
    booked = [row[0] for row in db.execute("SELECT id FROM requests")]
    failures = []
    if len(booked) != len(set(booked)):
        failures.append(f"{len(booked) - len(set(booked))} events are booked more than once")
    lost = set(acknowledged) - set(booked)
    if lost:
        failures.append(f"{len(lost)} acknowledged events are lost, e.g. {sorted(lost)[:3]}")
    if set(booked) - set(acknowledged):
        failures.append("events are booked that were never acknowledged nor sent again")
    print(f"{len(acknowledged)} events acknowledged, {len(booked)} booked")
    return failures


def main():
    binary = sys.argv[1]
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 20
    seed = int(time.time())
    random.seed(seed)
    print(f"seed {seed}, {rounds} rounds")
    with tempfile.TemporaryDirectory() as folder:
        engine, stop = Engine(binary, folder), threading.Event()
        engine.start()
        senders = [Sender(engine.port, f"s{n}", stop) for n in range(SENDERS)]
        for s in senders:
            s.start()
        try:
            for _ in range(rounds):
                time.sleep(random.uniform(0.05, 0.8))
                engine.kill(signal.SIGKILL)
                engine.start()
            stop.set()
            for s in senders:
                s.join(timeout=30)
            failures = verify(binary, engine, "while it runs")
            engine.kill(signal.SIGKILL)
            failures += verify(binary, engine, "after a kill")
            engine.start()
        finally:
            if engine.process.poll() is None:
                engine.kill(signal.SIGTERM)
        failures += verify(binary, engine, "after a clean end") + check(engine, senders)
    for failure in failures:
        print("FAIL:", failure)
    if not failures:
        print(f"ok: {rounds} kills, every acknowledged event is booked once")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
