import { signHint } from './foreign-word.ts'
import { decodeStringLiteral } from './string-literal.ts'
import { invalidTemplate, type Source, type Span } from './template-problem.ts'

export type TokenKind =
  | 'data'
  | 'variable_begin'
  | 'variable_end'
  | 'block_begin'
  | 'block_end'
  | 'name'
  | 'string'
  | 'integer'
  | 'float'
  | 'operator'
  | 'eof'

export interface Token extends Span {
  readonly kind: TokenKind
  /** Text of the token; a string's is already decoded. */
  readonly value: string
}

const SPACE = /\s+/y
const FLOAT = /(?:\d+_)*\d+(?:(?:\.(?:\d+_)*\d+)?[eE][+-]?(?:\d+_)*\d+|\.(?:\d+_)*\d+)/y
const INTEGER = /0[bB](?:_?[01])+|0[oO](?:_?[0-7])+|0[xX](?:_?[\da-fA-F])+|[1-9](?:_?\d)*|0(?:_?0)*/y
const NAME = /[\p{L}\p{Nl}_][\p{L}\p{Nl}\p{Mn}\p{Mc}\p{Nd}\p{Pc}]*/uy
const STRING = /'[^'\\]*(?:\\[^][^'\\]*)*'|"[^"\\]*(?:\\[^][^"\\]*)*"/y
const OPERATOR = /\/\/|\*\*|[=!<>]=|[+\-/*%~[\](){}<>=.:|,;]/y
const RAW_BEGIN = /\{%[-+]?\s*raw\s*(?:-%\}\s*|%\})/y
const RAW_END = /\{%([-+]?)\s*endraw\s*(?:\+%\}|-%\}\s*|%\})/g
const BLOCK_END = /\+%\}|-%\}\s*|%\}/y
const VARIABLE_END = /-\}\}\s*|\}\}/y
const TAG = /\{[{%#]/g
const CLOSING: Record<string, string> = { '(': ')', '[': ']', '{': '}' }

/**
 * Cuts a template into tokens as Jinja2's lexer does with its default settings.
 *
 * Line breaks are made `\n` first and one at the very end is dropped (`keep_trailing_newline` is off),
 * so offsets count in the text that comes back, not in the one that went in.
 */
export function normalizeSource(text: string): string {
  return text.replace(/\r\n?/g, '\n').replace(/\n$/, '')
}

class Lexer {
  readonly #source: Source
  readonly #text: string
  readonly tokens: Token[] = []
  #position = 0

  constructor(source: Source) {
    this.#source = source
    this.#text = source.text
  }

  run(): void {
    while (this.#position < this.#text.length) {
      TAG.lastIndex = this.#position
      const tag = TAG.exec(this.#text)
      const until = tag?.index ?? this.#text.length
      const sign = tag === null ? '' : (this.#text[until + 2] ?? '')
      this.#data(until, sign === '-')
      if (tag !== null) this.#tag(tag[0], sign)
    }
    this.#push('eof', '', this.#position)
  }

  #push(kind: TokenKind, value: string, start: number): void {
    this.tokens.push({ kind, value, start, end: this.#position })
  }

  #data(until: number, isTrimmed: boolean): void {
    const start = this.#position
    let text = this.#text.slice(start, until)
    if (isTrimmed) text = text.trimEnd()
    this.#position = start + text.length
    if (text !== '') this.#push('data', text, start)
    this.#position = until
  }

  #tag(opening: string, sign: string): void {
    if (opening === '{#') return this.#comment()
    const raw = opening === '{%' ? this.#match(RAW_BEGIN) : null
    if (raw !== null) return this.#raw(raw)
    const start = this.#position
    const isSigned = sign === '-' || (sign === '+' && opening === '{%')
    this.#position += isSigned ? 3 : 2
    const isBlock = opening === '{%'
    this.#push(isBlock ? 'block_begin' : 'variable_begin', opening, start)
    this.#code(isBlock, start)
  }

  #comment(): void {
    const start = this.#position
    const end = this.#text.indexOf('#}', start + 2)
    if (end === -1) throw invalidTemplate(this.#source, start, 'expected the comment to be closed by `#}`, got the end')
    this.#position = end + 2
    if (this.#text[end - 1] === '-') this.#match(SPACE)
  }

  #raw(opening: string): void {
    const start = this.#position - opening.length
    RAW_END.lastIndex = this.#position
    const end = RAW_END.exec(this.#text)
    if (end === null) {
      throw invalidTemplate(this.#source, start, 'expected the raw text to be closed by `{% endraw %}`, got the end')
    }
    this.#data(end.index, end[1] === '-')
    this.#position = RAW_END.lastIndex
  }

  /** Everything up to the tag's end; inside brackets an end sign is not one: `{{ {'a': {}} }}`. */
  #code(isBlock: boolean, opening: number): void {
    const brackets: string[] = []
    const end = isBlock ? '%}' : '}}'
    while (this.#position < this.#text.length) {
      if (this.#match(SPACE) !== null) continue
      const start = this.#position
      if (brackets.length === 0 && this.#match(isBlock ? BLOCK_END : VARIABLE_END) !== null) {
        return this.#push(isBlock ? 'block_end' : 'variable_end', end, start)
      }
      this.#token(start, { brackets, end })
    }
    const sentence = `expected the tag to be closed by \`${brackets.at(-1) ?? end}\`, got the end of the template`
    throw invalidTemplate(this.#source, opening, sentence)
  }

  #token(start: number, { brackets, end }: { brackets: string[]; end: string }): void {
    const isAfterDot = this.#text[start - 1] === '.'
    const float = isAfterDot ? null : this.#match(FLOAT)
    if (float !== null) return this.#push('float', float.replaceAll('_', ''), start)
    const integer = this.#match(INTEGER)
    if (integer !== null) return this.#push('integer', integer.replaceAll('_', ''), start)
    const name = this.#match(NAME)
    if (name !== null) return this.#push('name', name, start)
    const string = this.#match(STRING)
    if (string !== null) return this.#push('string', decodeStringLiteral(string, this.#source, start), start)
    const operator = this.#match(OPERATOR)
    if (operator === null) throw this.#unexpected(start)
    if (operator === '}' && brackets.length === 0) {
      throw invalidTemplate(this.#source, start, `expected the tag to be closed by \`${end}\`, got \`}\``)
    }
    this.#balance(operator, brackets, start)
    this.#push('operator', operator, start)
  }

  #unexpected(start: number): Error {
    const character = String.fromCodePoint(this.#text.codePointAt(start)!)
    if (character === '"' || character === "'") {
      return invalidTemplate(this.#source, start, `expected the text to be closed by \`${character}\`, got the end`)
    }
    const sentence = `expected an expression, got \`${character}\`${signHint(character)}`
    return invalidTemplate(this.#source, start, sentence)
  }

  #balance(operator: string, brackets: string[], start: number): void {
    const closing = CLOSING[operator]
    if (closing !== undefined) {
      brackets.push(closing)
    } else if (operator === ')' || operator === ']' || operator === '}') {
      const expected = brackets.pop()
      if (expected === operator) return
      const what = expected === undefined ? 'no closing bracket here' : `\`${expected}\``
      throw invalidTemplate(this.#source, start, `expected ${what}, got \`${operator}\``)
    }
  }

  #match(pattern: RegExp): string | null {
    pattern.lastIndex = this.#position
    const found = pattern.exec(this.#text)
    if (found === null) return null
    this.#position = pattern.lastIndex
    return found[0]
  }
}

/** @throws {TemplateError} HOOKCAST_TEMPLATE_INVALID, when a tag, text or comment is not closed or a sign is unknown. */
export function tokenize(source: Source): readonly Token[] {
  const lexer = new Lexer(source)
  lexer.run()
  return lexer.tokens
}
