"""Calls of a model that emitters from PyPI report over OTLP, as OTEL_EXPORTER_OTLP_* say.

usage: emit.py PROVIDER
A line of input "EMITTER batch|single" asks for the calls by one emitter (single: each span in a request
of its own), as the service EMITTER-batch; the answer is a line of output, 0 if all went well.
"""
import contextlib
import os
import sys
import traceback

import anthropic
import openai
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor

PROVIDER = sys.argv[1]
MODEL, CLAUDE = "gpt-4o-mini", "claude-sonnet-4-5-20250929"
LABELS = {"session_id": "sess-7", "user_id": "user-42", "tags": ["env:staging", "batch"],
          "metadata": {"tenant_id": "t-009", "workflow_id": "refunds"}}


def question(scenario):
    return [{"role": "user", "content": f"{scenario} sentinel"}]


def openai_client(scenario):
    return openai.OpenAI(base_url=f"{PROVIDER}/{scenario}/v1", api_key="sk-none", max_retries=0)


def anthropic_client(scenario, kind="Anthropic"):
    return getattr(anthropic, kind)(base_url=f"{PROVIDER}/{scenario}", api_key="sk-none", max_retries=0)


def ask_openai(**more):
    """Every kind of call that bills otherwise."""
    for scenario, model in (("plain", MODEL), ("cached", MODEL), ("reason", "gpt-5-mini")):
        openai_client(scenario).chat.completions.create(model=model, messages=question(scenario), **more)
    for _ in openai_client("cached").chat.completions.create(
            model=MODEL, messages=question("stream"), stream=True, stream_options={"include_usage": True}, **more):
        pass
    openai_client("cached").responses.create(model=MODEL, input="responses sentinel", **more)
    openai_client("plain").embeddings.create(model="text-embedding-3-small", input=["embed sentinel", "another"], **more)
    with contextlib.suppress(openai.RateLimitError):
        openai_client("e429").chat.completions.create(model=MODEL, messages=question("e429"), **more)


def ask_anthropic():
    client = anthropic_client("write")
    asked = {"model": CLAUDE, "max_tokens": 99, "messages": question("write")}
    client.messages.create(**asked)
    for _ in client.messages.create(**asked, stream=True):
        pass


def openinference():
    from openinference.instrumentation import using_attributes
    from openinference.instrumentation.openai import OpenAIInstrumentor
    OpenAIInstrumentor().instrument()
    with using_attributes(**LABELS):
        ask_openai()


def openllmetry():
    from opentelemetry.instrumentation.openai import OpenAIInstrumentor
    OpenAIInstrumentor().instrument()
    ask_openai(user="end-user-9")


def anthropic_alone():
    ask_anthropic()


def anthropic_openinference():
    from openinference.instrumentation import using_attributes
    from openinference.instrumentation.anthropic import AnthropicInstrumentor
    AnthropicInstrumentor().instrument()
    with using_attributes(**LABELS):
        ask_anthropic()


def anthropic_openllmetry():
    from opentelemetry.instrumentation.anthropic import AnthropicInstrumentor
    AnthropicInstrumentor().instrument()
    ask_anthropic()


def pydantic_ai():
    """An agent that calls a tool, and so its model twice; and one whose model's SDK has spans, too."""
    from pydantic_ai import Agent
    from pydantic_ai.models.anthropic import AnthropicModel
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.anthropic import AnthropicProvider
    from pydantic_ai.providers.openai import OpenAIProvider
    Agent.instrument_all()
    weather = Agent(OpenAIChatModel(MODEL, provider=OpenAIProvider(base_url=f"{PROVIDER}/tool/v1", api_key="sk-none")),
                    name="weather_agent")

    @weather.tool_plain
    def get_weather(city: str) -> str:
        return f"4 C in {city}"

    weather.run_sync("tool sentinel")
    Agent(AnthropicModel(CLAUDE, provider=AnthropicProvider(anthropic_client=anthropic_client("write", "AsyncAnthropic"))),
          name="review_agent").run_sync("write sentinel")


def report(emitter, way):
    os.environ["OTEL_SERVICE_NAME"] = f"{emitter}-{way}"
    provider = TracerProvider()
    processor = {"batch": BatchSpanProcessor, "single": SimpleSpanProcessor}[way]
    provider.add_span_processor(processor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    globals()[emitter]()
    provider.shutdown()


def main():
    """A process for each, since one instrumentation hides another; the SDKs, which take seconds to
    import, are there already."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            status = 0
            try:
                report(*line.split())
            except BaseException:
                traceback.print_exc()
                status = 1
            sys.stderr.flush()
            os._exit(status)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


main()
