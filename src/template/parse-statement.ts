import type {
  Body,
  CallBlock,
  Expression,
  FilterExpression,
  For,
  If,
  Macro,
  Parameter,
  Statement,
  Target,
} from './node.ts'
import { tagHint } from './foreign-word.ts'
import { parseExpression, parseFilter, parseTuple } from './parse-expression.ts'
import { parseTarget } from './parse-target.ts'
import { hintFor, placeFromOffset } from './template-problem.ts'
import type { TokenCursor } from './token-cursor.ts'

type Parse = (cursor: TokenCursor, start: number) => Statement | readonly Statement[]

const REFUSED: Record<string, string> = {
  include: 'a template stands alone: write the text here',
  import: 'a template stands alone: define the macro here',
  from: 'a template stands alone: define the macro here',
  extends: 'a template stands alone',
  block: 'a template stands alone: leave the block tags out',
}

/** The tags there are, each with the reader of its rest. */
export const TAGS: Record<string, Parse> = {
  if: parseIf,
  for: parseFor,
  set: parseSet,
  macro: parseMacro,
  call: parseCallBlock,
  filter: parseFilterBlock,
  with: parseWith,
  autoescape: parseAutoescape,
  print: parsePrint,
  output: parseOutput,
  abort: parseAbort,
  skip: parseAbort,
}
const CLOSING_TAGS = [
  'elif',
  'else',
  'endif',
  'endfor',
  'endset',
  'endmacro',
  'endcall',
  'endfilter',
  'endwith',
  'endautoescape',
]

/** A whole template. */
export function parseTemplate(cursor: TokenCursor): Body {
  const body = parseBody(cursor, [])
  cursor.expect('eof')
  return body
}

/** Statements up to one of the closing tags (not consumed: the cursor stands on its name), or the end. */
function parseBody(cursor: TokenCursor, closing: readonly string[]): Body {
  const body: Statement[] = []
  for (;;) {
    const { kind, value: text, start, end } = cursor.current
    if (kind === 'data') {
      cursor.next()
      body.push({ kind: 'text', text, start, end })
    } else if (kind === 'variable_begin') {
      cursor.next()
      const value = parseTuple(cursor)
      cursor.expect('variable_end')
      body.push({ kind: 'print', value, start: value.start, end: value.end })
    } else if (kind === 'block_begin') {
      cursor.next()
      if (cursor.is('name') && closing.includes(cursor.current.value)) return body
      body.push(...[parseTag(cursor, closing)].flat())
      cursor.expect('block_end')
    } else {
      return body
    }
  }
}

function parseTag(cursor: TokenCursor, closing: readonly string[]): Statement | readonly Statement[] {
  const { value: name, start } = cursor.expect('name')
  const parse = Object.hasOwn(TAGS, name) ? TAGS[name] : undefined
  if (parse !== undefined) return cursor.nested(() => parse(cursor, start))
  if (Object.hasOwn(REFUSED, name)) {
    throw cursor.fail(`expected no \`${name}\` tag: ${REFUSED[name]!}`, start)
  }
  if (CLOSING_TAGS.includes(name)) {
    const expected = closing.length === 0 ? 'nothing to close' : closing.map((tag) => `\`${tag}\``).join(' or ')
    throw cursor.fail(`expected ${expected}, got \`${name}\``, start)
  }
  const hint = tagHint(name) || hintFor(name, [...closing, ...Object.keys(TAGS)])
  throw cursor.fail(`expected a known tag, got \`${name}\`${hint}`, start)
}

interface Opening {
  readonly tag: string
  readonly start: number
}

/** The rest of an opening tag, the body, and the name of the tag that closed it. */
function parseBlock(
  cursor: TokenCursor,
  { tag, start }: Opening,
  closing: readonly string[],
): { body: Body; closedBy: string } {
  cursor.skipOperator(':')
  cursor.expect('block_end')
  const body = parseBody(cursor, closing)
  if (cursor.is('name')) return { body, closedBy: cursor.next().value }
  const names = closing.map((name) => `\`{% ${name} %}\``)
  const listed = [names.slice(0, -1).join(', '), names.at(-1)].filter((part) => part !== '').join(' or ')
  const { line } = placeFromOffset(cursor.source, start)
  throw cursor.unexpected(`${listed} for the \`${tag}\` in line ${line}`)
}

function parseIf(cursor: TokenCursor, start: number): If {
  const opening = { tag: 'if', start }
  const branches: { test: Expression; body: Body }[] = []
  let otherwise: Body = []
  for (;;) {
    const test = parseTuple(cursor, false)
    const { body, closedBy } = parseBlock(cursor, opening, ['elif', 'else', 'endif'])
    branches.push({ test, body })
    if (closedBy === 'elif') continue
    if (closedBy === 'else') otherwise = parseBlock(cursor, opening, ['endif']).body
    return { kind: 'if', branches, otherwise, start, end: cursor.lastEnd }
  }
}

