// Stands before the suite's authorization server, whose tokens are no JWTs and so nothing that a gate can verify: hands everything on, under its
// own origin in both directions, and puts a signed token in the place of each that is issued. What the suite calls the resource is the gate here.
import { createServer } from "node:http";
import { exportJWK, generateKeyPair, SignJWT } from "jose";

const KEY_ID = "front";
const JWKS_PATH = "/front/jwks.json";

/**
 * @param {{ issuer: string, resource: string, onIssued(token: string): void }} suite its issuer, its MCP server as that names itself, and
 *   what becomes of a token of its own
 */
export async function startSigningFront({ issuer, resource, onIssued }) {
  const { publicKey, privateKey } = await generateKeyPair("ES256");
  const jwks = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: KEY_ID, alg: "ES256", use: "sig" }] });
  const behind = new URL(issuer).origin;
  let origin = "";
  let gate = "";
  const inward = (text) => swap(text, [origin, behind], [gate, resource]);
  const outward = (text) => swap(text, [behind, origin]);

  async function answer(request) {
    if (request.url === JWKS_PATH) return { status: 200, headers: { "content-type": "application/json" }, body: jwks };
    const body = await readAll(request);
    const { method, headers } = request;
    const { host: _host, "content-length": _length, connection: _connection, ...kept } = headers;
    const init = { method, headers: kept, redirect: "manual", ...(body !== "" && { body: inward(body) }) };
    const got = await fetch(`${behind}${inward(request.url)}`, init);
    const location = got.headers.get("location");
    const answered = {
      "content-type": got.headers.get("content-type") ?? "text/plain",
      ...(location !== null && { location: outward(location) }),
    };
    return { status: got.status, headers: answered, body: await sign(outward(await got.text()), body) };
  }

  /** @param asked the body of the request, of which `resource` says for whom the token is */
  async function sign(text, asked) {
    const issued = text.startsWith("{") ? JSON.parse(text) : {};
    if (issued.access_token === undefined) return text;
    onIssued(issued.access_token);
    const audience = new URLSearchParams(asked).get("resource") ?? gate;
    const claims = { ...(issued.scope !== undefined && { scope: issued.scope }) };
    const token = await new SignJWT(claims)
      .setProtectedHeader({ alg: "ES256", kid: KEY_ID, typ: "at+jwt" })
      .setIssuer(outward(issuer))
      .setSubject("conformance")
      .setAudience(audience)
      .setExpirationTime("1h")
      .sign(privateKey);
    return JSON.stringify({ ...issued, access_token: token });
  }

  const server = createServer((request, response) => {
    answer(request).then(
      ({ status, headers, body }) => response.writeHead(status, headers).end(body),
      (error) => response.writeHead(502).end(String(error)),
    );
  });
  await new Promise((listening) => server.listen(0, "localhost", listening));
  origin = `http://localhost:${server.address().port}`;
  return {
    issuer: outward(issuer),
    jwks: `${origin}${JWKS_PATH}`,
    /** @param {string} endpoint of the gate, before the suite's server */
    publish: (endpoint) => {
      gate = endpoint;
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Each pair's first by its second, also as it stands in a query or a form. */
function swap(text, ...pairs) {
  return pairs.reduce((swapped, [from, to]) => {
    if (from === "") return swapped;
    return swapped.replaceAll(from, to).replaceAll(encodeURIComponent(from), encodeURIComponent(to));
  }, text);
}

async function readAll(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}
