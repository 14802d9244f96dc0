import { Script } from 'node:vm'
import { CodeWriter, type Site } from './code-writer.ts'
import { generateBody, openFrame } from './generate-statement.ts'
import { findJsonPlaces, type JsonPlaces } from './json-place.ts'
import { FilterTables } from './known-name.ts'
import { tokenize } from './lexer.ts'
import type { Body } from './node.ts'
import { parseTemplate } from './parse-statement.ts'
import { FILTERS, TESTS, type RenderFunction } from './runtime/runtime.ts'
import { Frame, collectBody } from './scope.ts'
import type { TemplateMode } from './template-mode.ts'
import { invalidTemplate, type Source } from './template-problem.ts'
import { TokenCursor } from './token-cursor.ts'

/** A template read and checked; code is made from it twice at most, the second time to find out where it failed. */
export interface Parsed {
  readonly source: Source
  readonly body: Body
  readonly places: JsonPlaces
  readonly mode: TemplateMode
  readonly isLegacy: boolean
  readonly areBranchesChecked: boolean
}

const SOURCE_LIMIT = 1_000_000
const NO_PLACES: JsonPlaces = new Map()

/** @throws {TemplateError} HOOKCAST_TEMPLATE_INVALID, with the place. */
export function parse(
  source: Source,
  { isFragment, ...options }: Pick<Parsed, 'mode' | 'isLegacy' | 'areBranchesChecked'> & { isFragment: boolean },
): Parsed {
  const { mode } = options
  if (source.text.length > SOURCE_LIMIT) {
    throw invalidTemplate(source, 0, `expected a template of at most ${SOURCE_LIMIT} characters, got more`)
  }
  const body = parseTemplate(new TokenCursor(source, tokenize(source)))
  if (mode.dialect !== 'json' || !mode.isEscaping) return { source, body, places: NO_PLACES, ...options }
  const places = findJsonPlaces(body, isFragment)
  if ('message' in places) throw invalidTemplate(source, places.start, places.message)
  return { source, body, places, ...options }
}

const TABLES = new FilterTables({ filter: FILTERS, test: TESTS })

/** Makes JavaScript of a template. `sites` are the places that tracing code names by number. */
export function generate(parsed: Parsed, isTracing: boolean): { code: string; sites: readonly Site[] } {
  const { source, body, places, mode, isLegacy, areBranchesChecked } = parsed
  const writer = new CodeWriter(isTracing)
  const frame = new Frame(null, () => writer.newName('v'))
  collectBody(frame, body, isLegacy)
  const target = { variable: 'o', isOutput: true, side: null }
  const { isEscaping, areLiteralsSafe } = mode
  const settings = { mode, target, places, isLegacy, isEscaping, areLiteralsSafe, areBranchesChecked, branchOf: null }
  const scope = { writer, frame, source, tables: TABLES, ...settings }
  openFrame(scope, frame)
  writer.line('let o = "";')
  generateBody(scope, body)
  writer.line('return o;')
  return { code: writer.finish(), sites: writer.sites }
}

/**
 * Loads generated code. `vm.Script` and not `Function`: senders run with `--disallow-code-generation-from-strings`,
 * which leaves `vm` alone (spec `hostile-world` 2.1).
 */
export function load(code: string, runtime: Readonly<Record<string, unknown>>): RenderFunction {
  const script = new Script(code, { filename: 'template.js' })
  const factory = script.runInThisContext() as (runtime: Readonly<Record<string, unknown>>) => RenderFunction
  return factory(runtime)
}
