import type { TextPlace } from '../campaign/text-places.ts'
import { parse } from './compile.ts'
import { normalizeSource } from './lexer.ts'
import { Template, type CompiledTemplate } from './render-template.ts'
import { HTML_DIALECT, JSON_DIALECT, Markup, URL_DIALECT, XML_DIALECT, Zones } from './runtime/runtime.ts'
import { modeFor, type TemplatePayload } from './template-mode.ts'

export type { CompiledTemplate } from './render-template.ts'
export { faultyJsonPieces } from './json-piece.ts'
export type { TemplatePayload } from './template-mode.ts'
export {
  createPlainComparison,
  FactCounter,
  LINT_CODES,
  lintTemplate,
  placeOf,
  readTemplate,
  writtenPath,
  type AudienceFacts,
  type LintFinding,
  type PlainComparison,
  type TemplateReading,
} from './lint/lint.ts'
export { SuppressedByTemplate } from './runtime/runtime.ts'
export { createBlockRenderer, type BlockRenderer, type RenderJob, type RenderResult } from './block-renderer.ts'

export interface CompileOptions {
  /**
   * What the text is for: it decides how placeholders print. A `url` is a path and query, each printed value one
   * percent-encoded piece; a `header` one line of ASCII.
   */
  readonly payload: TemplatePayload
  /** `off`: JSON is escaped by hand. */
  readonly jsonEscape?: 'auto' | 'off'
  /** The file, for messages. */
  readonly name?: string
  /** 1-based line of the file on which the text begins. */
  readonly line?: number
  /** Where parts of the text stand in the file, which is then told instead of its own lines and columns. */
  readonly places?: readonly TextPlace[] | undefined
  /** A piece of JSON and not a whole: the customer template of a batch. */
  readonly isFragment?: boolean
  /** `set` inside a loop stays set after it, as before Jinja2 2.9. */
  readonly isLegacyLoopScope?: boolean
  /**
   * Whether an unknown filter or test is an error even in a branch that may never run. Default: yes, but not in `text`,
   * where it is one when it runs, as in Jinja2.
   */
  readonly areBranchesChecked?: boolean
  /** IANA name, for `from_timestamp`. */
  readonly timezone?: string
  readonly maxOutputBytes?: number
}

/** One MiB: more than any receiver wants in a request (spec `jinja`, Safety). */
const MAX_OUTPUT_BYTES = 1024 * 1024
const DIALECTS = { html: HTML_DIALECT, json: JSON_DIALECT, url: URL_DIALECT, xml: XML_DIALECT }

/**
 * Compiles a Jinja template, once for many renders.
 *
 * With `payload: 'json'` what `{{ }}` prints is made safe for where it stands: inside a JSON string as its content,
 * outside as a JSON value.
 *
 * @throws {TemplateError} HOOKCAST_TEMPLATE_INVALID, with line, column, and the line itself with a caret.
 * @example compileTemplate('{"name":"{{ n }}"}', { payload: 'json' }).render({ n: 'Zoë "Z"' }) // {"name":"Zoë \"Z\""}
 */
export function compileTemplate(text: string, options: CompileOptions): CompiledTemplate {
  const { payload, jsonEscape = 'auto', name = 'template', line = 1, isFragment = false } = options
  const { isLegacyLoopScope: isLegacy = false, timezone = 'UTC', maxOutputBytes = MAX_OUTPUT_BYTES } = options
  const { areBranchesChecked = payload !== 'text' } = options
  const mode = modeFor(payload, jsonEscape)
  const source = { text: normalizeSource(text), file: name, firstLine: line, places: options.places }
  const parsed = parse(source, { mode, isFragment, isLegacy, areBranchesChecked })
  const { isEscaping } = mode
  const dialect = mode.dialect === 'json' && !isEscaping ? HTML_DIALECT : DIALECTS[mode.dialect]
  const settings = { dialect, isEscaping, timezone, maxOutputBytes, zones: new Zones() }
  return new Template(parsed, settings, { mode, isFragment, maxOutputBytes })
}

/** What a template may print at most: a batch's root holds up to a thousand customers. */
export const MAX_ROOT_OUTPUT_BYTES = 8 * 1024 * 1024

/** Marks a text as already in the payload's format, so that printing and joining pass it through: `customers` of a batch. */
export function safeText(text: string, payload: TemplatePayload): object {
  return new Markup(text, DIALECTS[modeFor(payload, 'auto').dialect])
}
