import type { Expression, Literal } from './node.ts'
import type { ParseExpression } from './parse-arguments.ts'
import type { TokenCursor } from './token-cursor.ts'

const CONSTANTS: Record<string, Literal> = {
  true: { type: 'boolean', value: true },
  True: { type: 'boolean', value: true },
  false: { type: 'boolean', value: false },
  False: { type: 'boolean', value: false },
  none: { type: 'none' },
  None: { type: 'none' },
}

/** A name, a literal, or something in brackets. */
export function parsePrimary(cursor: TokenCursor, parse: ParseExpression): Expression {
  const { kind, value, start, end } = cursor.current
  if (kind === 'name') {
    cursor.next()
    const literal = Object.hasOwn(CONSTANTS, value) ? CONSTANTS[value] : undefined
    return literal === undefined ? { kind, name: value, start, end } : { kind: 'literal', literal, start, end }
  }
  if (kind === 'string') return parseText(cursor)
  if (kind === 'integer') return number(cursor, { type: 'integer', value: BigInt(value) })
  if (kind === 'float') return number(cursor, { type: 'float', value: Number(value) })
  if (cursor.isOperator('(')) return parseParentheses(cursor, parse)
  if (cursor.isOperator('[')) return parseList(cursor, parse)
  if (cursor.isOperator('{')) return parseDict(cursor, parse)
  throw cursor.unexpected('an expression')
}

function number(cursor: TokenCursor, literal: Literal): Expression {
  const { start, end } = cursor.next()
  return { kind: 'literal', literal, start, end }
}

/** Quoted texts side by side are one: `'a' 'b'` is `'ab'`. */
function parseText(cursor: TokenCursor): Expression {
  const { start } = cursor.current
  let value = ''
  while (cursor.is('string')) value += cursor.next().value
  return { kind: 'literal', literal: { type: 'text', value }, start, end: cursor.lastEnd }
}

function parseParentheses(cursor: TokenCursor, parse: ParseExpression): Expression {
  const { start } = cursor.next()
  if (cursor.skipOperator(')')) return { kind: 'tuple', items: [], start, end: cursor.lastEnd }
  const inner = readTuple(cursor, parse)
  cursor.expect('operator', ')')
  return { ...inner, start, end: cursor.lastEnd }
}

/** What `parse` reads, or a tuple of it. */
export function readTuple(cursor: TokenCursor, parse: ParseExpression): Expression {
  const { start } = cursor.current
  const first = parse(cursor)
  if (!cursor.isOperator(',')) return first
  const items = [first]
  while (cursor.skipOperator(',')) {
    if (isTupleEnd(cursor)) break
    items.push(parse(cursor))
  }
  return { kind: 'tuple', items, start, end: cursor.lastEnd }
}

function isTupleEnd(cursor: TokenCursor): boolean {
  return cursor.is('variable_end') || cursor.is('block_end') || cursor.isOperator(')') || cursor.is('name', 'recursive')
}

function parseList(cursor: TokenCursor, parse: ParseExpression): Expression {
  const { start } = cursor.next()
  const items: Expression[] = []
  while (!cursor.isOperator(']')) {
    items.push(parse(cursor))
    if (!cursor.skipOperator(',')) break
  }
  cursor.expect('operator', ']')
  return { kind: 'list', items, start, end: cursor.lastEnd }
}

function parseDict(cursor: TokenCursor, parse: ParseExpression): Expression {
  const { start } = cursor.next()
  const pairs: [Expression, Expression][] = []
  while (!cursor.isOperator('}')) {
    const key = parse(cursor)
    cursor.expect('operator', ':')
    pairs.push([key, parse(cursor)])
    if (!cursor.skipOperator(',')) break
  }
  cursor.expect('operator', '}')
  return { kind: 'dict', pairs, start, end: cursor.lastEnd }
}
