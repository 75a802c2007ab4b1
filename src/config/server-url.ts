// URLs of servers and of what stands beside them: whole, without secrets in them, and over TLS beyond this machine.
import { isLoopback } from "./listen.ts";

export type CheckedUrl =
  | { readonly kind: "fine"; readonly href: string }
  | { readonly kind: "faulty"; readonly problem: string };

/** The text is never quoted in a problem: it may hold a secret. */
export function checkUrl(text: string, allowPlainHttp: boolean): CheckedUrl {
  const faulty = (problem: string): CheckedUrl => ({ kind: "faulty", problem });
  if (!URL.canParse(text)) return faulty("is no URL; write it whole, as in https://mcp.example.com/mcp");
  const url = new URL(text);
  if (url.protocol !== "https:" && url.protocol !== "http:") return faulty("must begin with https:// or http://");
  if (url.username !== "" || url.password !== "")
    return faulty("must not hold credentials; put them into headers, from the environment");
  if (url.hash !== "") return faulty("must not have a fragment (#...)");
  const host = url.hostname.replace(/^\[|\]$/g, "");
  if (url.protocol === "http:" && !allowPlainHttp && !isLoopback(host)) {
    return faulty(
      "sends calls and credentials unencrypted; use https, or write allowPlainHttp: true where the network is trusted",
    );
  }
  return { kind: "fine", href: url.href };
}
