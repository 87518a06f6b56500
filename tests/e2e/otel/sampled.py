"""Many questions to a model under the SDK, of which a sampler keeps a share of the spans; its metrics count all.
Trace ids come from a seed, the service's name, so the same ones are kept each time. Prints how many.

usage: sampled.py SHARE QUESTIONS
"""
import os
import random
import sys

import openai
from opentelemetry import metrics, trace
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.genai.openai import OpenAIInstrumentor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.sdk.trace.sampling import TraceIdRatioBased


class SeededIds(IdGenerator):
    def __init__(self):
        self.random = random.Random(os.environ["OTEL_SERVICE_NAME"])

    def generate_trace_id(self):
        return self.random.getrandbits(128)

    def generate_span_id(self):
        return self.random.getrandbits(64)


class Count(SpanProcessor):
    kept = 0

    def on_end(self, span):
        self.kept += 1


share, questions = float(sys.argv[1]), int(sys.argv[2])
traces, count = TracerProvider(sampler=TraceIdRatioBased(share), id_generator=SeededIds()), Count()
traces.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
traces.add_span_processor(count)
trace.set_tracer_provider(traces)
meters = MeterProvider([PeriodicExportingMetricReader(OTLPMetricExporter(), export_interval_millis=2000)])
metrics.set_meter_provider(meters)
OpenAIInstrumentor().instrument()

client = openai.OpenAI(max_retries=0)
for number in range(questions):
    client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": f"question {number}"}])
traces.shutdown()
meters.shutdown()
print(count.kept)
