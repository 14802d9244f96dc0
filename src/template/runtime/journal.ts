/**
 * What a render changed in lists and mappings, so that it can be put back: the same customer's row is rendered several
 * times (URL, headers, body), and one render must not see what another did.
 */
export class Journal {
  readonly #before = new Map<object, readonly unknown[]>()

  record(container: object): void {
    if (this.#before.has(container)) return
    this.#before.set(container, Array.isArray(container) ? [...(container as unknown[])] : Object.entries(container))
  }

  undo(): void {
    for (const [container, before] of this.#before) {
      if (Array.isArray(container)) container.splice(0, container.length, ...before)
      else restore(container as Record<string, unknown>, before as readonly (readonly [string, unknown])[])
    }
    this.#before.clear()
  }
}

function restore(object: Record<string, unknown>, entries: readonly (readonly [string, unknown])[]): void {
  for (const key of Object.keys(object)) delete object[key]
  for (const [key, value] of entries) {
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true })
  }
}
