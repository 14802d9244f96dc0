import type { Gathering } from './definition.ts'

interface Resources {
  readonly resources: readonly string[]
  readonly details?: readonly unknown[]
}

function resourcesOf(payload: Uint8Array): Resources {
  return JSON.parse(Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString('utf8')) as Resources
}

/** So much text at most, however few its resources: it is held in memory, and sent as one. */
const MOST_BYTES = 8 * 1024 ** 2

/** Makes one payload of many: the resources of all of them, in the order in which they came. */
export class ResourcePile {
  readonly #isExtended: boolean
  readonly #most: number
  readonly #resources: string[] = []
  readonly #details: unknown[] = []
  #bytes = 0
  #count = 0

  constructor({ most, mostExtended, isExtended }: Gathering) {
    this.#isExtended = isExtended
    this.#most = isExtended ? mostExtended : most
  }

  /** How many payloads are in it. */
  get count(): number {
    return this.#count
  }

  /**
   * Adds a payload that has passed {@link checkPayload}; false for one that it has no room for. The first always fits.
   */
  add(payload: Uint8Array): boolean {
    const part = resourcesOf(payload)
    const isTooMuch =
      this.#resources.length + part.resources.length > this.#most || this.#bytes + payload.length > MOST_BYTES
    if (this.#count > 0 && isTooMuch) return false
    this.#put(part, payload.length)
    return true
  }

  /** Adds one for which there was room once. */
  put(payload: Uint8Array): void {
    this.#put(resourcesOf(payload), payload.length)
  }

  #put({ resources, details = [] }: Resources, bytes: number): void {
    for (const resource of resources) this.#resources.push(resource)
    if (this.#isExtended) for (const detail of details) this.#details.push(detail)
    this.#bytes += bytes
    this.#count++
  }

  get resources(): readonly string[] {
    return this.#resources
  }

  /** Null when nobody asked for any. */
  get details(): readonly unknown[] | null {
    return this.#isExtended ? this.#details : null
  }

  /** As the envelope `crossriver` wants it. */
  payload(): Buffer {
    const details = this.#isExtended ? { details: this.#details } : {}
    return Buffer.from(JSON.stringify({ resources: this.#resources, ...details }))
  }
}
