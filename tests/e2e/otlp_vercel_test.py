"""The Vercel AI SDK from npm, in the dialects of its versions 6 and 7, by the exporter of OpenTelemetry's
JavaScript: chunked bodies without a length.

usage: otlp_vercel_test.py BINARY BUILD_DIR (keeps Node in BUILD_DIR/vercel-venv, the SDK in BUILD_DIR/vercel-npm)
"""
import os
import subprocess

from harness import ROOT, main
from otel import Wire, exports, start_engine
from packages import npm, venv
from provider import cost_nano, served_by, start_provider, tokens

EMIT = os.path.join(ROOT, "tests", "e2e", "vercel", "emit.mjs")
# What is skipped: outer spans, of a tool's run too; 7 has one for each step, and two of an embedding's call.
VERSIONS = {"6": {"wrapper": 7}, "7": {"wrapper": 12, "merged": 1}}
CALLS = ("SELECT response_id, ai_system, requested_model, input_tokens, ifnull(output_tokens, 0),"
         " ifnull(cache_read_tokens, 0), ifnull(reasoning_tokens, 0), charge_nanousd, status, tenant, user, team, environment"
         " FROM requests WHERE project = ? ORDER BY seq")
LABELS = ("t-009", "user-42", "search", "prod")


def emit(programs, modules, environment, provider, version):
    ran = subprocess.run(
        [os.path.join(programs, "node"), EMIT, f"http://127.0.0.1:{provider}", version], cwd=modules,
        env={**os.environ, **environment, "OTEL_SERVICE_NAME": f"shop-{version}"},
        capture_output=True, text=True, timeout=240, check=False)
    return ran.stderr[-3000:] if ran.returncode else ""


def calls(version, served):
    for answered in served:
        spent = tokens(answered)
        if version == "7":
            spent["reasoning"] = 0  # it does not say
        yield (answered["id"], "openai", answered["model"], *(spent[unit] for unit in ("input", "output", "cache_read", "reasoning")),
               cost_nano(answered), "success", *LABELS)
    yield (None, "openai", "gpt-4o-mini", None, 0, 0, 0, 0, "failure", *LABELS)


def skipped(engine):
    return {labels["reason"]: int(value) for labels, value in
            engine.metrics().select("spendwarden_skipped_events_total", source="otlp")}


def check_wire(check, heads):
    check.true("bodies came chunked, in gzip, and without a length", heads and all(
        {"content-type: application/x-protobuf", "content-encoding: gzip", "transfer-encoding: chunked"} <= set(head)
        and not any(line.startswith("content-length") for line in head) for head in heads), heads)


def run(check, stage, build):
    programs = venv(build, "vercel")
    modules = npm(build, "vercel", programs)
    engine, provider = start_engine(stage), start_provider(stage, programs)
    wire = stage.keep(Wire(engine.port))
    environment, before, skips = exports(stage, wire.port), 0, {}
    for version, why in VERSIONS.items():
        check.equal(f"{version}: program", emit(programs, modules, environment, provider, version), "")
        # The program has ended: what it exported was answered.
        served = served_by(provider)
        check.equal(f"{version}: each call once, as the provider bills it", engine.rows(CALLS, f"shop-{version}"),
                    list(calls(version, served[before:])))
        skips = {reason: skips.get(reason, 0) + why.get(reason, 0) for reason in {*skips, *why}}
        check.equal(f"{version}: skipped", skipped(engine), skips)
        before = len(served)
    metrics = engine.metrics()
    check.equal("all spend is the provider's, to the nano-dollar", metrics.nano("llm_spend_usd_total"),
                sum(map(cost_nano, served)))
    check_wire(check, wire.heads())
    check.true("no question and no answer is kept", "sentinel" not in metrics.text + engine.log() + str(
        engine.rows("SELECT * FROM requests")))


if __name__ == "__main__":
    main(run)
