"""`explain` on every captured LiteLLM body reads what its index says.

usage: explain_test.py BINARY BUILD_DIR
"""
import decimal
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
BODIES = os.path.join(HERE, "../data/decode/litellm")


def explain(binary, path):
    run = subprocess.run([binary, "explain", "--source", "litellm", "--format", "json", path],
                         capture_output=True, text=True)
    if run.returncode != 0:
        raise SystemExit(f"FAIL: explain {path}: {run.returncode}: {run.stderr}")
    return [json.loads(line) for line in run.stdout.splitlines()]


def same(name, wanted, got):
    if name.endswith("_usd"):
        return isinstance(got, str) and decimal.Decimal(got) == decimal.Decimal(str(wanted))
    if name == "tags":
        return [tag.split(" (")[0] for tag in wanted] == got
    return wanted == got


def check_body(binary, name, wanted):
    events = explain(binary, os.path.join(BODIES, name))
    if len(events) != 1:
        return [f"{name}: {len(events)} events"]
    event = events[0]
    failures = [f"{name}: {field} is {event.get(field)!r}, not {value!r}"
                for field, value in wanted.items() if not same(field, value, event.get(field))]
    for label in ("team", "key_alias", "org"):
        if label in wanted and event["provenance"][label]["from"] != "gateway":
            failures.append(f"{name}: {label} does not come from the gateway")
    return failures


def main():
    binary = sys.argv[1]
    with open(os.path.join(BODIES, "INDEX.json")) as f:
        index = json.load(f)
    failures, count = [], 0
    for about in index:
        failures += check_body(binary, about["file"], about["read_as"])
        count += 1
    batch = explain(binary, os.path.join(BODIES, "batch_array.json"))
    if len(batch) < 2 or any("provenance" not in event for event in batch):
        failures.append("batch_array.json: not one object a line with its provenance")
    for failure in failures:
        print("FAIL:", failure)
    if count < 20:
        raise SystemExit(f"FAIL: only {count} bodies in the index")
    print(f"ok: {count} bodies and a batch of {len(batch)}" if not failures else "")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
