// What an agent's key may be called. Apart from the schema of the configuration, which takes longer to load than the list of
// keys to print.

export const KEY_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
/** The principal of an unauthenticated gate: no key may pass for it. */
export const RESERVED_KEY_NAME = "local";
