"""The quickstart's configuration and the demo's traffic: within a minute spend moves, one label's
coverage drops and a step of a budget fires.

usage: demo_test.py BINARY BUILD_DIR
"""
import json
import os

from harness import ROOT, Metrics, Process, free_port, main, request, until

QUICKSTART = os.path.join(ROOT, "examples", "quickstart", "spendwarden.yaml")


def start(stage, port):
    engine = stage.keep(Process(
        [stage.binary, "run", "--config", QUICKSTART, "--set", f"server.listen=127.0.0.1:{port}",
         "--set", f"ledger.path={stage.folder}/demo.db"], os.path.join(stage.folder, "engine.log")))
    engine.launch()
    engine.wait_ready(port, "/-/ready")
    return engine


def run(check, stage, _):
    port = free_port()
    start(stage, port)

    def metrics():
        return Metrics(request(port, "GET", "/metrics").text)

    def coverage(label):
        return metrics().one("llm_attribution_coverage_ratio", label=label, window="1h")

    def firing():
        alerts = json.loads(request(port, "GET", "/api/v1/alerts").text)["data"]
        return [a["labels"] for a in alerts if a["state"] == "firing"]

    demo = stage.keep(Process([stage.binary, "demo", "--url", f"http://127.0.0.1:{port}", "--for",
                               "50s"], os.path.join(stage.folder, "demo.log")))
    demo.launch()
    check.true("a day of history is booked", until(
        lambda: metrics().sum("llm_requests_total") >= 4500))
    spent = metrics().sum("llm_spend_usd_total")
    check.true("a step of a budget fires", until(
        lambda: any(a["alertname"] == "LLMBudgetThreshold" for a in firing()), 120), firing())
    check.true("within the minute that it runs", demo.child.poll() is None)
    check.true("spend moves", metrics().sum("llm_spend_usd_total") > spent)
    check.true("the coverage of workflow_id drops", coverage("workflow_id") < 0.9,
               coverage("workflow_id"))
    check.true("that of team does not", coverage("team") == 1, coverage("team"))
    check.true("no alert but the budget's fires yet",
               {a["alertname"] for a in firing()} == {"LLMBudgetThreshold"}, firing())


if __name__ == "__main__":
    main(run)
