// The one part of undici that the gate needs, by its file: the whole package (fetch, WebSocket, caches) takes a third of the
// time of a start to load.
declare module "undici/lib/dispatcher/pool.js" {
  export { Pool as default } from "undici";
}
