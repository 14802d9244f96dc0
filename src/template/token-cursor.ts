import { signHint } from './foreign-word.ts'
import type { Token, TokenKind } from './lexer.ts'
import { invalidTemplate, type Source } from './template-problem.ts'

const NESTING_LIMIT = 100

const KIND_WORDS: Record<TokenKind, string> = {
  data: 'text',
  variable_begin: '`{{`',
  variable_end: '`}}`',
  block_begin: '`{%`',
  block_end: '`%}`',
  name: 'a name',
  string: 'a quoted text',
  integer: 'a number',
  float: 'a number',
  operator: 'a sign',
  eof: 'the end of the template',
}

/** Reads tokens one by one and knows how to say what stood in the way. */
export class TokenCursor {
  readonly source: Source
  readonly #tokens: readonly Token[]
  #index = 0
  #depth = 0

  constructor(source: Source, tokens: readonly Token[]) {
    this.source = source
    this.#tokens = tokens
  }

  get current(): Token {
    return this.#tokens[this.#index]!
  }

  /** The token after the current one, which is not the last. */
  get following(): Token {
    return this.#tokens[this.#index + 1]!
  }

  /** Where the token before the current one ended. */
  get lastEnd(): number {
    return this.#tokens[this.#index - 1]!.end
  }

  next(): Token {
    const token = this.current
    if (token.kind !== 'eof') this.#index += 1
    return token
  }

  is(kind: TokenKind, value?: string): boolean {
    return this.current.kind === kind && (value === undefined || this.current.value === value)
  }

  isOperator(value: string): boolean {
    return this.is('operator', value)
  }

  skipOperator(value: string): boolean {
    if (!this.isOperator(value)) return false
    this.next()
    return true
  }

  skipName(value: string): boolean {
    if (!this.is('name', value)) return false
    this.next()
    return true
  }

  expect(kind: TokenKind, value?: string): Token {
    if (!this.is(kind, value)) throw this.unexpected(value === undefined ? KIND_WORDS[kind] : `\`${value}\``)
    return this.next()
  }

  unexpected(expected: string): Error {
    const { kind, value } = this.current
    const isWord = kind === 'name' || kind === 'operator' || kind === 'integer' || kind === 'float'
    const hint = kind === 'operator' ? signHint(value) : ''
    return this.fail(`expected ${expected}, got ${isWord ? `\`${value}\`` : KIND_WORDS[kind]}${hint}`)
  }

  fail(sentence: string, offset: number = this.current.start): Error {
    return invalidTemplate(this.source, offset, sentence)
  }

  /** Nested brackets and tags are bounded, so that neither our stack nor the JavaScript compiler's can be exhausted. */
  nested<T>(parse: () => T): T {
    this.#depth += 1
    if (this.#depth > NESTING_LIMIT) throw this.fail(`expected at most ${NESTING_LIMIT} levels of nesting, got more`)
    const result = parse()
    this.#depth -= 1
    return result
  }
}
