/** What a template may have outside JSON strings: brackets, commas, colons, blanks, literals. */
const STRUCTURE = /[{}[\],:\s]/
const LITERAL_PART = /[-+.\w]/
const LITERAL = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?)$/
const NUMBER_PART = /^\^?[-+.\deE~]*$/
/** Stands for a placeholder inside a literal: `1{{ cents }}`. */
const HOLE = '~'
/** Stands for what comes before a fragment: a number may have begun there. */
const BEFORE = '^'

/** A place in the template's text at which it stops being JSON. */
export interface ShapeProblem {
  readonly start: number
  readonly message: string
}

/** Where in JSON a template's text has got to: inside a string or not, and what literal has begun. */
export class JsonShape {
  isInString: boolean
  #isEscaped = false
  #literal: string
  #literalStart: number | null = null
  /** Shared with the copies: what is wrong on any way through the template. */
  readonly problems: ShapeProblem[]

  constructor(isInString: boolean, isFragment: boolean, problems: ShapeProblem[] = []) {
    this.isInString = isInString
    this.#literal = isFragment ? BEFORE : ''
    this.problems = problems
  }

  copy(): JsonShape {
    const copy = new JsonShape(this.isInString, false, this.problems)
    copy.assign(this)
    return copy
  }

  assign(other: JsonShape): void {
    this.isInString = other.isInString
    this.#isEscaped = other.#isEscaped
    this.#literal = other.#literal
    this.#literalStart = other.#literalStart
  }

  text(text: string, start: number): void {
    for (let at = 0; at < text.length; at += 1) {
      if (this.isInString) this.#inside(text[at]!)
      else this.#outside(text[at]!, start + at)
    }
  }

  #inside(character: string): void {
    if (this.#isEscaped) this.#isEscaped = false
    else if (character === '\\') this.#isEscaped = true
    else if (character === '"') this.isInString = false
  }

  #outside(character: string, offset: number): void {
    if (LITERAL_PART.test(character)) {
      this.#literalStart ??= offset
      this.#literal += character
      return
    }
    this.endLiteral()
    if (character === '"') this.isInString = true
    else if (!STRUCTURE.test(character)) {
      this.problem(offset, `expected JSON outside of quotes, got \`${character}\``)
    }
  }

  /** A literal without a placeholder must be whole; one with a placeholder can only be a number. */
  endLiteral(): void {
    const literal = this.#literal
    const start = this.#literalStart ?? 0
    this.#literal = ''
    this.#literalStart = null
    const isFine = literal === '' || LITERAL.test(literal) || (/[~^]/.test(literal) && NUMBER_PART.test(literal))
    if (isFine) return
    const shown = literal.replace(BEFORE, '').replaceAll(HOLE, '{{ … }}')
    this.problem(start, `expected JSON outside of quotes, got \`${shown}\``)
  }

  problem(start: number, message: string): void {
    this.problems.push({ start, message })
  }

  /** A placeholder, or anything else that prints what is not known yet. */
  hole(offset: number): void {
    if (this.#isEscaped) {
      this.problem(offset, 'expected no single `\\` before a tag inside a JSON string, got one')
    }
    if (this.isInString) return
    this.#literalStart ??= offset
    this.#literal += HOLE
  }

  /** Joins the ways through an `if` or a loop: all must agree on being inside a string. */
  merge(others: readonly JsonShape[], offset: number): void {
    for (const other of others) {
      if (other.isInString !== this.isInString || other.#isEscaped !== this.#isEscaped) {
        const message = 'expected every way through the tag to end on the same side of a `"`, got both sides'
        this.problem(offset, message)
      }
      if (other.#literal !== this.#literal) this.#literal = HOLE
    }
  }
}
