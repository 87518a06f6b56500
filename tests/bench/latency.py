"""How long /metrics and health take while a policy burns its whole budget on every event and
at every tick, printed as a table.

usage: latency.py BUILD_DIR [SECONDS]

BUILD_DIR holds spendwarden and bench_load of one release build. Every request of the probe has
a connection of its own; the load sends bodies of 100 events as fast as they are answered.
Everything stays on 127.0.0.1.
"""
import http.client
import json
import os
import subprocess
import sys
import tempfile
import time

from bench import SOURCE, free_port, head, machine, show, wait_ready
from bodies import MARK

POLICY = os.path.join(SOURCE, "tests/data/policy/burn.lua")
PATHS = ["/metrics", "/-/healthy"]
EVENTS = 100
TEAMS = 500  # groups of the rule that burns


def write_body(folder):
    path = os.path.join(folder, "body.json")
    events = [{"id": f"{MARK}-{i}", "ai_system": "openai", "requested_model": "gpt-4o",
               "team": f"team-{i % TEAMS}", "input_tokens": 10, "output_tokens": 2,
               "reported_usd": "0.001"} for i in range(EVENTS)]
    with open(path, "w", encoding="utf-8") as f:
        json.dump(events, f)
    return path


def write_config(folder, port, loops, policy):
    path = os.path.join(folder, "latency.yaml")
    with open(path, "w", encoding="utf-8") as f:
        f.write(f"server: {{ listen: 127.0.0.1:{port}, loops: {loops} }}\n"
                f"ledger: {{ path: {folder}/latency-{loops}.db }}\nrules: {{ tick: 1s }}\n"
                f"policies: {{ paths: [{policy}] }}\n")
    return path


def ask(port, path):
    began = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    if answer.status != 200:
        raise SystemExit(f"latency: {path} is {answer.status}")
    return (time.perf_counter() - began) * 1000


def probe(port, seconds):
    took = {path: [] for path in PATHS}
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for path in PATHS:
            took[path].append(ask(port, path))
            time.sleep(0.005)
    return {path: sorted(values) for path, values in took.items()}


def measure(build, folder, loops, connections, seconds):
    port = free_port()
    config = write_config(folder, port, loops, POLICY)
    server = subprocess.Popen([f"{build}/spendwarden", "run", "--config", config,
                               "--log-level", "error"])
    load = None
    try:
        wait_ready(port)
        if connections:
            load = subprocess.Popen([f"{build}/bench_load", str(port), "/v1/ingest/generic",
                                     write_body(folder), str(connections), str(seconds + 1)],
                                    stdout=subprocess.PIPE)
            time.sleep(0.5)
        took = probe(port, seconds)
        sent = json.loads(load.communicate()[0]) if load else {"requests": 0, "failures": 0}
    finally:
        server.terminate()
        server.wait()
    if sent["failures"]:
        raise SystemExit(f"latency: {sent['failures']} bodies failed")
    return took, sent["requests"] * EVENTS / (seconds + 1)


def main():
    build = os.path.abspath(sys.argv[1])
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 10
    print(f"{machine()}; {time.strftime('%Y-%m-%d')}")
    head("path", "loops", "connections", "events/s", "answers", "p50 ms", "p99 ms", "max ms")
    with tempfile.TemporaryDirectory(dir=build) as folder:
        for loops, connections in ((1, 0), (1, 4), (2, 4), (2, 64)):
            took, rate = measure(build, folder, loops, connections, seconds)
            for path, values in took.items():
                show(path, loops, connections, round(rate), len(values),
                     values[len(values) // 2], values[len(values) * 99 // 100], values[-1])


if __name__ == "__main__":
    main()
