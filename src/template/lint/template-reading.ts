import { parse, type Parsed } from '../compile.ts'
import { normalizeSource } from '../lexer.ts'
import { modeFor } from '../template-mode.ts'
import { placeFromOffset } from '../template-problem.ts'
import type { CompileOptions } from '../template.ts'
import { readAttributes, type AttributeRead } from './attribute-read.ts'

/** A template that compiles, read for what it says. */
export interface TemplateReading {
  readonly parsed: Parsed
  readonly reads: readonly AttributeRead[]
  readonly options: CompileOptions
  readonly text: string
}

/** @throws {TemplateError} HOOKCAST_TEMPLATE_INVALID, when it does not compile. */
export function readTemplate(text: string, options: CompileOptions): TemplateReading {
  const { payload, jsonEscape = 'auto', name = 'template', line = 1, isFragment = false } = options
  const source = { text: normalizeSource(text), file: name, firstLine: line, places: options.places }
  const mode = modeFor(payload, jsonEscape)
  const parsed = parse(source, {
    mode,
    isFragment,
    isLegacy: options.isLegacyLoopScope ?? false,
    areBranchesChecked: false,
  })
  return { parsed, reads: readAttributes(parsed.body), options, text }
}

/** `file:line:column` of a place in a template. */
export function placeOf({ parsed: { source } }: TemplateReading, offset: number): string {
  const { line, column } = placeFromOffset(source, offset)
  return `${source.file}:${line}:${column}`
}
