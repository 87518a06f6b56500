"""CPU time per event, by stage and over HTTP, printed as a table.

usage: bench.py BUILD_DIR [SECONDS] [policies|sources]

With `policies` it stops before HTTP. With `sources` it measures those beside LiteLLM alone.

BUILD_DIR holds spendwarden, bench_stages and bench_load of one release build. The server runs
on one processor and the load on the other; CPU time is that of all the server's threads
(schedstat), so what the load generator costs is not in it. Everything stays on 127.0.0.1.
"""
import http.client
import json
import os
import platform
import socket
import subprocess
import sys
import tempfile
import time

from bodies import litellm_bodies, other_bodies

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
POLICIES = ["attribution", "spend-class", "budgets", "spikes", "coverage"]


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def write_config(folder, port):
    path = os.path.join(folder, "bench.yaml")
    policies = ", ".join(os.path.join(SOURCE, "policies", p) for p in POLICIES)
    data = os.path.join(SOURCE, "examples/quickstart/data")
    with open(path, "w") as f:
        f.write(f"server: {{ listen: 127.0.0.1:{port}, loops: 1 }}\n"
                f"ledger: {{ path: {folder}/bench.db }}\n"
                f"policies:\n  paths: [{policies}]\n"
                f"  data: {{ budgets: {data}/budgets.yaml, "
                f"workflow_by_key: {data}/workflow_by_key.yaml, "
                f"team_by_key: {data}/team_by_key.yaml, "
                f"tenant_by_key: {data}/tenant_by_key.yaml }}\n")
    return path


def cpu_ns(pid):
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/schedstat") as f:
            total += int(f.read().split()[0])
    return total


