"""`explain`: what it says of an event with everything in it, what it reads, and how it ends.

usage: explain_test.py BINARY BUILD_DIR
"""
import decimal
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
BODIES = os.path.join(HERE, "../data/decode/litellm")
GOLDEN = os.path.join(HERE, "../data/explain")
EVENT = '{"id": "x%d", "end": "2026-11-24T10:00:0%dZ", "input_tokens": 5}\n'


def run(binary, *options, text=None):
    return subprocess.run([binary, "explain", *options], input=text, capture_output=True,
                          text=True, cwd=GOLDEN)


def explain(binary, *options):
    done = run(binary, "--format", "json", *options)
    if done.returncode != 0:
        raise SystemExit(f"FAIL: explain {options}: {done.returncode}: {done.stderr}")
    return [json.loads(line) for line in done.stdout.split("\n") if line]


# --- captured bodies ---

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


def check_bodies(binary):
    with open(os.path.join(BODIES, "INDEX.json"), encoding="utf-8") as f:
        index = json.load(f)
    for about in index:
        yield from check_body(binary, about["file"], about["read_as"])
    if len(index) < 20:
        yield f"only {len(index)} bodies in the index"
    batch = explain(binary, os.path.join(BODIES, "batch_array.json"))
    if len(batch) < 2 or any("provenance" not in event for event in batch):
        yield "batch_array.json: not one object a line with its provenance"


# --- an event with everything in it ---

def golden(name):
    with open(os.path.join(GOLDEN, name), encoding="utf-8") as f:
        return f.read()


def check_golden(binary):
    config = ("--config", "spendwarden.yaml", "events.jsonl")
    for name, options in (("explain.txt", ()), ("explain.jsonl", ("--format", "json"))):
        done = run(binary, *options, *config)
        if done.stdout != golden(name) or done.returncode != 1 or done.stderr:
            yield f"tests/data/explain/{name} is not what explain says now:\n{done.stdout}{done.stderr}"


def check_cost(binary):
    options = ("--config", "spendwarden.yaml", "events.jsonl", "--cost")
    plain = [json.loads(line) for line in golden("explain.jsonl").splitlines()]
    lines = run(binary, "--format", "json", *options).stdout.splitlines()
    for without, event in zip(plain, map(json.loads, lines)):
        steps = event.pop("steps", [])
        if event.pop("instructions", 0) != sum(step["instructions"] for step in steps):
            yield "the instructions of the steps are not those of the event"
        if event != without:
            yield "--cost changes more than steps and instructions"
        if any((step["instructions"] > 0) == step["outcome"].startswith("skipped")
               for step in steps):
            yield "a call costs nothing, or one that was not made costs something"
    if "cost, in instructions" not in run(binary, *options).stdout:
        yield "--cost shows nothing in text"


DEARER = ('{"ai_system":"openai","requested_model":"gpt-4o-mini","response_model":"%s","input_tokens":100000,'
          '"output_tokens":10000}')


def check_requested_model(binary):
    event = json.loads(run(binary, "--format", "json", text=DEARER % "gpt-4o").stdout)
    if (event["computed_usd"], event.get("requested_model_usd")) != ("0.35", "0.021"):
        yield f"a dearer answer: {event}"
    if "requested_model_usd      0.021" not in run(binary, text=DEARER % "gpt-4o").stdout:
        yield "text has no requested_model_usd"
    for answered in ("gpt-4o-mini", ""):
        if "requested_model_usd" in run(binary, "--format", "json", text=DEARER % answered).stdout:
            yield f"answered by '{answered}', it is shown all the same"


# --- input ---

def check_plain(binary):
    """CSI is ESC [ to a terminal, and U+009B as well."""
    shown = run(binary, text='{"id":"1","team":"a\\u001b[2J\\u009b2J\\u007f\u00e9"}').stdout
    if "a?[2J?2J?\u00e9" not in shown:
        yield f"what a caller wrote may steer a terminal: {shown!r}"


