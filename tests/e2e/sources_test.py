"""Every gateway that is a mapping: its bodies as `explain` decodes them, against events that
were reviewed by hand.

usage: sources_test.py BINARY BUILD_DIR [--write]
"""
import gzip
import json
import os
import subprocess
import sys
import tempfile

from harness import Checks

BODIES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../data/sources")
COUNT = 26

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


def run(binary, *arguments):
    done = subprocess.run([binary, *arguments], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def check_bodies(checks, binary, write):
    names = sorted(name for name in os.listdir(BODIES) if name.endswith((".json", ".bin")))
    checks.equal("there is a body of each gateway", len(names), COUNT)
    for name in names:
        stem, source = os.path.splitext(name)[0], name.split("_")[0].split(".")[0]
        code, events = explain(binary, "otlp_logs" if stem.startswith("otlp_logs") else source, name)
        expected = os.path.join(BODIES, f"{stem}.expected.jsonl")
        if write:
            with open(expected, "w", encoding="utf-8") as f:
                f.writelines(json.dumps(event) + "\n" for event in events)
        with open(expected, encoding="utf-8") as f:
            wanted = [json.loads(line) for line in f]
        checks.equal(f"{name} is read", code, 0)
        checks.equal(f"{name} is the event that it is meant to be", events, wanted)


def check_binary(checks, binary):
    """OTLP in protobuf, and compressed bodies, from standard input, without a name of the source."""
    for name, signal in (("otlp_litellm_v2.bin", "otlp"), ("otlp_logs_litellm.bin", "otlp_logs"), ("kong.json", "kong")):
        with open(os.path.join(BODIES, name), "rb") as f:
            body = f.read()
        wanted = subprocess.run([binary, "explain", "--format", "json", "--source", signal, name],
                                capture_output=True, cwd=BODIES)
        checks.true(f"{name} is read as {signal}", wanted.returncode == 0 and wanted.stdout, wanted.stderr)
        for what, sent in (("as it is", body), ("in gzip", gzip.compress(body))):
            got = subprocess.run([binary, "explain", "--format", "json"], input=sent, capture_output=True)
            checks.true(f"{name} {what} on standard input is the same", got.stdout == wanted.stdout, got)
    cut = subprocess.run([binary, "explain"], input=gzip.compress(body)[:40], capture_output=True)
    checks.true("gzip that is cut is an error", cut.returncode == 2 and b"standard input: " in cut.stderr, cut)
    with open(os.path.join(BODIES, "otlp_litellm_v2.bin"), "rb") as f:
        cut = subprocess.run([binary, "explain", "--format", "json"], input=f.read()[:-7], capture_output=True)
    checks.true("protobuf that is cut is said to be", cut.returncode in (1, 2) and b'"rejected":' in cut.stdout, cut)


def check_example(checks, binary):
    """docs/sources.md's gateway that nobody has."""
    os.chdir(os.path.join(BODIES, "../../../examples/source"))
    checks.equal("the example's configuration is fine",
                 run(binary, "check", "--config", "spendwarden.yaml"), (0, "", ""))
    checks.equal("check takes a mapping", run(binary, "check", "acme.yaml"), (0, "", ""))
    code, out, _ = run(binary, "explain", "--format", "json", "--source", "acme.yaml", "body.json")
    events = [json.loads(line) for line in out.splitlines()]
    event = events[0]
    checks.equal("explain takes a mapping", (code, len(events)), (0, 3))
    wanted = {"source": "acme", "id": "c-1001", "ai_system": "openai", "requested_model": "fast",
              "response_id": "chatcmpl-1", "operation": "chat", "input_tokens": 1200,
              "cache_read_tokens": 1000, "output_tokens": 300, "reported_usd": "0.000285",
              "start": "2026-11-24T12:00:00.000Z", "end": "2026-11-24T12:00:02.500Z",
              "stream": True, "team": "search", "tenant": "shop-eu", "retry_depth": 0,
              "metadata": {"environment": "prod"}, "tags": ["feature:answers"]}
    checks.equal("the example's event", {name: event.get(name) for name in wanted}, wanted)
    checks.equal("who gave its labels",
                 [event["provenance"][name]["from"] for name in ("team", "tenant")],
                 ["gateway", "caller"])
    checks.equal("what is no event", [event.get("skipped") for event in events[1:]],
                 ["no_cost_yet", "no_model_call"])
    checks.true("no prompt and no key", "Hello" not in out and "sk-acme" not in out)


def check_errors(checks, binary):
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        with open("mine.yaml", "w", encoding="utf-8") as f:
            f.write("name: mine\nfields:\n  input_token: a\nlabels: { taem: b }\n")
        wanted = ('mine.yaml:3:3: unknown field "input_token": did you mean "input_tokens"?\n'
                  'mine.yaml:4:11: "taem" is no label; did you mean "team"?\n')
        checks.equal("check shows all errors of a mapping", run(binary, "check", "mine.yaml"),
                     (1, "", wanted))
        checks.equal("explain shows them", run(binary, "explain", "--source", "mine.yaml"),
                     (2, "", wanted))
        for name, text, said in (
                ("tab", "name: tab\nfields:\n\tid: a\n",
                 "tab.yaml:3:1: not YAML: a tab, where YAML wants spaces (while scanning for the next token, line 3)\n"),
                ("bare", "name: bare\n", "bare.yaml:1:1: fields is missing\n"),
                ("gone", None, "gone.yaml: cannot be read: No such file or directory\n")):
            if text:
                with open(f"{name}.yaml", "w", encoding="utf-8") as f:
                    f.write(text)
            checks.equal(f"check says what is wrong with {name}.yaml", run(binary, "check", f"{name}.yaml"),
                         (1, "", said))
        with open("c.yaml", "w", encoding="utf-8") as f:
            f.write("sources: [{ mapping: mine.yaml }]\nlabels: { sources: { mine: { team: c } } }\n")
        checks.equal("check shows them by the configuration",
                     run(binary, "check", "--config", "c.yaml"), (1, "", wanted))
        with open("c.yaml", "w", encoding="utf-8") as f:
            f.write("sources:\n  - { mapping: none.yaml }\n"
                    "  - { name: helicone, signature: { secret_file: none } }\n")
        code, _, said = run(binary, "check", "--config", "c.yaml")
        checks.true("files that are not there are named",
                    code == 1 and "none.yaml: " in said and "none: " in said, said)
    os.chdir(BODIES)


def main():
    checks = Checks()
    binary = os.path.abspath(sys.argv[1])
    check_bodies(checks, binary, "--write" in sys.argv)
    check_binary(checks, binary)
    check_example(checks, binary)
    check_errors(checks, binary)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
