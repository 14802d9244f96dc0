import {
  type Alias,
  type Document,
  LineCounter,
  type Node,
  type Scalar,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  parseDocument,
} from 'yaml'
import type { Problem } from '../errors.ts'
import { type KeyPath, formatKey } from './key-path.ts'
import type { WrittenText } from './text-places.ts'

/** 1-based, as editors count. */
interface Place {
  readonly line: number
  readonly column: number
}

/** A YAML file as a plain value, with the place of every key in it. */
export interface YamlText {
  readonly file: string
  readonly value: unknown
  /** Where the key stands, or the nearest one above it that exists. */
  placeOf(path: KeyPath): Place
  /** The line on which the text of a value begins: that of a block scalar is the line below its `|`. */
  textLineOf(path: KeyPath): number
  /** The text of a value as it is written; null for anything else. */
  writtenAt(path: KeyPath): WrittenText | null
}

/** A campaign file is written by hand: the longest ever seen is a few KiB. */
const LONGEST_FILE_BYTES = 1_048_576
/** Aliases are counted as often as they are used, so that a few lines cannot grow into gigabytes. */
const MOST_VALUES = 50_000
const DEEPEST = 64

/**
 * Parses YAML 1.2 (core schema: `yes` and `off` are texts) without merge keys, tags of programs or a second document.
 *
 * Shape: either a text, or at least one problem. Messages never quote the file: it may hold a password.
 * @see YAML 1.2.2, chapter 10.3.
 */
export function readYaml(bytes: Uint8Array, file: string): { text: YamlText | null; problems: readonly Problem[] } {
  const fail = (message: string): { text: null; problems: Problem[] } => ({
    text: null,
    problems: [{ file, line: null, column: null, message }],
  })
  if (bytes.length > LONGEST_FILE_BYTES) return fail('expected the file to be at most 1 MiB, got more')
  const source = utf8TextFrom(bytes)
  if (source === null) return fail('expected the file to be UTF-8, got other bytes')
  const lines = new LineCounter()
  const document = parseDocument(source, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: false,
    stringKeys: true,
    merge: false,
    schema: 'core',
    resolveKnownTags: false,
    // With 'silent' the parser would not report a second document either (yaml 2.9.1, public-api.js).
    logLevel: 'error',
  })
  const syntax = syntaxProblems(document, { file, lines })
  if (syntax.length > 0) return { text: null, problems: syntax }
  const walk = new Walk({ file, source, lines })
  const value = walk.valueFrom(document.contents, [])
  if (walk.problems.length > 0) return { text: null, problems: walk.problems }
  return { text: { file, value, ...walk.places() }, problems: [] }
}

/** Decodes strictly, without a byte order mark; null when the bytes are no UTF-8. */
export function utf8TextFrom(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return null
  }
}

/** The parser's own sentences, without the parts that quote the file. */
const SYNTAX: Readonly<Record<string, string>> = {
  BAD_INDENT: 'wrong indentation, or a closing bracket is missing',
  BLOCK_AS_IMPLICIT_KEY: 'a second colon on the line: put the value in quotes',
  BLOCK_IN_FLOW: 'a block inside brackets',
  MISSING_CHAR: 'a closing quote, bracket, comma or colon is missing',
  MULTIPLE_DOCS: 'a second document in the file',
  MULTILINE_IMPLICIT_KEY: 'a key over several lines: a colon or a quote is missing',
  NON_STRING_KEY: 'a key that is a list or a mapping',
  RESOURCE_EXHAUSTION: 'nested too deeply',
  TAB_AS_INDENT: 'a tab in the indentation: use spaces',
  TAG_RESOLVE_FAILED: 'a tag (`!…`) that is not known',
}

function syntaxProblems(document: Document.Parsed, { file, lines }: { file: string; lines: LineCounter }): Problem[] {
  const errors = [...document.errors, ...document.warnings].toSorted((a, b) => a.pos[0] - b.pos[0])
  const deep = errors.find((error) => error.code === 'RESOURCE_EXHAUSTION')
  const seen = new Set<number>()
  const problems: Problem[] = []
  for (const error of deep === undefined ? errors : [deep]) {
    const { line, col } = lines.linePos(error.pos[0])
    // One slip makes several errors on its line: the first is the slip.
    if (seen.has(line)) continue
    seen.add(line)
    const what = SYNTAX[error.code] ?? 'something unexpected here: look for a missing quote or a wrong indentation'
    problems.push({ file, line, column: col, message: `not YAML: ${what}` })
  }
  return problems
}

function isExact(value: number): boolean {
  return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value))
}