def booked(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/api/v1/status")
    return json.loads(connection.getresponse().read())["data"]["ledger"]["last_seq"]


def wait_ready(port):
    for _ in range(500):
        try:
            return booked(port)
        except OSError:
            time.sleep(0.02)
    raise SystemExit("bench: the engine did not start")


def fdatasync_p99_ms(folder):
    times = []
    with open(os.path.join(folder, "sync"), "wb", buffering=0) as f:
        for _ in range(400):
            f.write(b"x" * 8192)
            began = time.perf_counter()
            os.fdatasync(f.fileno())
            times.append(time.perf_counter() - began)
    return sorted(times)[len(times) * 99 // 100] * 1000


def measure_http(build, folder, body, connections, seconds, requests_s=0):
    port = free_port()
    remove_ledger(folder)
    config = write_config(folder, port)
    server = subprocess.Popen(["taskset", "-c", "0", f"{build}/spendwarden", "run", "--config",
                               config, "--log-level", "error"])
    try:
        wait_ready(port)
        load = ["taskset", "-c", "1", f"{build}/bench_load", str(port), body.path, body.file,
                str(connections)]
        rate = [str(requests_s)] if requests_s else []
        subprocess.run(load + ["0.5"], check=True, stdout=subprocess.DEVNULL)
        before, cpu = booked(port), cpu_ns(server.pid)
        result = json.loads(subprocess.run(load + [str(seconds)] + rate, check=True,
                                           capture_output=True).stdout)
        cpu, events = cpu_ns(server.pid) - cpu, booked(port) - before
    finally:
        server.terminate()
        server.wait()
    if result["failures"] or events != result["requests"] * body.count:
        raise SystemExit(f"bench: {events} events of {result['requests'] * body.count} booked, "
                         f"{result['failures']} failures")
    return {"cpu_us": cpu / events / 1000, "events_s": events / result["seconds"],
            "requests_s": result["requests"] / result["seconds"],
            "p50_ms": result["p50_us"] / 1000, "p99_ms": result["p99_us"] / 1000}


def remove_ledger(folder):
    for leftover in os.listdir(folder):
        if leftover.startswith("bench.db"):
            os.remove(os.path.join(folder, leftover))


def measure_stages(build, folder, body, rounds):
    remove_ledger(folder)
    config = write_config(folder, free_port())
    output = subprocess.run(["taskset", "-c", "0", f"{build}/bench_stages", config, body.source,
                             body.file, str(rounds)], check=True, stdout=subprocess.PIPE, text=True).stdout
    return json.loads(output)


def machine():
    model = "unknown processor"
    with open("/proc/cpuinfo") as f:
        for line in f:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    return f"{os.cpu_count()} x {model}, {platform.system()} {platform.release()}"


def show(*cells):
    print("| " + " | ".join(f"{c:.2f}" if isinstance(c, float) else str(c) for c in cells) + " |",
          flush=True)


def head(*names):
    print()
    show(*names)
    print("|" + "---|" * len(names))


def show_stages(build, folder, bodies):
    head("CPU us per event, in process", "decode", "policies and price", "commit", "sum")
    for body in bodies:
        s = measure_stages(build, folder, body, 300 if body.count > 1 else 3000)
        stages = [s["decode_us"], s["decide_us"], s["commit_us"]]
        show(f"{body.what}, {body.count} a commit", *stages, sum(stages))


def shipped():
    folder = os.path.join(SOURCE, "policies")
    paths = [os.path.join(folder, name) for name in sorted(os.listdir(folder))]
    return [path for path in paths if os.path.isdir(path)]


def measure_policies(build, config, events, policies):
    options = ["--events", events] if events else []
    output = subprocess.run(["taskset", "-c", "0", f"{build}/spendwarden", "bench", "--config",
                             config, "--format", "json", *options, *policies],
                            check=True, stdout=subprocess.PIPE, text=True).stdout
    return json.loads(output)


def show_policies(build, folder, bodies):
    """The median of five runs, by the time as the engine runs them."""
    config = write_config(folder, free_port())
    body = bodies[1].file
    head("policies alone, per event", "functions", "called", "spared", "instructions", "bytes",
         "ns in functions", "ns with calling them", "ns as the engine runs them")
    for what, events, policies in (("the quickstart's five, mix", None, []),
                                   ("the quickstart's five, LiteLLM", body, []),
                                   ("all that ship, mix", None, shipped()),
                                   ("all that ship, LiteLLM", body, shipped())):
        runs = [measure_policies(build, config, events, policies) for _ in range(5)]
        b = sorted(runs, key=lambda run: run["event"]["ns"])[2]
        e, overhead = b["event"], b["overhead"]
        called = e["ns_in_functions"] + e["calls"] * overhead["call_ns"] + overhead["handle_ns"]
        count = sum(f["per"] == "event" for f in b["functions"])
        show(what, count, e["calls"], e["skipped"], e["instructions"], round(e["bytes"]),
             round(e["ns_in_functions"]), round(called), round(e["ns"]))
    head("filters of windows, all that ship, mix", "events left out, without Lua")
    left_out = {}
    for f in measure_policies(build, config, None, shipped())["filters"]:
        left_out.setdefault(", ".join(f["fields"]), set()).add(
            round(100 - 100 * f["passed"] / 1000, 1))
    for fields, shares in left_out.items():
        show(fields, ", ".join(f"{share}%" for share in sorted(shares)))


def show_http(build, folder, bodies, seconds):
    """Returns what was sent, with half the rate that was reached."""
    sent = []
    head("over HTTP, durable", "connections", "CPU us per event", "events/s", "p50 ms", "p99 ms")
    for body in bodies:
        for connections in (4,) if body.count > 1 else (32, 128):
            r = measure_http(build, folder, body, connections, seconds)
            what = f"{body.what}, " + (f"batches of {body.count}" if body.count > 1 else "single")
            show(what, connections, r["cpu_us"], round(r["events_s"]), r["p50_ms"], r["p99_ms"])
            sent.append((what, body, connections, r["requests_s"] / 2))
    return sent


def show_latency(build, folder, sent, seconds):
    head("at half that rate", "connections", "events/s", "p50 ms", "p99 ms",
         "2 ms + 3 x fdatasync p99")
    for what, body, connections, rate in sent:
        limit = 2 + 3 * fdatasync_p99_ms(folder)
        r = measure_http(build, folder, body, connections, seconds, rate)
        limit = max(limit, 2 + 3 * fdatasync_p99_ms(folder))
        show(what, connections, round(r["events_s"]), r["p50_ms"], r["p99_ms"], limit)


def main():
    build = os.path.abspath(sys.argv[1])
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 4
    print(f"{machine()}; {time.strftime('%Y-%m-%d')}")
    part = sys.argv[3] if len(sys.argv) > 3 else "all"
    with tempfile.TemporaryDirectory(dir=build) as folder:
        bodies = litellm_bodies(folder) if part != "sources" else []
        others = other_bodies(folder) if part != "policies" else []
        show_stages(build, folder, bodies + others)
        if part != "sources":
            show_policies(build, folder, bodies)
        if part != "policies":
            sent = show_http(build, folder, bodies + others, seconds)
            show_latency(build, folder, sent, seconds)


if __name__ == "__main__":
    main()
