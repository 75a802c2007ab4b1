import { describe, expect, test } from "vitest";
import { ownPath, serverUrl, toolUrl } from "../../src/console/urls.ts";

describe("the address of a tool", () => {
  test.each([
    ["a plain name", "read_file", "/console/catalogue/a.b/read_file"],
    ["slashes and quotes", 'a/b"?#%', "/console/catalogue/a.b/a%2Fb%22%3F%23%25"],
    ["dots, which a browser would resolve", "..", "/console/catalogue/a.b?tool=.."],
    ["one dot", ".", "/console/catalogue/a.b?tool=."],
    ["three dots", "...", "/console/catalogue/a.b/..."],
    ["nothing", "", "/console/catalogue/a.b?tool="],
    ["half a character", "a\ud800", "/console/catalogue/a.b/a%EF%BF%BD"],
  ])("is one segment for %s", (_, tool, url) => {
    expect(toolUrl({ server: "a.b", tool })).toBe(url);
  });

  test("holds the server's name as one segment too", () => {
    expect(serverUrl("@scope/name")).toBe("/console/catalogue/%40scope%2Fname");
  });
});

describe("where one goes after the sign-in", () => {
  test.each(["/console/", "/console/catalogue?q=a%20b&page=2", "/console/catalogue/a%2Fb/c"])("may be %s", (path) => {
    expect(ownPath(path)).toBe(path);
  });

  test.each([
    undefined,
    "",
    "/",
    "//evil.example/console/",
    "https://evil.example/console/",
    "/console",
    "/consolex/",
    "/console/\\evil.example",
    "/console/a\r\nset-cookie: x=y",
    "/console/ü",
    "javascript:alert(1)//console/",
  ])("is the first page instead of %j", (path) => {
    expect(ownPath(path)).toBe("/console/");
  });
});
