"""`spendwarden alerts`: which receiver `test` tries, and what of others' text reaches a terminal.

usage: alerts_test.py BINARY BUILD_DIR
"""
import json
import subprocess

from harness import Catcher, free_port, main


def run_alerts(stage, *arguments):
    return subprocess.run([stage.binary, "alerts", *arguments], capture_output=True, text=True, timeout=60)


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


def run(check, stage, _):
    check_receivers(check, stage)


if __name__ == "__main__":
    main(run)
