// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of the configuration are what is tested
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { loadConfig, locateState } from "../../src/config/config.ts";
import { Problem } from "../../src/problem.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "regate-config-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function load(text: string, env: NodeJS.ProcessEnv = {}) {
  writeFileSync(join(folder, "regate.yaml"), text);
  return loadConfig("regate.yaml", env, folder);
}

function faultsOf(text: string, env: NodeJS.ProcessEnv = {}): readonly string[] {
  try {
    load(text, env);
  } catch (error) {
    if (error instanceof Problem) return error.lines;
    throw error;
  }
  return [];
}

const HASH = "a".repeat(64);

describe("a configuration that is in order", () => {
  test("gets every default, with absolute paths", () => {
    expect(load("servers: {}")).toEqual({
      file: join(folder, "regate.yaml"),
      listen: { host: "127.0.0.1", port: 8787 },
      bundle: { source: undefined, verify: undefined, allowRollback: false },
      state: join(folder, ".regate"),
      store: undefined,
      drain: { grace: 0, calls: 2 },
      sessionKeyFile: undefined,
      watch: false,
      timezone: "UTC",
      gateLog: { format: "text", level: "info" },
      keys: [],
      auth: { url: undefined, scopes: [], issuers: [] },
      servers: new Map(),
      limits: {
        newSessions: { max: 200, window: 600 },
        bucketsPerPrincipal: 10_000,
        childrenPerPrincipal: 20,
        inFlightPerSession: 128,
        inFlightPerServer: 1_024,
        answerSeconds: 600,
        answerTotalSeconds: 3_600,
        judgedAnswerBytes: 4_194_304,
        maxBodyBytes: 1_114_112,
        maxDepth: 128,
      },
      log: {
        file: join(folder, ".regate/decisions.jsonl"),
        durable: false,
        onFailure: "continue",
        maskedKeys: [],
        keyFile: undefined,
        rotate: { maxBytes: 268_435_456, maxHours: undefined },
        keep: { files: undefined, days: undefined },
      },
      approvals: { url: undefined, webhook: undefined },
      metrics: { token: undefined },
      status: undefined,
      allowedOrigins: [],
      allowedHosts: [],
    });
  });

  test("keeps what it says, relative to its own folder", () => {
    const config = load(
      `
listen: "[::1]:0"
bundle: bundles/regate.tar.gz
state: var/state
watch: true
timezone: Europe/Berlin
keys: [{name: claude, sha256: ${HASH}, groups: [ci]}]
servers:
  everything: {command: npx, args: ["-y", "\${PACKAGE}"], env: {TOKEN: "\${TOKEN}"}, cwd: sub}
  sitewise:
    url: https://mcp.example.com/mcp?x=1
    headers: {Authorization: "Bearer \${TOKEN}"}
    catalogue: awslabs.aws-iot-sitewise-mcp-server
limits: {newSessions: {max: 5}, maxBodyBytes: 2048}
log: {file: log/d.jsonl, durable: true, maskedKeys: [iban], keyFile: keys/log, rotate: {maxBytes: 65536, maxHours: 24}, keep: {files: 9, days: 90}}
metrics: {token: "scrape-me-with-\${TOKEN}.en"}
approvals: {url: "https://Gate.example.com", webhook: {url: "https://hooks.example.com/\${PACKAGE}", secret: "\${SECRET}"}}
allowedOrigins: ["https://App.example.com"]
allowedHosts: [Gate.example.com]
`,
      { PACKAGE: "some-server", TOKEN: "t0k", SECRET: "s3cret-of-16-chars" },
    );
    expect(config).toMatchObject({
      listen: { host: "::1", port: 0 },
      bundle: { source: { kind: "file", file: join(folder, "bundles/regate.tar.gz") }, verify: undefined },
      state: join(folder, "var/state"),
      watch: true,
      timezone: "Europe/Berlin",
      keys: [{ name: "claude", sha256: HASH, groups: ["ci"] }],
      limits: { newSessions: { max: 5, window: 600 }, maxBodyBytes: 2048 },
      log: {
        file: join(folder, "log/d.jsonl"),
        durable: true,
        onFailure: "refuse",
        maskedKeys: ["iban"],
        keyFile: join(folder, "keys/log"),
        rotate: { maxBytes: 65_536, maxHours: 24 },
        keep: { files: 9, days: 90 },
      },
      approvals: {
        url: "https://gate.example.com",
        webhook: { url: "https://hooks.example.com/some-server", secret: "s3cret-of-16-chars" },
      },
      metrics: { token: "scrape-me-with-t0k.en" },
      allowedOrigins: ["https://app.example.com"],
      allowedHosts: ["gate.example.com"],
    });
    expect([...config.servers.values()]).toEqual([
      {
        kind: "stdio",
        key: "everything",
        catalogue: "everything",
        arguments: "checked",
        mode: "enforce",
        command: "npx",
        args: ["-y", "some-server"],
        env: { TOKEN: "t0k" },
        cwd: join(folder, "sub"),
      },
      {
        kind: "http",
        key: "sitewise",
        catalogue: "awslabs.aws-iot-sitewise-mcp-server",
        arguments: "checked",
        mode: "enforce",
        url: "https://mcp.example.com/mcp?x=1",
        headers: { Authorization: "Bearer t0k" },
      },
    ]);
  });

  test("takes arguments unchecked where a server's entry says so", () => {
    const config = load(
      "servers: {a: {command: x, arguments: loose}, b: {url: 'https://b.example', arguments: loose}}",
    );
    expect([...config.servers.values()].map((server) => server.arguments)).toEqual(["loose", "loose"]);
  });

  test("enforces the policy on a server, or only observes it where its entry says so", () => {
    const config = load("servers: {a: {command: x, mode: observe}, b: {url: 'https://b.example', mode: enforce}}");
    expect([...config.servers.values()].map((server) => server.mode)).toEqual(["observe", "enforce"]);
  });

  test("puts the log into the state folder that it names", () => {
    expect(load("state: /var/lib/regate").log.file).toBe("/var/lib/regate/decisions.jsonl");
  });

  test("refuses calls without a record where each must have one, unless it says otherwise", () => {
    const onFailure = (log: string): string => load(`log: ${log}`).log.onFailure;
    expect(onFailure("{durable: true}")).toBe("refuse");
    expect(onFailure("{durable: true, onFailure: continue}")).toBe("continue");
    expect(onFailure("{onFailure: refuse}")).toBe("refuse");
  });

  test("may share a mapping by an alias", () => {
    const config = load(`
servers:
  one: {url: "https://one.example.com", headers: &h {X-Team: a}}
  two: {url: "https://two.example.com", headers: *h}
`);
    expect(config.servers.get("two")).toMatchObject({ headers: { "X-Team": "a" } });
  });
});

