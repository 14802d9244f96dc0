import { Script } from 'node:vm'
import type { PlainDifference } from '../../campaign/delivery.ts'
import { generate, load, type Parsed } from '../compile.ts'
import {
  createRuntime,
  HTML_DIALECT,
  Journal,
  JSON_DIALECT,
  RenderState,
  Zones,
  type Dialect,
  type RenderFunction,
} from '../runtime/runtime.ts'
import type { Site } from '../code-writer.ts'
import type { CompileOptions } from '../template.ts'
import { modeFor } from '../template-mode.ts'
import { placeFromOffset } from '../template-problem.ts'
import { readTemplate } from './template-reading.ts'

export interface PlainComparison {
  /** Compares one render; nothing where it fails, or takes longer than a render may. */
  compare(context: Record<string, unknown>, seed: string): readonly PlainDifference[]
}

const LIMIT_MS = 1000
const MAX_OUTPUT_BYTES = 8 * 1024 * 1024
const SHOWN_CHARACTERS = 60

interface Way {
  readonly parsed: Parsed
  readonly render: RenderFunction
  readonly sites: readonly Site[]
  readonly dialect: Dialect
  readonly timezone: string
}

interface Piece {
  readonly start: number
  readonly text: string
}

/** Renders a JSON template in two ways, as it is sent and as Jinja2 prints without autoescaping, and names where they part. */
export function createPlainComparison(text: string, options: CompileOptions): PlainComparison {
  if (options.payload !== 'json' || options.jsonEscape === 'off') return { compare: () => [] }
  const { parsed } = readTemplate(text, options)
  const mode = modeFor('json', 'off')
  const timezone = options.timezone ?? 'UTC'
  const ways = [
    wayOf(parsed, JSON_DIALECT, timezone),
    wayOf({ ...parsed, mode, places: new Map() }, HTML_DIALECT, timezone),
  ] as const
  return {
    compare(context, seed) {
      try {
        const [printed, plain] = withinTime(() => ways.map((way) => piecesOf(way, context, seed)))
        return differencesIn(parsed, printed!, plain!)
      } catch {
        // What fails is told where it is rendered for good.
        return []
      }
    },
  }
}

function wayOf(parsed: Parsed, dialect: Dialect, timezone: string): Way {
  const { code, sites } = generate(parsed, true)
  return { parsed, render: load(code, createRuntime(dialect)), sites, dialect, timezone }
}

function piecesOf(
  { parsed, render, sites, dialect, timezone }: Way,
  context: Record<string, unknown>,
  seed: string,
): Piece[] {
  const { isEscaping } = parsed.mode
  const journal = new Journal()
  const settings = { dialect, isEscaping, timezone, maxOutputBytes: MAX_OUTPUT_BYTES, zones: new Zones() }
  const state = new RenderState(settings, journal, seed)
  try {
    const text = render(state, context)
    return state.marks.flatMap(({ offset, site }, at) => {
      const { isText, start } = sites[site]!
      return isText ? [] : [{ start, text: text.slice(offset, state.marks[at + 1]?.offset ?? text.length) }]
    })
  } finally {
    journal.undo()
  }
}

/** The first difference of each placeholder; the two ways take the same branches, as long as they print the same places. */
function differencesIn({ source }: Parsed, printed: readonly Piece[], plain: readonly Piece[]): PlainDifference[] {
  const found = new Map<number, PlainDifference>()
  for (const [at, { start, text }] of printed.entries()) {
    const other = plain[at]
    if (other?.start !== start) break
    if (other.text === text || found.has(start)) continue
    const place = placeFromOffset(source, start)
    found.set(start, { file: source.file, ...place, printed: shown(text), plain: shown(other.text) })
  }
  return [...found.values()]
}

function shown(text: string): string {
  const characters = Array.from(text)
  return characters.length > SHOWN_CHARACTERS ? `${characters.slice(0, SHOWN_CHARACTERS).join('')}…` : text
}

const HANDLE = Symbol.for('hookcast.template.comparison')

/** The only way to end a template that never returns. */
function withinTime<T>(work: () => T): T {
  let result: T | undefined
  Object.defineProperty(globalThis, HANDLE, { value: () => (result = work()), configurable: true })
  try {
    new Script("void globalThis[Symbol.for('hookcast.template.comparison')]()").runInThisContext({ timeout: LIMIT_MS })
  } finally {
    Reflect.deleteProperty(globalThis, HANDLE)
  }
  return result as T
}
