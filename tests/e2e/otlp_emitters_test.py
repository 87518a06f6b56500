"""Instrumentations and SDKs from PyPI that report the same calls in their own ways: OpenInference,
OpenLLMetry, pydantic-ai, and Anthropic's SDK, whose own spans stand beside each instrumentation's.

usage: otlp_emitters_test.py BINARY BUILD_DIR (keeps the emitters in BUILD_DIR/emitters-venv)
"""
from collections import Counter

from harness import main
from otel import Emitters, exports, start_engine
from packages import venv
from provider import cost_nano, served_by, start_provider, tokens

INFERENCE = ("t-009", "refunds", "user-42", None, None, "sess-7")  # LABELS of emit.py
NONE = (None,) * 6
# emitter, how its spans travel: what is said of each charge, of each report beside it, and what is skipped
CASES = {
    ("openinference", "batch"): (INFERENCE, [], {}),
    ("openllmetry", "batch"): ((None, None, None, "end-user-9", None, None), [], {}),
    # Two reports of each call in one body are one event, with the labels of the one and the prices of the other.
    ("anthropic_openinference", "batch"): (INFERENCE, [], {"merged": 2}),
    ("anthropic_openllmetry", "batch"): (NONE, [], {"merged": 2}),
    # In bodies of their own the SDK's comes first, and the other amends it: by its parent, or by the response's id.
    ("anthropic_openinference", "single"): (NONE, [INFERENCE] * 2, {}),
    ("anthropic_openllmetry", "single"): (NONE, [NONE] * 2, {}),
    # Two agents and a tool are no calls; the call of the second agent is seen by Anthropic's SDK, too.
    ("pydantic_ai", "batch"): (None, [], {"wrapper": 3, "merged": 1})}
NO_IDS = {"openinference"}
FAILING = {"openinference", "openllmetry"}  # ask_openai's last call
AGENTS = ["weather_agent", "weather_agent", "review_agent"]

CHARGES = ("SELECT response_id, ai_system, coalesce(requested_model, response_model), input_tokens,"
           " ifnull(output_tokens, 0), ifnull(cache_read_tokens, 0), ifnull(cache_write_tokens, 0), charge_nanousd, status"
           " FROM requests WHERE kind = 'charge' AND project = ? ORDER BY seq")
LABELS = ("SELECT tenant, workflow_id, user, end_user, agent, session_id, team, environment FROM requests"
          " WHERE kind = ? AND project = ? ORDER BY seq")
OF_RESOURCE = ("search", "prod")  # what README.md exports


def charges(emitter, served):
    for answered in served:
        spent = tokens(answered)
        yield (None if emitter in NO_IDS else answered["id"],
               "anthropic" if answered["model"].startswith("claude") else "openai", answered["model"],
               *(spent[unit] for unit in ("input", "output", "cache_read", "cache_write")), cost_nano(answered), "success")
    if emitter in FAILING:
        yield (None, "openai", "gpt-4o-mini", None, 0, 0, 0, 0, "failure")


def skipped(engine):
    return Counter({labels["reason"]: int(value) for labels, value in
                    engine.metrics().select("spendwarden_skipped_events_total", source="otlp")})


def check_labels(check, engine, service, charged, beside, count):
    if charged:
        check.equal(f"{service}: labels", engine.rows(LABELS, "charge", service), [charged + OF_RESOURCE] * count)
    else:
        check.equal(f"{service}: agents", [row[4] for row in engine.rows(LABELS, "charge", service)], AGENTS)
    check.equal(f"{service}: reports beside", engine.rows(LABELS, "amendment", service),
                [labels + OF_RESOURCE for labels in beside])


def check_total(check, engine, served):
    metrics = engine.metrics()
    check.equal("all spend is the provider's, to the nano-dollar",
                metrics.nano("llm_spend_usd_total"), sum(map(cost_nano, served)))
    for unit in ("input", "output", "cache_read", "cache_write", "reasoning"):
        family = "tokens" if unit in ("input", "output") else "token_details"
        check.equal(f"all {unit} tokens", int(metrics.sum(f"llm_{family}_total", type=unit)),
                    sum(tokens(answered)[unit] for answered in served))
    check.equal("all events", {outcome: int(metrics.sum("spendwarden_events_total", source="otlp", outcome=outcome))
                               for outcome in ("accepted", "duplicate", "rejected", "skipped")},
                {"accepted": len(served) + len(FAILING), "duplicate": sum(len(beside) for _, beside, _ in CASES.values()),
                 "rejected": 0, "skipped": sum(sum(why.values()) for _, _, why in CASES.values())})
    check.true("no question and no answer is kept", "sentinel" not in metrics.text + engine.log() + str(
        engine.rows("SELECT * FROM requests")))


def run(check, stage, build):
    programs = venv(build, "emitters")
    engine, provider = start_engine(stage), start_provider(stage, programs)
    emitters = stage.keep(Emitters(stage, programs, provider, exports(stage, engine.port)))
    for (emitter, way), (charged, beside, why) in CASES.items():
        service, before, skips = f"{emitter}-{way}", len(served_by(provider)), skipped(engine)
        check.equal(f"{service}: program", emitters.ask(emitter, way), "")
        wanted = list(charges(emitter, served_by(provider)[before:]))
        check.equal(f"{service}: each call once, as the provider bills it", engine.rows(CHARGES, service), wanted)
        check_labels(check, engine, service, charged, beside, len(wanted))
        check.equal(f"{service}: skipped", skipped(engine) - skips, Counter(why))
    check_total(check, engine, served_by(provider))


if __name__ == "__main__":
    main(run)