describe("a configuration with faults", () => {
  test("is refused with all of them at once, each with its place and remedy", () => {
    const text = `listen: 0.0.0.0:8787
bundel: x
watch: "yes"
servers:
  everything: {command: npx, args: ["-y", 5], headers: {a: b}}
  Sitewise: {url: "http://mcp.example.com/mcp", headers: {Authorization: "Bearer \${SITEWISE_TOKEN}", Host: x}}
  both: {url: a, command: b}
  neither: {}
limits:
  maxDepth: 4
  newSession: {max: 1}
keys: []
`;
    expect(faultsOf(text)).toEqual([
      "regate.yaml:1:1 listen: would let anyone on the network call without a key; add one with regate keys add NAME, or listen on 127.0.0.1",
      "regate.yaml:2:1 bundel: is not known here; did you mean bundle?",
      "regate.yaml:3:1 watch: must be true or false",
      "regate.yaml:5:43 servers.everything.args[1]: must be text; put it in quotes",
      "regate.yaml:5:47 servers.everything.headers: is not known here; known are command, args, env, cwd, catalogue, arguments, mode",
      "regate.yaml:6:3 servers.Sitewise: must be 1 to 64 lower-case letters, digits, dashes or underscores: it stands in the URL; the name for policy goes into catalogue",
      "regate.yaml:6:59 servers.Sitewise.headers.Authorization: names the environment variable SITEWISE_TOKEN, which is not set; set it, or write $${ for a literal ${",
      "regate.yaml:6:102 servers.Sitewise.headers.Host: is a header that the gate writes itself; remove it",
      "regate.yaml:7:3 servers.both: has both command and url; keep the one that is meant",
      "regate.yaml:8:3 servers.neither: must have a command (a server to start) or a url (a server that runs elsewhere)",
      "regate.yaml:10:3 limits.maxDepth: must be a whole number from 8 to 512",
      "regate.yaml:11:3 limits.newSession: is not known here; did you mean newSessions?",
    ]);
  });

  test.each([
    ["listen: localhost", "listen: must be host:port, as in 127.0.0.1:8787 or [::1]:8787"],
    ["listen: 127.0.0.1:65536", "listen: must be host:port, as in 127.0.0.1:8787 or [::1]:8787"],
    ["listen: 8787", "listen: must be text"],
    ["listen:", "listen: must be text"],
    ["state: ''", "state: must be text"],
    ["timezone: Mars/Olympus", "timezone: is no time zone; use an IANA name, as in Europe/Berlin"],
    ["servers: [a]", "servers: must be a mapping of keys to servers"],
    ["servers: {a: 3}", "servers.a: must have a command (a server to start) or a url (a server that runs elsewhere)"],
    ["servers: {a: {comand: npx}}", "servers.a.comand: is not known here; did you mean command?"],
    ["servers: {a: {command: ''}}", "servers.a.command: must name a program"],
    ["servers: {a: {command: x, env: {PORT: 80}}}", "servers.a.env.PORT: must be text; put it in quotes"],
    ["servers: {a: {command: x, env: {'A=B': c}}}", "servers.a.env.A=B: is no name for a variable"],
    ["servers: {a: {command: x, arguments: strict}}", "servers.a.arguments: must be checked or loose"],
    ["servers: {a: {command: x, mode: observed}}", "servers.a.mode: must be enforce or observe"],
    ["servers: {a: {command: x, mode: true}}", "servers.a.mode: must be enforce or observe"],
    [
      "servers: {a: {command: x, catalogue: ' '}}",
      "servers.a.catalogue: must be a name of 1 to 200 printable characters",
    ],
    [
      "servers: {a: {url: mcp.example.com}}",
      "servers.a.url: is no URL; write it whole, as in https://mcp.example.com/mcp",
    ],
    ["servers: {a: {url: 'file:///etc/passwd'}}", "servers.a.url: must begin with https:// or http://"],
    [
      "servers: {a: {url: 'https://u:p@example.com'}}",
      "servers.a.url: must not hold credentials; put them into headers, from the environment",
    ],
    ["servers: {a: {url: 'https://example.com/#x'}}", "servers.a.url: must not have a fragment (#...)"],
    [
      "servers: {a: {url: 'http://example.com'}}",
      "servers.a.url: sends calls and credentials unencrypted; use https, or write allowPlainHttp: true where the network is trusted",
    ],
    [
      "servers: {a: {url: 'https://example.com', headers: {X: \"a\\nb\"}}}",
      "servers.a.headers.X: must be printable ASCII on one line",
    ],
    [
      "servers: {a: {url: 'https://example.com', headers: {'a b': c}}}",
      "servers.a.headers.a b: is no name for a header",
    ],
    [
      "servers: {a: {url: 'https://example.com', headers: {Mcp-Session-Id: c}}}",
      "servers.a.headers.Mcp-Session-Id: is a header that the gate writes itself; remove it",
    ],
    [
      `keys: [{name: local, sha256: ${HASH}}]`,
      "keys[0].name: must not be local: that is who calls a gate without keys",
    ],
    [
      `keys: [{name: a b, sha256: ${HASH}}]`,
      "keys[0].name: must be 1 to 64 letters, digits, dots, dashes or underscores",
    ],
    [
      "keys: [{name: a, sha256: rgk_x}]",
      "keys[0].sha256: must be the SHA-256 of the key in 64 lower-case hex digits; regate keys add NAME makes a key and writes it here",
    ],
    ["keys: [{name: a}]", "keys[0].sha256: is missing; it must be text"],
    [
      "approvals: {url: 'https://gate.example.com/console'}",
      "approvals.url: must be an origin without path, as in https://app.example.com",
    ],
    ["approvals: {hook: {}}", "approvals.hook: is not known here; known are url, webhook"],
    [
      "approvals: {webhook: {secret: 0123456789abcdef}}",
      "approvals.webhook.url: is missing; it must be text; put it in quotes",
    ],
    [
      "approvals: {webhook: {url: 'https://h.example.com'}}",
      "approvals.webhook.secret: is missing; it must be text; put it in quotes",
    ],
    [
      "approvals: {webhook: {url: 'https://h.example.com', secret: short}}",
      "approvals.webhook.secret: must be at least 16 characters; make one with openssl rand -hex 32, and keep it in the environment",
    ],
    [
      "approvals: {webhook: {url: 'https://h.example.com', secret: '${UNSET}'}}",
      "approvals.webhook.secret: names the environment variable UNSET, which is not set; set it, or write $${ for a literal ${",
    ],
    [
      "approvals: {webhook: {url: 'http://h.example.com', secret: 0123456789abcdef}}",
      "approvals.webhook.url: sends calls and credentials unencrypted; use https, or write allowPlainHttp: true where the network is trusted",
    ],
    [
      "metrics: {token: short}",
      "metrics.token: must be at least 20 letters, digits or -._~+/; make one with openssl rand -hex 32, and keep it in the environment",
    ],
    [
      "metrics: {token: 'not what a header can carry'}",
      "metrics.token: must be at least 20 letters, digits or -._~+/; make one with openssl rand -hex 32, and keep it in the environment",
    ],
    ["limits: {newSessions: {max: 0}}", "limits.newSessions.max: must be a whole number from 1 to 1000000"],
    ["limits: {maxBodyBytes: 1.5e3.2}", "limits.maxBodyBytes: must be a whole number from 1024 to 67108864"],
    ["log: {durable: 1}", "log.durable: must be true or false"],
    ["log: {onFailure: stop}", "log.onFailure: must be refuse or continue"],
    ["gateLog: {format: xml}", "gateLog.format: must be text or json"],
    ["gateLog: {level: debug}", "gateLog.level: must be info, warn or error"],
    ["log: {rotate: {maxBytes: 10}}", "log.rotate.maxBytes: must be a whole number from 65536 to 1099511627776"],
    ["log: {rotate: {maxHours: 0}}", "log.rotate.maxHours: must be a whole number from 1 to 87600"],
    ["log: {keep: {files: 0}}", "log.keep.files: must be a whole number from 1 to 999999"],
    ["log: {keep: {days: a}}", "log.keep.days: must be a whole number from 1 to 36500"],
    ["log: {keyFile: 7}", "log.keyFile: must be text"],
    [
      "allowedOrigins: ['https://app.example.com/path']",
      "allowedOrigins[0]: must be an origin without path, as in https://app.example.com",
    ],
    ["allowedOrigins: ['*']", "allowedOrigins[0]: must be an origin without path, as in https://app.example.com"],
    [
      "allowedHosts: ['gate.example.com:80']",
      "allowedHosts[0]: must be a host name or address without port, as in gate.example.com",
    ],
    ["- a", "(file): must be a mapping of names to values"],
    ["", "(file): must be a mapping of names to values"],
  ])("refuses %j with one sentence", (text, expected) => {
    expect(faultsOf(text).map((line) => line.replace(/^regate\.yaml:\d+:\d+ /, ""))).toEqual([expected]);
  });

  test("names a key that stands twice, by name and by hash", () => {
    const other = "b".repeat(64);
    expect(
      faultsOf(`keys:\n- {name: a, sha256: ${HASH}}\n- {name: a, sha256: ${other}}\n- {name: c, sha256: ${HASH}}`),
    ).toEqual([
      "regate.yaml:3:4 keys[1].name: stands here twice; one key is one agent",
      "regate.yaml:4:13 keys[2].sha256: stands here twice; one key is one agent",
    ]);
  });

  test("is refused for duplicate YAML keys and broken syntax, each with its place", () => {
    expect(faultsOf("listen: 127.0.0.1:1\nwatch: true\nwatch: false\nservers: [")).toEqual([
      "regate.yaml:3:1 (file): is not valid YAML: Map keys must be unique",
      expect.stringMatching(/^regate\.yaml:4:\d+ \(file\): is not valid YAML: /),
    ]);
  });

  test("is refused for a second document, an unknown tag and tabs", () => {
    expect(faultsOf("watch: true\n---\nwatch: false\n")).toHaveLength(1);
    expect(faultsOf("bundle: !secret x\n")).toEqual([expect.stringContaining("!secret")]);
    expect(faultsOf("servers:\n\ta: {command: x}\n")).not.toEqual([]);
  });

  test("is refused where aliases unfold to too much, circles included", () => {
    const bomb = ["a: &a [x,x,x,x,x,x,x,x,x]"];
    for (let level = 1; level < 9; level += 1) {
      const above = String.fromCharCode(96 + level);
      const name = String.fromCharCode(97 + level);
      bomb.push(`${name}: &${name} [${Array.from({ length: 9 }, () => `*${above}`).join(",")}]`);
    }
    expect(faultsOf(bomb.join("\n"))).toEqual([
      "regate.yaml: its aliases (*name) unfold to too much, or name no anchor; write the values out",
    ]);
    expect(faultsOf("servers: &s {a: *s}")).toEqual([expect.stringContaining("servers.a: must have a command")]);
    expect(faultsOf("servers: *nowhere")).toHaveLength(1);
  });

  test("reports faults behind an alias where the value stands", () => {
    const text = `servers:\n  one: &one {command: x, cwd: 5}\n  two: *one`;
    expect(faultsOf(text)).toEqual([
      "regate.yaml:2:26 servers.one.cwd: must be text; put it in quotes",
      "regate.yaml:2:26 servers.two.cwd: must be text; put it in quotes",
    ]);
  });

  test("never quotes a value, which may be a secret", () => {
    const text = `servers: {a: {url: "hunter2 \${B}"}, hunter3: {command: "hunter2 \${}", env: {A: "\${B}hunter2\\u0000"}}}`;
    const faults = faultsOf(text, { B: "hunter2" });
    expect(faults).toHaveLength(3);
    expect(faults.join("\n")).not.toContain("hunter2");
  });

  test("takes no inherited name for a field or a variable", () => {
    expect(faultsOf("constructor: 1\n__proto__: {watch: true}\ntoString: 2")).toHaveLength(3);
    expect(faultsOf('servers: {a: {command: "${constructor}"}}')).toEqual([
      expect.stringContaining("constructor, which is not set"),
    ]);
  });

  test("is refused where the file is missing, a folder, too long or not UTF-8", () => {
    expect(() => loadConfig("none.yaml", {}, folder)).toThrow(`none.yaml: no such file in ${folder}`);
    mkdirSync(join(folder, "dir.yaml"));
    expect(() => loadConfig("dir.yaml", {}, folder)).toThrow(/^dir\.yaml: can't be read \(EISDIR/);
    expect(() => load(`# ${"x".repeat(1_048_576)}`)).toThrow("is longer than 1048576 bytes");
    writeFileSync(join(folder, "latin.yaml"), Buffer.from([0x61, 0x3a, 0x20, 0xe4]));
    expect(() => loadConfig("latin.yaml", {}, folder)).toThrow("is not UTF-8");
  });
});

describe("another address than loopback", () => {
  test.each(["0.0.0.0:1", '"[::]:1"', "192.168.0.2:1", "gate.example.com:1", "127.0.0.1.example.com:1", "127.1:1"])(
    "%s is refused while there are no keys",
    (listen) => {
      expect(faultsOf(`listen: ${listen}`)).toEqual([expect.stringContaining("without a key")]);
      expect(faultsOf(`listen: ${listen}\nkeys: [{name: a, sha256: ${HASH}}]`)).toEqual([]);
    },
  );

  test.each(["127.0.0.1:1", "127.8.9.1:1", "localhost:1", "LOCALHOST:1", '"[::1]:1"'])("%s is loopback", (listen) => {
    expect(faultsOf(`listen: ${listen}`)).toEqual([]);
  });
});

describe("plain http", () => {
  test("is allowed to loopback, and elsewhere where the entry says so", () => {
    const config = load(`servers:
  near: {url: "http://[::1]:3000/mcp"}
  far: {url: "http://mcp.internal/mcp", allowPlainHttp: true}`);
    expect([...config.servers.keys()]).toEqual(["near", "far"]);
    expect(config.servers.get("far")).not.toHaveProperty("allowPlainHttp");
  });
});

describe("${NAME}", () => {
  test("is filled in once: what a value holds is not read again", () => {
    const config = load(`servers: {a: {command: x, args: ["$\${A}", "\${A}", "\${B}\${C}"]}}`, {
      A: "${B}",
      B: "b",
      C: "",
    });
    expect(config.servers.get("a")).toMatchObject({ args: ["${A}", "${B}", "b"] });
  });

  test.each(["${", "${A", "${A B}", "${A:-x}", "${env:A}", "${}"])("refuses %s", (text) => {
    expect(faultsOf(`servers: {a: {command: '${text}'}}`, { A: "a" })).toEqual([
      expect.stringContaining("does not begin a ${NAME}"),
    ]);
  });

  test("names each missing variable once", () => {
    expect(
      faultsOf(`servers: {a: {command: "\${A} \${A} \${B}"}}`).map((line) => /variable (\w+)/.exec(line)?.[1]),
    ).toEqual(["A", "B"]);
  });
});

describe("locateState", () => {
  test("finds the folder in a file that has other faults, and follows no link of the file", () => {
    writeFileSync(join(folder, "other.yaml"), 'state: s\nservers: {a: {command: "${NOT_SET}"}}\nbundel: x');
    mkdirSync(join(folder, "sub"));
    symlinkSync("../other.yaml", join(folder, "sub/regate.yaml"));
    expect(locateState("other.yaml", folder)).toBe(join(folder, "s"));
    expect(locateState("sub/regate.yaml", folder)).toBe(join(folder, "sub/s"));
  });

  test("refuses a state that is no text", () => {
    writeFileSync(join(folder, "other.yaml"), "watch: true\nstate: 5");
    expect(() => locateState("other.yaml", folder)).toThrow("other.yaml:2:1 state: must name a folder");
  });
});
