import type { CodeWriter, Site } from './code-writer.ts'
import { generateExpression, type ExpressionScope } from './generate-expression.ts'
import type { JsonPlace } from './json-place.ts'
import { childrenOf, type Expression, type Text } from './node.ts'
import type { TemplateMode } from './template-mode.ts'
import type { Span } from './template-problem.ts'

/** A text that is being put together: the output, or a macro's own. */
export interface Target {
  /** The JavaScript variable that holds it. */
  readonly variable: string
  /** The output itself: where a place in the rendered text is traced back to the template. */
  readonly isOutput: boolean
  /** The variable that says on which side of the quotes a macro was called; null outside of such a macro. */
  readonly side: string | null
}

export interface PrintScope extends ExpressionScope {
  readonly mode: TemplateMode
  readonly target: Target
}

const PRINTERS = { html: 'printHtml', xml: 'printXml', url: 'printUrl' } as const

/** The runtime function that turns a value into text where it stands. */
function printer({ writer, isEscaping, mode, target }: PrintScope, place: JsonPlace | null): string {
  const plain = writer.use('textOf')
  if (isEscaping === false) return plain
  const safe = safePrinter(writer, mode, { place, side: target.side })
  return isEscaping ? safe : `(r.isEscaping ? ${safe} : ${plain})`
}

function safePrinter(
  writer: CodeWriter,
  { dialect }: TemplateMode,
  { place, side }: { place: JsonPlace | null; side: string | null },
): string {
  if (dialect !== 'json') return writer.use(PRINTERS[dialect])
  const [inString, asValue] = [writer.use('printInString'), writer.use('printValue')]
  if (place === 'dynamic') return `(${side!} ? ${inString} : ${asValue})`
  return place === 'string' ? inString : asValue
}

export function append(scope: PrintScope, code: string, span: Span): void {
  appendMarked(scope, code, { ...span, isText: false })
}

/** The template's own text. */
export function appendText(scope: PrintScope, { text, start, end }: Text): void {
  appendMarked(scope, JSON.stringify(text), { start, end, isText: true })
}

function appendMarked({ writer, target }: PrintScope, code: string, site: Site): void {
  if (writer.isTracing && target.isOutput) {
    writer.line(`r.mark(${target.variable}.length, ${writer.site(site, site.isText)});`)
  }
  writer.line(`${target.variable} += ${code};`)
}

/** Appends a value as text; what may call a macro tells it first on which side of the quotes it stands. */
export function appendPrinted(
  scope: PrintScope,
  value: string,
  at: Span & { place: JsonPlace | null; mayCall: boolean },
): void {
  const { writer, target } = scope
  if (at.place !== null && at.mayCall) {
    writer.line(`r.isInString = ${at.place === 'dynamic' ? target.side! : String(at.place === 'string')};`)
  }
  append(scope, writer.trace(`${printer(scope, at.place)}(${value})`, at), at)
}

export function mayCall(node: Expression): boolean {
  return node.kind === 'call' || childrenOf(node).some(mayCall)
}

export function appendExpression(scope: PrintScope, node: Expression, place: JsonPlace | null): void {
  const isText = node.kind === 'literal' && node.literal.type === 'text'
  const isPlain = scope.isEscaping === false || (scope.isEscaping === true && scope.areLiteralsSafe)
  if (isText && isPlain && node.literal.type === 'text') {
    return append(scope, JSON.stringify(node.literal.value), node)
  }
  const at = { start: node.start, end: node.end, place, mayCall: mayCall(node) }
  appendPrinted(scope, generateExpression(scope, node), at)
}

/** Stops a loop or macro that prints without end. */
export function checkLength({ writer, target }: PrintScope): void {
  writer.line(`if (${target.variable}.length > r.maxOutputBytes) ${writer.use('tooLong')}(r);`)
}
