// A map that never holds more than so many.

/** Sets the value; where the map is full, what was set first makes room. */
export function remember<K, V>(map: Map<K, V>, key: K, value: V, max: number): void {
  const [oldest] = map.size >= max ? map.keys() : [];
  if (oldest !== undefined) map.delete(oldest);
  map.set(key, value);
}