def check_same_twice(binary):
    first, second = (run(binary, "--format", "json", text=EVENT % (1, 1) * 3).stdout
                     for _ in range(2))
    if first != second or first.count("\n") != 3:
        yield "two processes say different things of the same events"
    received = run(binary, "--received", "2026-11-24T11:00:00Z", "--format", "json",
                   text=EVENT % (1, 1))
    if json.loads(received.stdout)["received"] != "2026-11-24T11:00:00.000Z":
        yield "--received is not when the event came"


def check_stream(binary):
    """The first event is shown before the second one is written."""
    with subprocess.Popen([binary, "explain", "--format", "json"], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True) as process:
        ids = []
        for i in (1, 2):
            process.stdin.write(EVENT % (i, i))
            process.stdin.flush()
            ids.append(json.loads(process.stdout.readline())["id"])
        process.stdin.close()
        if ids != ["x1", "x2"] or process.wait() != 0:
            yield f"a stream gave {ids} and {process.returncode}"


def check_layouts(binary):
    event = EVENT % (1, 1)
    pretty = json.dumps(json.loads(event), indent=2)
    for text, count in ((event, 1), (event * 3, 3), (f"[{event},{event}]", 2), (pretty, 1),
                        (pretty + "\n" + pretty, 2), (event * 5000, 5000)):
        done = run(binary, "--format", "json", text=text)
        if done.returncode != 0 or done.stdout.count('"id":"x1"') != count:
            yield f"{text[:40]!r}: {done.returncode}, {done.stdout[:200]}"


def check_places(binary):
    text = EVENT % (1, 1) + "\n" + EVENT % (2, 2) + '{"id": 5}\n' + '{"id": "x", '
    done = run(binary, text=text)
    for wanted in (f"rejected: element 2, in line 4, at byte {2 * len(EVENT % (1, 1)) + 1}: id ",
                   "rejected: element 3, in line 5, "):
        if wanted not in done.stdout:
            yield f"no {wanted!r} in {done.stdout}"
    if done.returncode != 1:
        yield f"rejected events end in {done.returncode}"


def check_unread_keys(binary):
    event = ('{"id": "1", "input_tokens": 1, "taem": "x", "charge_usd": 2, "tags": [],'
             ' "metadata": {}, "team": "y", "zzz": 1}')
    wanted = ["'taem' is not read from an event; did you mean 'team'?",
              "'charge_usd' is not read from an event: the engine decides it; what the gateway"
              " says is 'reported_usd'",
              "'zzz' is not read from an event; labels of your own are declared in the"
              " configuration (labels.declared)"]
    envelope = '{"specversion": "1.0", "type": "x", "id": "2", "data": ' + event + "}"
    for text in (event, event * 3, f"[{event}, null]", envelope):
        done = run(binary, text=text)
        if done.stderr.splitlines() != ["spendwarden explain: " + line for line in wanted]:
            yield f"of {text} it says {done.stderr}"
    for options in (("--format", "json"), ("--source", "litellm")):
        if run(binary, *options, text=event).stderr:
            yield f"with {options} it speaks of keys"


def check_ends(binary):
    for options, text, code, message in (
            ((), "", 2, "standard input holds no event"),
            ((), "[]", 2, "standard input holds no event"),
            ((), "null", 0, ""),
            ((), "nonsense", 2, ""),
            (("/no/such/file",), "", 2, "/no/such/file: No such file"),
            (("a", "b"), "", 2, 'one FILE only, not "b"'),
            (("--source", "kafka"), "", 2, 'no source "kafka"'),
            (("--received", "noon"), "", 2, '"noon" is no time'),
            (("--policies", "nowhere.lua"), EVENT % (1, 1), 2, "nowhere.lua")):
        done = run(binary, *options, text=text)
        if done.returncode != code or message not in done.stderr:
            yield f"explain {options} of {text!r}: {done.returncode}, {done.stderr}"


def main():
    binary = os.path.abspath(sys.argv[1])
    failures = [failure for check in (check_bodies, check_golden, check_cost, check_requested_model, check_plain, check_same_twice,
                                      check_stream, check_layouts, check_places,
                                      check_unread_keys, check_ends)
                for failure in check(binary)]
    for failure in failures:
        print("FAIL:", failure)
    if not failures:
        print("ok: explain")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
