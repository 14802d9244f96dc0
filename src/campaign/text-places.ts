/** From this offset of a text on, up to the next such place, its characters stand side by side in the file. */
export interface TextPlace {
  readonly offset: number
  /** 1-based; columns count characters, not UTF-16 units. */
  readonly line: number
  readonly column: number
}

/** A text as it is written in a YAML file. */
export interface WrittenText {
  readonly source: string
  /** Offsets of the scalar in `source`, its quotes or the head of a block included. */
  readonly range: readonly [start: number, end: number]
  readonly style: 'plain' | 'single' | 'double' | 'block'
}

/**
 * Finds where each part of a text stands in the YAML that it was read from: behind quotes, escapes, folded lines and
 * the indentation of blocks.
 *
 * Shape: at least one place, in order; null when the two do not fit.
 * @see YAML 1.2.2 §5.7 (escapes), §6.5 (line folding), §8.1 (block scalars).
 * @example placesOf({ source: 'a: "x\\ty"', range: [3, 9], style: 'double' }, 'x\ty') // columns 5, 6 and 8
 */
export function placesOf(written: WrittenText, text: string): readonly TextPlace[] | null {
  const alignment = new Alignment(written, text)
  return alignment.run() ? alignment.places : null
}

/** The same for the part of a text that begins at an offset of it. */
export function placesFrom(places: readonly TextPlace[], text: string, from: number): readonly TextPlace[] {
  const first = { ...placeAt(places, text, from), offset: 0 }
  return [
    first,
    ...places.filter(({ offset }) => offset > from).map((place) => ({ ...place, offset: place.offset - from })),
  ]
}

/** Where a character of the text stands. */
export function placeAt(places: readonly TextPlace[], text: string, offset: number): { line: number; column: number } {
  const last = places.findLast((place) => place.offset <= offset)!
  return { line: last.line, column: last.column + Array.from(text.slice(last.offset, offset)).length }
}

const BREAK = /[ \t]*\r?\n\s*/y
const BLANKS = /\s*/y
const ESCAPED_BREAK = /\\\r?\n[ \t]*/y
const LONG_ESCAPES: Readonly<Record<string, number>> = { x: 4, u: 6, U: 10 }

class Alignment {
  readonly #written: WrittenText
  readonly #text: string
  readonly places: TextPlace[] = []
  #at: number
  #offset = 0

  constructor(written: WrittenText, text: string) {
    this.#written = written
    this.#text = text
    const { source, range, style } = written
    const [start] = range
    this.#at = style === 'block' ? source.indexOf('\n', start) + 1 : style === 'plain' ? start : start + 1
  }

  run(): boolean {
    this.#mark()
    if (this.#written.style === 'block')
      this.#skip(this.#matched(BLANKS, this.#at), this.#matched(BLANKS, 0, this.#text))
    while (this.#offset < this.#text.length) {
      if (!this.#take()) return false
    }
    return true
  }

  #matched(pattern: RegExp, at: number, text = this.#written.source): number {
    pattern.lastIndex = at
    return pattern.exec(text)?.[0].length ?? 0
  }

  #take(): boolean {
    const { source, range } = this.#written
    if (this.#at >= range[1]) return false
    const broken = this.#matched(BREAK, this.#at)
    if (broken > 0) return this.#skip(broken, this.#foldedLength(source.slice(this.#at, this.#at + broken)))
    const escape = this.#escapeLength()
    if (escape !== null) return this.#skip(...escape)
    if (source[this.#at] !== this.#text[this.#offset]) return false
    this.#at += 1
    this.#offset += 1
    return true
  }

  /** What is left in the text of a line's end and the indentation behind it. */
  #foldedLength(space: string): number {
    if (this.#written.style === 'block') return this.#matched(BLANKS, this.#offset, this.#text)
    return Math.max(1, space.split('\n').length - 2)
  }

  /** How long an escape is in the file and in the text. */
  #escapeLength(): [number, number] | null {
    const { source, style } = this.#written
    const [first, second = ''] = source.slice(this.#at, this.#at + 2)
    if (first === '$' && source.startsWith('$${', this.#at) && this.#text.startsWith('${', this.#offset)) return [2, 1]
    if (style === 'single' && first === "'") return [2, 1]
    if (style !== 'double' || first !== '\\') return null
    const broken = this.#matched(ESCAPED_BREAK, this.#at)
    if (broken > 0) return [broken, 0]
    return [LONG_ESCAPES[second] ?? 2, String.fromCodePoint(this.#text.codePointAt(this.#offset)!).length]
  }

  #skip(inFile: number, inText: number): true {
    this.#at += inFile
    this.#offset += inText
    this.#mark()
    return true
  }

  #mark(): void {
    const before = this.#written.source.slice(0, this.#at)
    const lineStart = before.lastIndexOf('\n') + 1
    const column = Array.from(before.slice(lineStart)).length + 1
    this.places.push({ offset: this.#offset, line: before.split('\n').length, column })
  }
}
