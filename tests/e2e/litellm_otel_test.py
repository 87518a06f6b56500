"""The real LiteLLM proxy with its callback `otel` beside its callback for spendwarden, both to one engine: each
call once, whichever report comes first.

usage: litellm_otel_test.py BINARY BUILD_DIR (keeps LiteLLM in BUILD_DIR/litellm-venv)
"""
import os
import time

from harness import ROOT, Catcher, main, read, replace, until
from litellm_test import CASES, FAILURES, ask, events_of, identity, start_proxy
from packages import venv
from provider import cost_nano, served_by, tokens

LITELLM = "    - { file: tokens/litellm, scope: ingest, source: litellm }\n"
# Spans of version 1 wait; of version 2 they come first, since what the callback sends is held back.
VERSIONS = {"1": {"USE_OTEL_LITELLM_REQUEST_SPAN": "true", "OTEL_BSP_SCHEDULE_DELAY": "5000"},
            "2": {"LITELLM_OTEL_V2": "true", "OTEL_BSP_SCHEDULE_DELAY": "500"}}
REPORTS = len(CASES) + 2  # two of them fail first
# A name that only LiteLLM's router refuses, and a key that nobody has, make no span of a call in version 2.
SPANS = {"1": REPORTS, "2": REPORTS - 2}
CALLS = ("SELECT substr(call_id, 6), input_tokens, output_tokens, charge_nanousd FROM requests"
         " WHERE kind = 'charge' AND status = 'success' ORDER BY 1")
ROWS = ("SELECT call_id, status, source, tenant, team, workflow_id, user, hashed_api_key, key_alias, kind FROM requests"
        " ORDER BY seq")


def start_engine(stage, version):
    ingest, otel, operator, _ = (stage.token(name) for name in ("litellm", "otel", "operator", "prometheus"))
    engine = stage.engine(f"engine-{version}", "", token=operator, ingest_token=ingest)
    text = replace(read("examples", "litellm", "spendwarden.yaml"), {
        "127.0.0.1:9464": f"127.0.0.1:{engine.port}", "path: spendwarden.db": f"path: {engine.ledger}",
        "../../policies": os.path.join(ROOT, "policies"),
        LITELLM: LITELLM + "    - { file: tokens/otel, scope: ingest, source: otlp }\n"})
    engine.configure(replace(text, {"tokens/": os.path.join(stage.folder, "tokens", "")}))
    # Version 1 takes headers as they are, not percent-encoded.
    return engine.start(), ingest, {
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{engine.port}", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        "OTEL_EXPORTER": "otlp_http", "OTEL_EXPORTER_OTLP_HEADERS": f"authorization=Bearer {otel}", **VERSIONS[version]}


def reported(engine):
    """Reports of calls by source, each a row, whether it is charged or amends another; repeated ones are none."""
    return dict(engine.rows("SELECT source, count(*) FROM requests GROUP BY 1"))


def release(check, engine, tee):
    """Posts what the callback sent, once it is all there and the spans are booked."""
    def unique():
        return len({identity(e) for body in tee.taken() for e in events_of(body)})
    check.true("2: spans are booked before", until(lambda: reported(engine) == {"otlp": SPANS["2"]}), reported(engine))
    check.true("2: the callback sent every event", until(lambda: unique() == REPORTS), unique())
    check.equal("2: its bodies are taken", {engine.post("litellm", body).status for body in tee.taken()}, {200})


def check_once(check, version, engine, served):
    rows = sorted((answered["prompt"].rsplit(" ", 1)[1], tokens(answered)["input"], tokens(answered)["output"],
                   cost_nano(answered)) for answered in served)
    check.equal(f"{version}: each call once, as the provider bills it", engine.rows(CALLS), rows)
    check.equal(f"{version}: each failure once", engine.rows(
        "SELECT count(*), count(DISTINCT call_id) FROM requests WHERE kind = 'charge' AND status = 'failure'"),
        [(FAILURES, FAILURES)])
    metrics = engine.metrics()
    check.equal(f"{version}: spend", metrics.nano("llm_spend_usd_total"), sum(row[-1] for row in rows))
    check.equal(f"{version}: requests", {k: int(v) for k, v in metrics.by("llm_requests_total", "status").items()},
                {"success": len(rows), "failure": FAILURES})


def check_labels(check, version, engine):
    """Who is authenticated is on both reports; what LiteLLM tells its callback alone is in the ledger, too."""
    calls = {}
    for call, status, source, *labels, kind in engine.rows(ROWS):
        calls.setdefault((call, status), []).append((source, kind, labels))
    pairs = {call: reports for call, reports in calls.items() if {source for source, _, _ in reports} == {"litellm", "otlp"}}
    check.equal(f"{version}: calls that both report", len(pairs), SPANS[version])
    check.true(f"{version}: the one is charged, the other amends it", all(
        sorted(kind for _, kind, _ in reports) == ["amendment", "charge"] for reports in pairs.values()), pairs)
    first = {reports[0][0] for reports in pairs.values()}
    check.equal(f"{version}: who came first", first, {"litellm" if version == "1" else "otlp"})
    plain = dict((source, labels) for source, _, labels in calls["call-cached", "success"])
    check.equal(f"{version}: team, user, key and its alias agree", plain["otlp"][1:2] + plain["otlp"][3:],
                plain["litellm"][1:2] + plain["litellm"][3:])
    check.equal(f"{version}: labels of the callback are kept", plain["litellm"][:4],
                ["tenant-a", "team-search", "invoice-ocr", "user-ann"])


def run(check, stage, build):
    programs = venv(build, "litellm")
    engines = {version: start_engine(stage, version) for version in VERSIONS}
    for version, (engine, ingest, otel) in engines.items():
        begin = time.monotonic()
        tee = stage.keep(Catcher(forward_to=engine.port if version == "1" else None))
        port, mock = start_proxy(stage, programs, {"json_array": tee}, ingest, otel=otel)
        print(f"      {version}: the proxy is up after {time.monotonic() - begin:.0f} s", flush=True)
        check.equal(f"{version}: clients", [ask(port, case) for case in CASES], [case[-1] for case in CASES])
        if version == "2":
            release(check, engine, tee)
        until(lambda: reported(engine) == {"litellm": REPORTS, "otlp": SPANS[version]})
        check.equal(f"{version}: reports", reported(engine), {"litellm": REPORTS, "otlp": SPANS[version]})
        check_once(check, version, engine, served_by(mock))
        check_labels(check, version, engine)


if __name__ == "__main__":
    main(run)
