// Calls of a model by the Vercel AI SDK, which its own telemetry reports over OTLP as OTEL_EXPORTER_OTLP_* say.
//
// usage: node emit.mjs PROVIDER 6|7     (the SDK's version; run where package.json was installed)
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const installed = createRequire(`${process.cwd()}/`);
const load = name => import(pathToFileURL(installed.resolve(name)));
const [provider, version] = process.argv.slice(2);

const api = await load('@opentelemetry/api');
const { BatchSpanProcessor, TracerProvider } = await load('@opentelemetry/sdk-trace');
const { AsyncLocalStorageContextManager } = await load('@opentelemetry/context-async-hooks');
const { OTLPTraceExporter } = await load('@opentelemetry/exporter-trace-otlp-proto');
const { defaultResource, detectResources, envDetector } = await load('@opentelemetry/resources');
const ai = await load(version === '6' ? 'ai-6' : 'ai');
const { createOpenAI } = await load(version === '6' ? 'openai-6' : '@ai-sdk/openai');
const { OpenTelemetry } = await load('@ai-sdk/otel');
const { z } = await load('zod');

const tracing = new TracerProvider({
  resource: defaultResource().merge(detectResources({ detectors: [envDetector] })),
  spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter() })],
});
api.trace.setGlobalTracerProvider(tracing);
api.context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());

// Version 6 puts `metadata` on its spans. Version 7 leaves it out, and lets a function say what to add instead.
const labels = { userId: 'user-42', tenantId: 't-009' };
ai.registerTelemetry?.(new OpenTelemetry({
  enrichSpan: ({ runtimeContext }) => ({ 'user.id': runtimeContext?.userId, 'tenant.id': runtimeContext?.tenantId }),
}));

const openai = scenario => createOpenAI({ baseURL: `${provider}/${scenario}/v1`, apiKey: 'sk-none' });
const asked = (scenario, model) => ({
  model,
  prompt: `${scenario} sentinel`,
  maxRetries: 0,
  ...(version === '6' ? { experimental_telemetry: { isEnabled: true, functionId: scenario, metadata: labels } }
    : { telemetry: { functionId: scenario, includeRuntimeContext: { userId: true, tenantId: true } }, runtimeContext: labels }),
});

await ai.generateText(asked('plain', openai('plain').chat('gpt-4o-mini')));
await ai.generateText(asked('reason', openai('reason')('gpt-5-mini')));
// Two steps, and so two calls in one outer span.
await ai.generateText({
  ...asked('tool', openai('tool').chat('gpt-4o-mini')),
  stopWhen: (ai.isStepCount ?? ai.stepCountIs)(3),
  tools: { get_weather: { description: 'Weather of a city', inputSchema: z.object({ city: z.string() }), execute: async () => '4 C' } },
});
for await (const _ of ai.streamText(asked('cached', openai('cached').chat('gpt-4o-mini'))).textStream);
const { model: _, prompt: value, ...rest } = asked('embed');
await ai.embed({ ...rest, value, model: openai('plain').embedding('text-embedding-3-small') });
try {
  await ai.generateText(asked('e429', openai('e429').chat('gpt-4o-mini')));
} catch (error) {
  if (!ai.APICallError.isInstance(error)) throw error;
}
await tracing.shutdown();