function parseFor(cursor: TokenCursor, start: number): For {
  const target = parseTarget(cursor, { isNamespaceAllowed: false })
  if (namesIn(target).includes('loop')) throw cursor.fail('expected a name other than `loop`, got `loop`', target.start)
  cursor.expect('name', 'in')
  const iterable = parseTuple(cursor, false)
  const test = cursor.skipName('if') ? parseExpression(cursor) : null
  const isRecursive = cursor.skipName('recursive')
  const opening = { tag: 'for', start }
  const { body, closedBy } = parseBlock(cursor, opening, ['else', 'endfor'])
  const otherwise = closedBy === 'else' ? parseBlock(cursor, opening, ['endfor']).body : []
  return { kind: 'for', target, iterable, test, isRecursive, body, otherwise, start, end: cursor.lastEnd }
}

function namesIn(target: Target): readonly string[] {
  return target.kind === 'tuple' ? target.items.flatMap(namesIn) : [target.name]
}

function parseSet(cursor: TokenCursor, start: number): Statement {
  const target = parseTarget(cursor, { isNamespaceAllowed: true })
  if (cursor.skipOperator('=')) {
    const value = parseTuple(cursor)
    return { kind: 'set', target, value, start, end: cursor.lastEnd }
  }
  let filter: FilterExpression | null = null
  while (cursor.skipOperator('|')) filter = parseFilter(cursor, filter)
  const { body } = parseBlock(cursor, { tag: 'set', start }, ['endset'])
  return { kind: 'set_block', target, filter, body, start, end: cursor.lastEnd }
}

function parseParameters(cursor: TokenCursor): Parameter[] {
  const parameters: Parameter[] = []
  cursor.expect('operator', '(')
  while (!cursor.isOperator(')')) {
    const { value: name, start } = cursor.expect('name')
    const fallback = cursor.skipOperator('=') ? parseExpression(cursor) : null
    if (fallback === null && parameters.at(-1)?.fallback) {
      throw cursor.fail(`expected \`${name}\` to have a default too, as the one before it has`, start)
    }
    if (parameters.some((parameter) => parameter.name === name)) {
      throw cursor.fail(`expected \`${name}\` once, got it twice`, start)
    }
    parameters.push({ name, fallback, start, end: cursor.lastEnd })
    if (!cursor.skipOperator(',')) break
  }
  cursor.expect('operator', ')')
  return parameters
}

function parseMacro(cursor: TokenCursor, start: number): Macro {
  const { value: name } = cursor.expect('name')
  const parameters = parseParameters(cursor)
  const caller = parameters.find((parameter) => parameter.name === 'caller')
  if (caller?.fallback === null) {
    throw cursor.fail('expected `caller` to have a default such as `caller=none`, or to be left out', caller.start)
  }
  const { body } = parseBlock(cursor, { tag: 'macro', start }, ['endmacro'])
  return { kind: 'macro', name, parameters, body, start, end: cursor.lastEnd }
}

function parseCallBlock(cursor: TokenCursor, start: number): CallBlock {
  const parameters = cursor.isOperator('(') ? parseParameters(cursor) : []
  const call = parseExpression(cursor)
  if (call.kind !== 'call') throw cursor.fail('expected a call such as `name()`, got another expression', call.start)
  const { body } = parseBlock(cursor, { tag: 'call', start }, ['endcall'])
  return { kind: 'call_block', call, parameters, body, start, end: cursor.lastEnd }
}

function parseFilterBlock(cursor: TokenCursor, start: number): Statement {
  let filter = parseFilter(cursor, null)
  while (cursor.skipOperator('|')) filter = parseFilter(cursor, filter)
  const { body } = parseBlock(cursor, { tag: 'filter', start }, ['endfilter'])
  return { kind: 'filter_block', filter, body, start, end: cursor.lastEnd }
}

function parseWith(cursor: TokenCursor, start: number): Statement {
  const bindings: { target: Target; value: Expression }[] = []
  while (!cursor.is('block_end')) {
    if (bindings.length > 0) cursor.expect('operator', ',')
    const target = parseTarget(cursor, { isNamespaceAllowed: false })
    cursor.expect('operator', '=')
    bindings.push({ target, value: parseExpression(cursor) })
  }
  const { body } = parseBlock(cursor, { tag: 'with', start }, ['endwith'])
  return { kind: 'with', bindings, body, start, end: cursor.lastEnd }
}

function parseAutoescape(cursor: TokenCursor, start: number): Statement {
  const isOn = parseExpression(cursor)
  const { body } = parseBlock(cursor, { tag: 'autoescape', start }, ['endautoescape'])
  return { kind: 'autoescape', isOn, body, start, end: cursor.lastEnd }
}

function parsePrint(cursor: TokenCursor): Statement[] {
  const prints: Statement[] = []
  while (!cursor.is('block_end')) {
    if (prints.length > 0) cursor.expect('operator', ',')
    const value = parseExpression(cursor)
    prints.push({ kind: 'print', value, start: value.start, end: value.end })
  }
  return prints
}

function parseOutput(cursor: TokenCursor, start: number): Statement {
  const list = parseExpression(cursor)
  cursor.expect('name', 'separated')
  cursor.expect('name', 'by')
  const separator = parseExpression(cursor)
  return { kind: 'output_list', list, separator, start, end: separator.end }
}

/** `{% abort %}`, `{% abort: "reason" %}`, `{% abort "reason" %}` and the same with `skip`. */
function parseAbort(cursor: TokenCursor, start: number): Statement {
  cursor.skipOperator(':')
  const reason = cursor.is('block_end') ? null : parseExpression(cursor)
  return { kind: 'abort', reason, start, end: cursor.lastEnd }
}
