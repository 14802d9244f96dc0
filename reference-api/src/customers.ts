/** What is known about a customer. */
export interface Customer {
  readonly phone: string | null
  readonly language: string
  readonly vip: boolean
}

/** The most that the stand-in keeps: the oldest goes. */
const KEPT = 100_000

/**
 * Stands in for your customer database: **replace it**. It forgets when the process ends, and each instance has its own.
 */
export class Customers {
  readonly #known = new Map<string, Customer>()

  find(id: string): Customer | null {
    return this.#known.get(id) ?? null
  }

  save(id: string, customer: Customer): void {
    this.#known.delete(id)
    this.#known.set(id, customer)
    const oldest = this.#known.keys().next().value
    if (this.#known.size > KEPT && oldest !== undefined) this.#known.delete(oldest)
  }

  /** Whether there was one. */
  remove(id: string): boolean {
    return this.#known.delete(id)
  }
}
