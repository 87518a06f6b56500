"""`spendwarden alerts`: which receiver `test` tries, and what of others' text reaches a terminal.

usage: alerts_test.py BINARY BUILD_DIR
"""
import json
import re
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from harness import Catcher, free_port, main, until


def run_alerts(stage, *arguments):
    return subprocess.run([stage.binary, "alerts", *arguments], capture_output=True, text=True, errors="replace",
                          timeout=60)


def check_receivers(check, stage):
    """By name: that one alone, and one that is not there is an error."""
    catcher, gone = stage.keep(Catcher()), free_port()
    manager = f"alertmanager:http://127.0.0.1:{gone}/"
    webhooks = [{"name": "unreadable", "url": f"http://127.0.0.1:{gone}/", "secret_file": "/nowhere/secret"},
                {"name": "good", "url": f"http://127.0.0.1:{catcher.port}/"}]
    both = stage.file("both.yaml", json.dumps({"alerts": {
        "alertmanagers": [{"url": f"http://user:hidden@127.0.0.1:{gone}"}], "webhooks": webhooks}}))
    good = run_alerts(stage, "test", "--config", both, "--receiver", "webhook:good")
    check.equal("one receiver, whatever is wrong with others", (good.returncode, good.stdout),
                (0, "ok    webhook:good: took the alert and its end\n"))
    check.equal("it got the alert and its end", len(catcher.taken()), 2)
    named = run_alerts(stage, "test", "--config", both, "--receiver", manager)
    check.true("an Alertmanager by its public name", named.returncode == 1
               and named.stdout.startswith(f"FAIL  {manager}: did not take it"), named)
    every = run_alerts(stage, "test", "--config", both)
    check.true("all of them", every.returncode == 1 and every.stdout.count("\n") == 3
               and "webhook:unreadable: secret_file: /nowhere/secret" in every.stdout, every)
    for name in (manager[:-1], "webhook:goo", "good", ""):
        wrong = run_alerts(stage, "test", "--config", both, "--receiver", name)
        check.equal(f"there is no {name!r}, but others", (wrong.returncode, wrong.stdout, wrong.stderr), (
            2, "", f"spendwarden alerts: the configuration has no {name}, but {manager}, webhook:unreadable, webhook:good\n"))
    hooks = stage.file("hooks.yaml", json.dumps({"alerts": {"webhooks": webhooks}}))
    wrong = run_alerts(stage, "test", "--config", hooks, "--receiver", manager)
    check.true("no Alertmanager at all", wrong.returncode == 2 and f"has no {manager}, but webhook:" in wrong.stderr, wrong)
    none = run_alerts(stage, "test", "--config", stage.file("none.yaml", "{}"))
    check.true("no receiver at all", none.returncode == 2 and "has no receiver" in none.stderr, none)


# Eight bits or two bytes are one escape to a terminal: CSI is ESC [, or U+009B.
EVIL, PLAIN = "a\x1b[2J\x9b2J\x7f\u00a0\u00e9", "a?[2J?2J?\u00a0\u00e9"
POLICY = """policy { name = "p", version = "7" }
local hour = window { sum = "charge_usd", by = { "team" }, over = "1h" }
rule("Spent", { over = hour, severity = "warning" }, function(g) return g.value >= 1, g.value end)
"""


class Answers:
    """A server that answers every GET with the same."""

    def __init__(self, status, body):
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(status)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def end(self):
        self.server.shutdown()
        self.server.server_close()


def check_list_is_plain(check, stage):
    alert = {"state": EVIL, "startsAt": EVIL, "annotations": {"summary": EVIL},
             "labels": {"alertname": EVIL, "severity": EVIL, EVIL: EVIL}}
    evil = stage.keep(Answers(200, json.dumps({"data": [alert]}).encode()))
    listed = run_alerts(stage, "list", "--url", evil.url).stdout.splitlines()[1]
    quoted = "a\\u001b[2J?2J\\u007f\u00a0\u00e9"
    check.equal("no text of a server steers a terminal", listed.split("a", 1)[1],
                f'{PLAIN[1:]} {PLAIN} {PLAIN}        {PLAIN}{{{PLAIN}="{quoted}"}}  {PLAIN}')
    failing = stage.keep(Answers(500, EVIL.encode() + b"\x9b" + b"x" * 10000))
    failed = run_alerts(stage, "list", "--url", failing.url)
    said = failed.stderr.rstrip("\n").split(" status 500: ")[1]
    check.true("nor does its error, of which the begin is shown", failed.returncode == 2
               and said.startswith(PLAIN + "?xx") and len(said) < 200, failed)


def check_history_is_plain(check, stage):
    engine = stage.engine("history", {"rules": {"tick": "1s"}, "policies": {
        "paths": [stage.file("p.lua", POLICY)]}}).start()
    engine.post("generic", [{"id": "1", "team": "a\x9b2J\x7f", "ai_system": "openai", "requested_model": "gpt-4o",
                             "input_tokens": 1, "output_tokens": 1, "reported_usd": "5"}])
    history = ["alerts", "history", "--config", engine.path]
    told = until(lambda: engine.run(*history).stdout.count("firing") and engine.run(*history).stdout)
    check.true("nor does a label in the history", told and '"a?2J?"' in told, repr(told))
    listed = engine.run("alerts", "--config", engine.path).stdout
    check.true("nor in the list", 'team="a?2J?"' in listed, repr(listed))
    time = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
    check.true("a change is a line as the list has it, in UTC", re.fullmatch(
        time + r'  inactive -> firing    Spent\{.*severity="warning",team="a\?2J\?"\}  value 1, policy p 7', told.splitlines()[-1]), told)
    check.true("so is the time in the list", re.search(rf"^firing +warning +{time} Spent\{{", listed, re.M), listed)


def check_token_of_the_configuration(check, stage):
    """An engine with tokens is asked with one of its own; a server that is named gets none of them."""
    ingest, read = stage.token("ingest"), stage.token("read")
    stage.file("tokens/read", f"# for people\n\n{read}\n")
    tokens = [{"file": "../tokens/ingest", "scope": "ingest"}, {"file": "../tokens/read", "scope": "read"}]
    engine = stage.engine("tokens", {"server": {"tokens": tokens}}, token=read, ingest_token=ingest).start()
    listed = run_alerts(stage, "--config", engine.path)
    check.equal("an engine with tokens is asked with its own", (listed.returncode, listed.stdout, listed.stderr),
                (0, "no alerts\n", ""))
    named = ["list", "--config", engine.path, "--url", f"http://127.0.0.1:{engine.port}"]
    bare = run_alerts(stage, *named)
    check.true("one that is named by --url is not, and it is said what to give", bare.returncode == 2
               and "status 401: a token is needed" in bare.stderr and bare.stderr.endswith("--token-file FILE gives one\n"), bare)
    given = [run_alerts(stage, *named, "--token-file", f"{stage.folder}/tokens/{name}") for name in ("read", "ingest")]
    check.equal("it is with the file that is given", given[0].stdout, "no alerts\n")
    check.true("and of a wrong one it is said why", "status 403: a token of scope read is needed" in given[1].stderr, given[1])
    empty = run_alerts(stage, *named, "--token-file", stage.file("tokens/empty", "# none\n"))
    check.true("a file without a token is told", empty.returncode == 2 and "empty: no token in it" in empty.stderr, empty)


def run(check, stage, _):
    check_token_of_the_configuration(check, stage)
    check_receivers(check, stage)
    check_list_is_plain(check, stage)
    check_history_is_plain(check, stage)


if __name__ == "__main__":
    main(run)
