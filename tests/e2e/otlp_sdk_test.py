"""examples/otel as its README has it: a program that the OpenTelemetry SDK instruments from outside,
against a provider with exact usage.

usage: otlp_sdk_test.py BINARY BUILD_DIR (keeps the SDK in BUILD_DIR/otel-venv)
"""
import json
import os
import re
import shlex
import subprocess
from urllib.parse import unquote

from harness import ROOT, Process, bearer, free_port, main, read, replace, request, until
from packages import venv

EXAMPLE = os.path.join(ROOT, "examples", "otel")
# scenario of the provider, whether the program ends well
CASES = [("plain", True), ("cached", True), ("reason", True), ("e429", False)]


def start_engine(stage):
    operator = [stage.token(name) for name in ("otel", "prometheus", "operator")][-1]
    engine = stage.engine("engine", "", token=operator)
    engine.configure(replace(read(EXAMPLE, "spendwarden.yaml"), {
        "127.0.0.1:9464": f"127.0.0.1:{engine.port}",
        "path: spendwarden.db": f"path: {engine.ledger}",
        "../../policies": os.path.join(ROOT, "policies"),
        "tokens/": os.path.join(stage.folder, "tokens", "")}) + "rules: { tick: 1s }\n")
    return engine.start()


def start_provider(stage, programs):
    port = free_port()
    mock = os.path.join(ROOT, "tests", "e2e", "litellm", "mock_openai.py")
    process = stage.keep(Process([os.path.join(programs, "python"), mock, str(port)],
                                 os.path.join(stage.folder, "mock.log")))
    process.launch()
    process.wait_ready(port, "/served")
    return port


def exports(stage, engine):
    """What README.md exports, with this test's port and token."""
    text = replace(read(EXAMPLE, "README.md"), {
        "127.0.0.1:9464": f"127.0.0.1:{engine.port}",
        "$(cat tokens/otel)": read(stage.folder, "tokens", "otel").strip()})
    words = [word for line in re.findall(r"^ +export (.*)", text, re.M) for word in shlex.split(line)]
    return dict(word.split("=", 1) for word in words)


def ask(programs, environment, provider, scenario):
    path = f"{programs}:{os.environ['PATH']}"
    return subprocess.run(
        ["opentelemetry-instrument", "python", os.path.join(EXAMPLE, "app.py"), f"{scenario} sentinel"],
        env={**os.environ, **environment, "PATH": path, "OPENAI_API_KEY": "sk-none", "NO_PROXY": "127.0.0.1",
             "OPENAI_BASE_URL": f"http://127.0.0.1:{provider}/{scenario}/v1"},
        capture_output=True, text=True, timeout=120, check=False)


def check_calls(check, engine, served):
    wanted = [("otlp", "openai", "gpt-4o-mini", "search", "answers", "prod", "success", c["fresh"] + c["read"], c["read"],
               c["output"], c["fresh"] * 150 + c["read"] * 75 + c["output"] * 600) for c in served]
    wanted.append(("otlp", "openai", "gpt-4o-mini", "search", "answers", "prod", "failure", 0, 0, 0, 0))
    check.equal("each call once, as the provider bills it", engine.rows(
        "SELECT source, ai_system, requested_model, team, project, environment, status, ifnull(input_tokens, 0),"
        " ifnull(cache_read_tokens, 0), ifnull(output_tokens, 0), charge_nanousd FROM requests ORDER BY seq"), wanted)


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
    environment = exports(stage, engine)
    token = unquote(environment["OTEL_EXPORTER_OTLP_HEADERS"]).removeprefix("authorization=Bearer ")
    for scenario, well in CASES:
        ran = ask(programs, environment, provider, scenario)
        check.equal(f"program: {scenario}", ran.returncode == 0, well)
    until(lambda: engine.rows("SELECT count(*) FROM requests") == [(len(CASES),)])
    check_calls(check, engine, request(provider, "GET", "/served").json)
    check_body(check, engine, token)
    told = json.dumps(engine.api("requests")) + engine.log() + engine.get("/metrics").text
    check.true("no question, no answer, no token is kept", not re.search("sentinel|0123456789abcdef", told))


if __name__ == "__main__":
    main(run)