const STYLES: Readonly<Record<string, WrittenText['style']>> = {
  PLAIN: 'plain',
  QUOTE_SINGLE: 'single',
  QUOTE_DOUBLE: 'double',
}

class Walk {
  readonly problems: Problem[] = []
  readonly #keys = new Map<string, Place>()
  readonly #texts = new Map<string, WrittenText>()
  readonly #anchors = new Map<string, Node>()
  readonly #file: string
  readonly #source: string
  readonly #lines: LineCounter
  #values = 0

  constructor({ file, source, lines }: { file: string; source: string; lines: LineCounter }) {
    this.#file = file
    this.#source = source
    this.#lines = lines
  }

  places(): Pick<YamlText, 'placeOf' | 'textLineOf' | 'writtenAt'> {
    const writtenAt = (path: KeyPath): WrittenText | null => this.#texts.get(formatKey(path)) ?? null
    return {
      placeOf: (path) => {
        for (let length = path.length; length > 0; length--) {
          const place = this.#keys.get(formatKey(path.slice(0, length)))
          if (place !== undefined) return place
        }
        return { line: 1, column: 1 }
      },
      textLineOf: (path) => {
        const written = writtenAt(path)
        if (written === null) return 1
        return this.#lines.linePos(written.range[0]).line + (written.style === 'block' ? 1 : 0)
      },
      writtenAt,
    }
  }

  valueFrom(node: Node | null, path: KeyPath): unknown {
    if (this.#isTooMuch(node, path)) return null
    if (isAlias(node)) return this.#aliasFrom(node, path)
    // An anchor holds from where it is written to where it is written again.
    if (node?.anchor !== undefined) this.#anchors.set(node.anchor, node)
    if (isMap(node)) return this.#mappingFrom(node.items, path)
    if (isSeq(node)) return node.items.map((item, index) => this.#itemFrom(item as Node, [...path, index]))
    return isScalar(node) ? this.#scalarFrom(node, path) : undefined
  }

  /** After the first complaint nothing more is read: the rest of a bomb would only repeat it. */
  #isTooMuch(node: Node | null, path: KeyPath): boolean {
    if (this.#values > MOST_VALUES) return true
    this.#values += 1
    if (this.#values > MOST_VALUES) {
      this.#report(node, `expected the file to hold at most ${MOST_VALUES} values, got more`)
    } else if (path.length > DEEPEST) {
      this.#report(node, `nested more than ${DEEPEST} levels: ${formatKey(path.slice(0, 3))}`)
      this.#values = MOST_VALUES + 1
    }
    return this.#values > MOST_VALUES
  }

  #aliasFrom(node: Alias, path: KeyPath): unknown {
    const target = this.#anchors.get(node.source)
    if (target === undefined) this.#report(node, 'not YAML: alias without an anchor')
    return this.valueFrom(target ?? null, path)
  }

  #itemFrom(node: Node, path: KeyPath): unknown {
    this.#keys.set(formatKey(path), this.#placeOf(node))
    return this.valueFrom(node, path)
  }

  #scalarFrom(node: Scalar, path: KeyPath): unknown {
    const [start, end] = node.range ?? [0, 0]
    const style = STYLES[node.type ?? 'PLAIN'] ?? 'block'
    this.#texts.set(formatKey(path), { source: this.#source, range: [start, end], style })
    if (typeof node.value === 'number' && !isExact(node.value)) {
      const what = Number.isNaN(node.value) ? 'no number' : 'number too long to be exact'
      this.#report(node, `${what}: ${formatKey(path)}, put it in quotes`)
    }
    return node.value
  }

  #mappingFrom(pairs: readonly { key: unknown; value: unknown }[], path: KeyPath): Record<string, unknown> {
    const object: Record<string, unknown> = {}
    for (const pair of pairs) {
      const key = pair.key as Node
      const name = String(isScalar(key) ? key.value : '')
      const step = [...path, name]
      const place = this.#placeOf(key)
      const first = this.#keys.get(formatKey(step))
      if (Object.hasOwn(object, name)) {
        this.#report(key, `duplicate key: ${formatKey(step)}, first on line ${first?.line ?? 1}`)
      } else if (name === '__proto__') {
        this.#report(key, 'key not allowed: __proto__')
      } else {
        this.#keys.set(formatKey(step), place)
        object[name] = this.valueFrom((pair.value as Node | null) ?? null, step) ?? null
      }
    }
    return object
  }

  #placeOf(node: Node | null): Place {
    const { line, col } = this.#lines.linePos(node?.range?.[0] ?? 0)
    return { line, column: col }
  }

  #report(node: Node | null, message: string): void {
    const { line, column } = this.#placeOf(node)
    this.problems.push({ file: this.#file, line, column, message })
  }
}
