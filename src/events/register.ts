interface Registered {
  readonly key: number
  readonly id: string
  readonly uid: string | null
}

/** Things in memory, by key, by id and by uid; in the order of their making, whatever is changed about them. */
export class Register<T extends Registered> {
  readonly #byKey = new Map<number, T>()
  readonly #byId = new Map<string, T>()
  readonly #byUid = new Map<string, T>()

  put(entry: T): void {
    const before = this.#byKey.get(entry.key)
    if (before?.uid != null) this.#byUid.delete(before.uid)
    this.#byKey.set(entry.key, entry)
    this.#byId.set(entry.id, entry)
    if (entry.uid !== null) this.#byUid.set(entry.uid, entry)
  }

  remove(entry: T): void {
    this.#byKey.delete(entry.key)
    this.#byId.delete(entry.id)
    if (entry.uid !== null) this.#byUid.delete(entry.uid)
  }

  of(key: number): T | null {
    return this.#byKey.get(key) ?? null
  }

  /** By id, else by uid: an id is never given away as a uid. */
  find(ref: string): T | null {
    return this.#byId.get(ref) ?? this.#byUid.get(ref) ?? null
  }

  all(): readonly T[] {
    return [...this.#byKey.values()]
  }
}
