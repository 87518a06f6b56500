"""Every gateway that is a mapping: its bodies as `explain` decodes them, against events that
were reviewed by hand.

usage: sources_test.py BINARY BUILD_DIR [--write]
"""
import json
import os
import subprocess
import sys

from harness import Checks

BODIES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../data/sources")
COUNT = 10

# Not the mapping's to say: prices, policies, and what follows from other fields.
DECIDED = {"received", "time", "class", "price", "price_status", "computed_usd", "charge_usd",
           "billed_usd", "drift_usd", "requested_model_usd", "counts_in", "not_applied",
           "total_tokens", "duration_seconds", "time_to_first_token_seconds"}


def explain(binary, source, path):
    """(exit code, events with what the mapping said of them)"""
    done = subprocess.run(
        [binary, "explain", "--config", "spendwarden.yaml", "--format", "json", "--source",
         source, path], capture_output=True, text=True, cwd=BODIES)
    events = [json.loads(line) for line in done.stdout.splitlines()]
    return done.returncode, [{name: value for name, value in event.items()
                              if name not in DECIDED} for event in events]


def check_bodies(checks, binary, write):
    names = sorted(name[:-len(".json")] for name in os.listdir(BODIES) if name.endswith(".json"))
    checks.equal("there is a body of each gateway", len(names), COUNT)
    for name in names:
        code, events = explain(binary, name.split("_")[0], f"{name}.json")
        expected = os.path.join(BODIES, f"{name}.expected.jsonl")
        if write:
            with open(expected, "w", encoding="utf-8") as f:
                f.writelines(json.dumps(event) + "\n" for event in events)
        with open(expected, encoding="utf-8") as f:
            wanted = [json.loads(line) for line in f]
        checks.equal(f"{name}.json is read", code, 0)
        checks.equal(f"{name}.json is the event that it is meant to be", events, wanted)


def main():
    checks = Checks()
    check_bodies(checks, sys.argv[1], "--write" in sys.argv)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
