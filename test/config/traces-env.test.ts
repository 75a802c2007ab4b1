import { describe, expect, test } from "vitest";
import { readTracesConfig } from "../../src/config/traces-env.ts";
import { Problem } from "../../src/problem.ts";

const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:4318" };

function faultsOf(env: NodeJS.ProcessEnv): readonly string[] {
  try {
    readTracesConfig(env);
  } catch (error) {
    if (error instanceof Problem) return error.lines;
    throw error;
  }
  return [];
}

describe("OpenTelemetry's variables", () => {
  test.each([
    ["nothing says where to", { OTEL_SERVICE_NAME: "gate", OTEL_TRACES_SAMPLER: "nonsense" }],
    ["an endpoint is empty", { OTEL_EXPORTER_OTLP_ENDPOINT: "" }],
    ["all is turned off", { ...ENDPOINT, OTEL_SDK_DISABLED: "TRUE" }],
    [
      "traces are turned off, whatever else is wrong",
      { ...ENDPOINT, OTEL_TRACES_EXPORTER: "none", OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" },
    ],
  ])("want no spans where %s", (_what, env) => {
    expect(readTracesConfig(env)).toBeUndefined();
  });

  test("have the defaults that OpenTelemetry gives them", () => {
    expect(readTracesConfig(ENDPOINT)).toEqual({
      url: "http://127.0.0.1:4318/v1/traces",
      headers: {},
      timeoutMs: 10_000,
      serviceName: "regate",
      resource: {},
      sampler: { ratio: 1, parentBased: true },
      delayMs: 5_000,
      maxQueued: 2_048,
      maxBatch: 512,
    });
  });

  test("say all that can be said, those for traces before those for all", () => {
    expect(
      readTracesConfig({
        OTEL_EXPORTER_OTLP_ENDPOINT: "http://elsewhere:1",
        OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "https://collector.example.com/otlp/here?tenant=1",
        OTEL_EXPORTER_OTLP_HEADERS: "x=all",
        OTEL_EXPORTER_OTLP_TRACES_HEADERS: "authorization=Bearer%20a%2Cb, x-tenant = 7,",
        OTEL_EXPORTER_OTLP_PROTOCOL: "grpc",
        OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: "http/protobuf",
        OTEL_EXPORTER_OTLP_TIMEOUT: "2500",
        OTEL_TRACES_EXPORTER: "otlp",
        OTEL_RESOURCE_ATTRIBUTES: "service.name=ignored,deployment.environment.name=prod",
        OTEL_SERVICE_NAME: "gate",
        OTEL_TRACES_SAMPLER: "traceidratio",
        OTEL_TRACES_SAMPLER_ARG: "0.25",
        OTEL_BSP_SCHEDULE_DELAY: "100",
        OTEL_BSP_MAX_QUEUE_SIZE: "10",
        OTEL_BSP_MAX_EXPORT_BATCH_SIZE: "10",
      }),
    ).toEqual({
      url: "https://collector.example.com/otlp/here?tenant=1",
      headers: { authorization: "Bearer a,b", "x-tenant": "7" },
      timeoutMs: 2_500,
      serviceName: "gate",
      resource: { "deployment.environment.name": "prod" },
      sampler: { ratio: 0.25, parentBased: false },
      delayMs: 100,
      maxQueued: 10,
      maxBatch: 10,
    });
  });

  test("name the service by its resource where nothing else does, and keep the path of a common endpoint", () => {
    expect(
      readTracesConfig({
        OTEL_EXPORTER_OTLP_ENDPOINT: "https://a.example/otlp/",
        OTEL_RESOURCE_ATTRIBUTES: "service.name=b",
      }),
    ).toMatchObject({ url: "https://a.example/otlp/v1/traces", serviceName: "b" });
  });

  test.each([
    ["always_on", undefined, { ratio: 1, parentBased: false }],
    ["always_off", undefined, { ratio: 0, parentBased: false }],
    ["parentbased_always_off", "nonsense", { ratio: 0, parentBased: true }],
    ["parentbased_traceidratio", "0", { ratio: 0, parentBased: true }],
    ["parentbased_traceidratio", "1.0", { ratio: 1, parentBased: true }],
    ["parentbased_traceidratio", undefined, { ratio: 1, parentBased: true }],
  ])("take the sampler %s with %s", (sampler, arg, wanted) => {
    expect(
      readTracesConfig({ ...ENDPOINT, OTEL_TRACES_SAMPLER: sampler, OTEL_TRACES_SAMPLER_ARG: arg })?.sampler,
    ).toEqual(wanted);
  });

  test.each([
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: "localhost:4318" },
      "OTEL_EXPORTER_OTLP_ENDPOINT must be an http:// or https:// URL",
    ],
    [
      { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "https://me:secret@a.example" },
      "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT must be",
    ],
    [{ OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" }, "OTEL_EXPORTER_OTLP_PROTOCOL must be http/protobuf"],
    [{ OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: "http/json" }, "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL must be http/protobuf"],
    [{ OTEL_TRACES_EXPORTER: "zipkin" }, "OTEL_TRACES_EXPORTER must be otlp or none"],
    [{ OTEL_EXPORTER_OTLP_HEADERS: "secret" }, "OTEL_EXPORTER_OTLP_HEADERS must be KEY=VALUE"],
    [{ OTEL_EXPORTER_OTLP_HEADERS: "a=secret%" }, "OTEL_EXPORTER_OTLP_HEADERS must be KEY=VALUE"],
    [{ OTEL_EXPORTER_OTLP_HEADERS: "=secret" }, "OTEL_EXPORTER_OTLP_HEADERS must be KEY=VALUE"],
    [{ OTEL_EXPORTER_OTLP_HEADERS: "a=secret%0d%0ab" }, "OTEL_EXPORTER_OTLP_HEADERS must have names and values"],
    [{ OTEL_EXPORTER_OTLP_HEADERS: "a b=secret" }, "OTEL_EXPORTER_OTLP_HEADERS must have names and values"],
    [{ OTEL_EXPORTER_OTLP_TIMEOUT: "10s" }, "OTEL_EXPORTER_OTLP_TIMEOUT must be a whole number"],
    [{ OTEL_EXPORTER_OTLP_TIMEOUT: "0" }, "OTEL_EXPORTER_OTLP_TIMEOUT must be a whole number"],
    [{ OTEL_BSP_SCHEDULE_DELAY: "-1" }, "OTEL_BSP_SCHEDULE_DELAY must be a whole number"],
    [{ OTEL_BSP_MAX_QUEUE_SIZE: "1e9" }, "OTEL_BSP_MAX_QUEUE_SIZE must be a whole number"],
    [
      { OTEL_BSP_MAX_QUEUE_SIZE: "100" },
      "OTEL_BSP_MAX_EXPORT_BATCH_SIZE must not be above OTEL_BSP_MAX_QUEUE_SIZE (100)",
    ],
    [{ OTEL_TRACES_SAMPLER: "parentbased_traceidration" }, "did you mean parentbased_traceidratio?"],
    [
      { OTEL_TRACES_SAMPLER: "traceidratio", OTEL_TRACES_SAMPLER_ARG: "25%" },
      "OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1",
    ],
    [
      { OTEL_TRACES_SAMPLER: "traceidratio", OTEL_TRACES_SAMPLER_ARG: "1.5" },
      "OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1",
    ],
    [{ OTEL_RESOURCE_ATTRIBUTES: "secret" }, "OTEL_RESOURCE_ATTRIBUTES must be KEY=VALUE"],
  ])("that are wrong (%o) are named, without what they say", (env, words) => {
    const faults = faultsOf({ ...ENDPOINT, ...env });
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(words);
    expect(faults[0]).not.toContain("secret");
  });

  test("that are wrong are named all at once", () => {
    const env = {
      ...ENDPOINT,
      OTEL_EXPORTER_OTLP_PROTOCOL: "grpc",
      OTEL_TRACES_SAMPLER: "x",
      OTEL_BSP_SCHEDULE_DELAY: "x",
    };
    expect(faultsOf(env)).toHaveLength(3);
  });
});
