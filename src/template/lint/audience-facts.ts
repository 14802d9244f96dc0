/** What the rows of an audience have at a path such as `['address', 'city']`. */
export interface PathFacts {
  /** Rows that do not have it. */
  readonly missing: number
  /** Rows in which it is null. */
  readonly nulls: number
  readonly booleans: number
  /** Rows in which it is a text. */
  readonly texts: number
  /** All texts say true or false (also yes, no, 1, 0), and at least one says false: in a condition each of them counts as true. */
  readonly hasFalseWords: boolean
}

export interface AudienceFacts {
  /** Rows that were looked at: those for which a request would be made. */
  readonly rows: number
  readonly columns: readonly string[]
  of(path: readonly string[]): PathFacts
}

interface Counts {
  readonly path: readonly string[]
  missing: number
  nulls: number
  booleans: number
  texts: number
  falseWords: number
  otherTexts: number
}

const TRUE_WORDS = new Set(['true', 'yes', '1'])
const FALSE_WORDS = new Set(['false', 'no', '0'])
const LONGEST_WORD = 5
/** Keys of an audience without a header, at most: a matrix laid on its side is not kept. */
const MOST_COLUMNS = 2000

/** Counts what templates read, row by row, and keeps nothing of a row but the names of its columns. */
export class FactCounter implements AudienceFacts {
  readonly #counts = new Map<string, Counts>()
  readonly #columns = new Set<string>()
  rows = 0

  constructor(paths: readonly (readonly string[])[]) {
    for (const path of paths) {
      const zero = { missing: 0, nulls: 0, booleans: 0, texts: 0, falseWords: 0, otherTexts: 0 }
      this.#counts.set(path.join('\0'), { path, ...zero })
    }
  }

  get columns(): readonly string[] {
    return [...this.#columns]
  }

  see(row: Readonly<Record<string, unknown>>): void {
    this.rows++
    if (this.#columns.size < MOST_COLUMNS) for (const name in row) this.#columns.add(name)
    for (const counts of this.#counts.values()) count(counts, valueAt(row, counts.path))
  }

  of(path: readonly string[]): PathFacts {
    const counts = this.#counts.get(path.join('\0'))
    if (counts === undefined) throw new TypeError(`expected facts of a path that was counted, got ${path.join('.')}`)
    const { missing, nulls, booleans, texts, falseWords, otherTexts } = counts
    return { missing, nulls, booleans, texts, hasFalseWords: falseWords > 0 && otherTexts === 0 }
  }
}

/** Undefined where there is none; a text, list or number on the way has nothing inside. */
function valueAt(row: Readonly<Record<string, unknown>>, path: readonly string[]): unknown {
  let value: unknown = row
  for (const name of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
    value = (value as Record<string, unknown>)[name]
  }
  return value
}

function count(counts: Counts, value: unknown): void {
  if (value === undefined) counts.missing++
  else if (value === null) counts.nulls++
  else if (typeof value === 'boolean') counts.booleans++
  else if (typeof value === 'string') {
    counts.texts++
    const word = value.length > LONGEST_WORD + 2 ? value : value.trim().toLowerCase()
    if (FALSE_WORDS.has(word)) counts.falseWords++
    else if (!TRUE_WORDS.has(word)) counts.otherTexts++
  }
}
