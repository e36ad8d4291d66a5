// Sends model calls as an application with OpenTelemetry for JavaScript does: `node send.cjs PROTOCOL URL CALLS`.
// Besides, one span without an id. Prints, as one JSON object, what became of the batches, what the exporter warned of,
// and the ids of the spans.
"use strict";

const { DiagLogLevel, context, diag, trace } = require("@opentelemetry/api");
const {
  BatchSpanProcessor,
  NodeTracerProvider,
  RandomIdGenerator,
} = require("@opentelemetry/sdk-trace-node");

const PACKAGES = {
  json: "@opentelemetry/exporter-trace-otlp-http",
  protobuf: "@opentelemetry/exporter-trace-otlp-proto",
  grpc: "@opentelemetry/exporter-trace-otlp-grpc",
};
const NO_ID = "0000000000000000";
const CALL = {
  "gen_ai.operation.name": "chat",
  "gen_ai.provider.name": "openai",
  "gen_ai.request.model": "gpt-4o",
  "gen_ai.usage.input_tokens": 1000,
  "gen_ai.usage.output_tokens": 200,
};

const [protocol, url, calls] = process.argv.slice(2);
const told = { results: [], warnings: [], spans: [] };

const hear = (...words) => told.warnings.push(words.join(" "));
const ignore = () => {};
diag.setLogger(
  { error: hear, warn: hear, info: ignore, debug: ignore, verbose: ignore },
  DiagLogLevel.WARN,
);

class Ids extends RandomIdGenerator {
  constructor() {
    super();
    const next = this.generateSpanId;
    this.left_out = 1;
    this.generateSpanId = () => (this.left_out-- > 0 ? NO_ID : next());
  }
}

function exporter() {
  const { OTLPTraceExporter } = require(PACKAGES[protocol]);
  const real = new OTLPTraceExporter({ url, compression: "gzip" });
  return {
    export: (spans, done) =>
      real.export(spans, (result) => {
        told.results.push(result.error ? String(result.error) : "success");
        done(result);
      }),
    forceFlush: () => real.forceFlush(),
    shutdown: () => real.shutdown(),
  };
}

async function main() {
  const provider = new NodeTracerProvider({
    idGenerator: new Ids(),
    spanProcessors: [new BatchSpanProcessor(exporter())],
  });
  const tracer = provider.getTracer("acme");
  tracer.startSpan("without an id").end();
  const root = tracer.startSpan("answer a question");
  const within = trace.setSpan(context.active(), root);
  const made = Array.from({ length: Number(calls) }, () =>
    tracer.startSpan("chat gpt-4o", { attributes: CALL }, within),
  );
  for (const span of [...made, root]) span.end();
  told.spans = made.map((span) => span.spanContext().spanId);
  // It fails again with what the exporter's results tell already.
  await provider.shutdown().catch(ignore);
  process.stdout.write(JSON.stringify(told));
}

main();
