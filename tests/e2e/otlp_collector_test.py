"""The OpenTelemetry Collector as a relay, configured by examples/otel/collector.yaml: batches, gzip, and
what it does while spendwarden is away or has no room.

usage: otlp_collector_test.py BINARY BUILD_DIR (keeps the collector in BUILD_DIR/tools, the SDKs in
BUILD_DIR/emitters-venv)
"""
import os
import re

from gotools import tool
from harness import Process, free_port, main, read, replace, request, until, wait_for
from otel import EXAMPLE, Emitters, Wire, exports, start_engine
from packages import venv
from provider import cost_nano, served_by, start_provider, tokens

CHARGES = ("SELECT coalesce(requested_model, response_model), input_tokens, ifnull(output_tokens, 0), ifnull(cache_read_tokens, 0),"
           " ifnull(cache_write_tokens, 0), charge_nanousd FROM requests"
           " WHERE kind = 'charge' AND status = 'success' ORDER BY 1, 2, 3, 4, 5, 6")
FAILED = 1  # the last call of openllmetry, of openinference


def start_collector(stage, program, to):
    port = free_port()
    config = stage.file("collector.yaml", replace(read(EXAMPLE, "collector.yaml"), {
        "127.0.0.1:4318": f"127.0.0.1:{port}", "127.0.0.1:9464": f"127.0.0.1:{to}"}))
    collector = stage.keep(Process(
        [program, "--config", config], os.path.join(stage.folder, "collector.log"),
        {"SPENDWARDEN_TOKEN": read(stage.folder, "tokens", "otel").strip(), "NO_PROXY": "127.0.0.1"}))
    collector.launch()
    wait_for("the collector", lambda: request(port, "GET", "/v1/traces").status == 405)
    return collector, port


def charges(served):
    rows = []
    for answered in served:
        spent = tokens(answered)
        rows.append((answered["model"], *(spent[unit] for unit in ("input", "output", "cache_read", "cache_write")),
                     cost_nano(answered)))
    return sorted(rows)


def check_booked(check, name, engine, served, failed):
    """Waits for them all; more than these would show in the rows, too."""
    until(lambda: engine.rows("SELECT count(*) FROM requests WHERE kind = 'charge'") == [(len(served) + failed,)])
    check.equal(f"{name}: each call once, as the provider bills it", engine.rows(CHARGES), charges(served))
    check.equal(f"{name}: spend", engine.metrics().nano("llm_spend_usd_total"), sum(map(cost_nano, served)))


def retries(collector, why):
    return len(re.findall(f"Will retry.*{why}", collector.log()))


def check_relay(check, engine, emitters, provider, wire):
    check.equal("openllmetry", emitters.ask("openllmetry", "batch"), "")
    check.equal("anthropic_alone, a request for each span", emitters.ask("anthropic_alone", "single"), "")
    check_booked(check, "relayed", engine, served_by(provider), FAILED)
    check.equal("labels of the resource and of the span are kept", engine.rows(
        "SELECT DISTINCT team, environment, project, end_user FROM requests WHERE project LIKE 'openllmetry%'"),
        [("search", "prod", "openllmetry-batch", "end-user-9")])
    wanted = {"content-type: application/x-protobuf", "content-encoding: gzip"}
    heads = wire.heads()
    check.true("the collector sends protobuf in gzip, by a client of its own", heads and all(
        wanted <= set(head) and any(line.startswith("user-agent: otelcol") for line in head) for head in heads), heads)


def check_no_room(check, engine, emitters, provider, collector):
    engine.limit_file_size(4096)
    check.equal("the SDK is not troubled", emitters.ask("openllmetry", "batch"), "")
    check.true("a 503 is tried again", until(lambda: retries(collector, "503") > 0), collector.log()[-2000:])
    engine.limit_file_size(None)
    check_booked(check, "with room again", engine, served_by(provider), 2 * FAILED)


def check_away(check, engine, emitters, provider, collector):
    engine.end()
    before = retries(collector, "")
    check.equal("the SDK is not troubled", emitters.ask("openinference", "batch"), "")
    check.true("nobody there is tried again", until(lambda: retries(collector, "") > before), collector.log()[-2000:])
    engine.start()
    check_booked(check, "back again", engine, served_by(provider), 3 * FAILED)


def run(check, stage, build):
    programs, program = venv(build, "emitters"), tool(build, "otelcol")
    engine, provider = start_engine(stage), start_provider(stage, programs)
    wire = stage.keep(Wire(engine.port))
    collector, port = start_collector(stage, program, wire.port)
    emitters = stage.keep(Emitters(stage, programs, provider, exports(stage, port)))
    check_relay(check, engine, emitters, provider, wire)
    check_no_room(check, engine, emitters, provider, collector)
    check_away(check, engine, emitters, provider, collector)
    dropped = re.findall(r".*[Dd]ropp.*", collector.log())
    check.equal("the collector dropped nothing", dropped, [])


if __name__ == "__main__":
    main(run)
