/** Writes an instant as the edges take it: ISO 8601 in UTC. */
export function instantOf(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString()
}
