"""examples/otel as its README has it: a program that the OpenTelemetry SDK instruments from outside,
against a provider with exact usage.

usage: otlp_sdk_test.py BINARY BUILD_DIR (keeps the SDK in BUILD_DIR/otel-venv)
"""
import json
import os
import re
import subprocess
from urllib.parse import unquote

from harness import bearer, main, read, request, until
from otel import EXAMPLE, Wire, exports, start_engine
from packages import venv
from provider import cost_nano, served_by, start_provider, tokens

# scenario of the provider, whether the program ends well
CASES = [("plain", True), ("cached", True), ("reason", True), ("e429", False)]


def ask(programs, environment, provider, scenario):
    path = f"{programs}:{os.environ['PATH']}"
    return subprocess.run(
        ["opentelemetry-instrument", "python", os.path.join(EXAMPLE, "app.py"), f"{scenario} sentinel"],
        env={**os.environ, **environment, "PATH": path, "OPENAI_API_KEY": "sk-none",
             "OPENAI_BASE_URL": f"http://127.0.0.1:{provider}/{scenario}/v1"},
        capture_output=True, text=True, timeout=120, check=False)


def check_calls(check, engine, served):
    def row(status, spent, nano):
        return ("otlp", "openai", "gpt-4o-mini", "search", "answers", "prod", status, *spent, nano)
    wanted = []
    for answered in served:
        spent = tokens(answered)
        wanted.append(row("success", [spent[unit] for unit in ("input", "cache_read", "output")], cost_nano(answered)))
    check.equal("each call once, as the provider bills it", engine.rows(
        "SELECT source, ai_system, requested_model, team, project, environment, status, ifnull(input_tokens, 0),"
        " ifnull(cache_read_tokens, 0), ifnull(output_tokens, 0), charge_nanousd FROM requests ORDER BY seq"),
        wanted + [row("failure", (0, 0, 0), 0)])


def check_wire(check, heads):
    wanted = {"content-type: application/x-protobuf", "content-encoding: gzip"}
    check.equal("each body came as protobuf and in gzip", [wanted - set(head) for head in heads], [set()] * len(CASES))


def check_body(check, engine, token):
    """The body that README.md posts by hand."""
    body = read(EXAMPLE, "traces.json").encode()
    answers = [request(engine.port, "POST", "/v1/traces", body, {"Content-Type": "application/json", **bearer(token)})
               for _ in range(2)]
    check.equal("the body is taken, also when it comes again", [(a.status, a.text) for a in answers], [(200, "{}")] * 2)
    check.equal("its call is booked once, its agent's span is not", engine.rows(
        "SELECT team, workflow_id, charge_nanousd FROM requests WHERE response_id = 'chatcmpl-1'"),
        [("search", "answers-v2", 360000)])


def run(check, stage, build):
    programs = venv(build, "otel")
    engine, provider = start_engine(stage), start_provider(stage, programs)
    wire = stage.keep(Wire(engine.port))
    environment = exports(stage, wire.port)
    token = unquote(environment["OTEL_EXPORTER_OTLP_HEADERS"]).removeprefix("authorization=Bearer ")
    for scenario, well in CASES:
        ran = ask(programs, environment, provider, scenario)
        check.equal(f"program: {scenario}", ran.returncode == 0, well)
    until(lambda: engine.rows("SELECT count(*) FROM requests") == [(len(CASES),)])
    check_calls(check, engine, served_by(provider))
    check_wire(check, wire.heads())
    check_body(check, engine, token)
    told = json.dumps(engine.api("requests")) + engine.log() + engine.get("/metrics").text
    check.true("no question, no answer, no token is kept", not re.search("sentinel|0123456789abcdef", told))


if __name__ == "__main__":
    main(run)
