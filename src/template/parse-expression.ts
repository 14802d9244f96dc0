import type { Arithmetic, Comparison, Expression } from './node.ts'
import { NO_ARGUMENTS, parseArguments, parseDottedName } from './parse-arguments.ts'
import { parsePrimary, readTuple } from './parse-primary.ts'
import type { TokenCursor } from './token-cursor.ts'

const CHAIN_LIMIT = 300
const COMPARISONS = new Set(['==', '!=', '<', '<=', '>', '>='])

/** A whole expression, inline `if` included. */
export function parseExpression(cursor: TokenCursor): Expression {
  return cursor.nested(() => parseCondition(cursor))
}

/** One expression, or several with commas: `a, b` and `a,` are tuples. Inline `if` is left out where a tag has its own. */
export function parseTuple(cursor: TokenCursor, isConditional = true): Expression {
  return readTuple(cursor, isConditional ? parseExpression : parseUnconditional)
}

function parseCondition(cursor: TokenCursor): Expression {
  const { start } = cursor.current
  let node = parseOr(cursor)
  while (cursor.skipName('if')) {
    const test = parseOr(cursor)
    const otherwise = cursor.skipName('else') ? cursor.nested(() => parseCondition(cursor)) : null
    node = { kind: 'condition', test, value: node, otherwise, start, end: cursor.lastEnd }
  }
  return node
}

/** Left-to-right chains are counted: each link nests the tree one deeper. */
function parseChain(
  cursor: TokenCursor,
  parseOperand: (cursor: TokenCursor) => Expression,
  link: (left: Expression) => ((right: Expression) => Expression) | null,
): Expression {
  let node = parseOperand(cursor)
  for (let count = 0; ; count += 1) {
    const join = link(node)
    if (join === null) return node
    if (count === CHAIN_LIMIT) throw cursor.fail(`expected at most ${CHAIN_LIMIT} operators in a row, got more`)
    node = join(parseOperand(cursor))
  }
}

function parseOr(cursor: TokenCursor): Expression {
  return parseChain(cursor, parseAnd, (left) => {
    if (!cursor.skipName('or')) return null
    return (right) => ({ kind: 'or', left, right, start: left.start, end: right.end })
  })
}

/** Without inline `if`: what stands after `for … in` and after `if`. */
function parseUnconditional(cursor: TokenCursor): Expression {
  return cursor.nested(() => parseOr(cursor))
}

function parseAnd(cursor: TokenCursor): Expression {
  return parseChain(cursor, parseNot, (left) => {
    if (!cursor.skipName('and')) return null
    return (right) => ({ kind: 'and', left, right, start: left.start, end: right.end })
  })
}

function parseNot(cursor: TokenCursor): Expression {
  const { start } = cursor.current
  if (!cursor.skipName('not')) return parseCompare(cursor)
  const operand = cursor.nested(() => parseNot(cursor))
  return { kind: 'not', operand, start, end: operand.end }
}

function skipComparison(cursor: TokenCursor): Comparison | null {
  if (cursor.is('operator') && COMPARISONS.has(cursor.current.value)) return cursor.next().value as Comparison
  if (cursor.skipName('in')) return 'in'
  if (cursor.is('name', 'not') && cursor.following.kind === 'name' && cursor.following.value === 'in') {
    cursor.next()
    cursor.next()
    return 'not in'
  }
  return null
}

function parseCompare(cursor: TokenCursor): Expression {
  const first = parseSum(cursor)
  const rest: { operator: Comparison; operand: Expression }[] = []
  for (;;) {
    const operator = skipComparison(cursor)
    if (operator === null) break
    rest.push({ operator, operand: parseSum(cursor) })
  }
  if (rest.length === 0) return first
  return { kind: 'compare', first, rest, start: first.start, end: cursor.lastEnd }
}

function arithmetic(
  cursor: TokenCursor,
  operators: readonly Arithmetic[],
  parseOperand: (cursor: TokenCursor) => Expression,
): Expression {
  return parseChain(cursor, parseOperand, (left) => {
    const operator = operators.find((sign) => cursor.isOperator(sign))
    if (operator === undefined) return null
    cursor.next()
    return (right) => ({ kind: 'arithmetic', operator, left, right, start: left.start, end: right.end })
  })
}

function parseSum(cursor: TokenCursor): Expression {
  return arithmetic(cursor, ['+', '-'], parseConcat)
}

/** `~` binds tighter than `+`, as in Jinja2. */
function parseConcat(cursor: TokenCursor): Expression {
  const parts = [parseProduct(cursor)]
  while (cursor.skipOperator('~')) parts.push(parseProduct(cursor))
  if (parts.length === 1) return parts[0]!
  return { kind: 'concat', parts, start: parts[0]!.start, end: cursor.lastEnd }
}

function parseProduct(cursor: TokenCursor): Expression {
  return arithmetic(cursor, ['*', '/', '//', '%'], parsePower)
}

/** `**` is read left to right, as in Jinja2 (Python reads it right to left). */
function parsePower(cursor: TokenCursor): Expression {
  return arithmetic(cursor, ['**'], (inner) => parseUnary(inner, true))
}

/** A sign takes no filter along: `-1|abs` filters `-1`. */
function parseUnary(cursor: TokenCursor, isFiltered: boolean): Expression {
  const { start } = cursor.current
  let node: Expression
  if (cursor.isOperator('-') || cursor.isOperator('+')) {
    const kind = cursor.next().value === '-' ? 'negative' : 'positive'
    const operand = cursor.nested(() => parseUnary(cursor, false))
    node = { kind, operand, start, end: operand.end }
  } else {
    node = parsePrimary(cursor, parseExpression)
  }
  node = parsePostfix(cursor, node)
  return isFiltered ? parseFilters(cursor, node) : node
}

function parsePostfix(cursor: TokenCursor, subject: Expression): Expression {
  let node = subject
  for (let count = 0; ; count += 1) {
    if (count === CHAIN_LIMIT) throw cursor.fail(`expected at most ${CHAIN_LIMIT} look-ups in a row, got more`)
    if (cursor.isOperator('.')) node = parseAttribute(cursor, node)
    else if (cursor.isOperator('[')) node = parseSubscript(cursor, node)
    else if (cursor.isOperator('(')) node = parseCall(cursor, node)
    else return node
  }
}

function parseAttribute(cursor: TokenCursor, object: Expression): Expression {
  cursor.next()
  const { start } = object
  if (cursor.is('integer')) {
    const token = cursor.next()
    const literal = { type: 'integer', value: BigInt(token.value) } as const
    const key: Expression = { kind: 'literal', literal, start: token.start, end: token.end }
    return { kind: 'item', object, key, start, end: token.end }
  }
  const token = cursor.expect('name')
  return { kind: 'attribute', object, name: token.value, start, end: token.end }
}

function parseSubscript(cursor: TokenCursor, object: Expression): Expression {
  cursor.next()
  const { start } = object
  const isEnd = (): boolean => cursor.isOperator(':') || cursor.isOperator(']')
  const from = cursor.isOperator(':') ? null : parseExpression(cursor)
  if (from !== null && cursor.isOperator(',')) return parseTupleKey(cursor, object, from)
  if (from !== null && !cursor.isOperator(':')) {
    cursor.expect('operator', ']')
    return { kind: 'item', object, key: from, start, end: cursor.lastEnd }
  }
  cursor.next()
  const to = isEnd() ? null : parseExpression(cursor)
  const step = cursor.skipOperator(':') && !isEnd() ? parseExpression(cursor) : null
  cursor.expect('operator', ']')
  return { kind: 'slice', object, from, to, step, start, end: cursor.lastEnd }
}

function parseTupleKey(cursor: TokenCursor, object: Expression, first: Expression): Expression {
  const items = [first]
  while (cursor.skipOperator(',')) items.push(parseExpression(cursor))
  cursor.expect('operator', ']')
  const end = cursor.lastEnd
  return { kind: 'item', object, key: { kind: 'tuple', items, start: first.start, end }, start: object.start, end }
}

function parseCall(cursor: TokenCursor, callee: Expression): Expression & { kind: 'call' } {
  const list = parseArguments(cursor, parseExpression)
  return { kind: 'call', callee, arguments: list, start: callee.start, end: cursor.lastEnd }
}

function parseFilters(cursor: TokenCursor, subject: Expression): Expression {
  let node = subject
  for (let count = 0; ; count += 1) {
    if (count === CHAIN_LIMIT) throw cursor.fail(`expected at most ${CHAIN_LIMIT} filters in a row, got more`)
    if (cursor.skipOperator('|')) node = parseFilter(cursor, node)
    else if (cursor.skipName('is')) node = parseTest(cursor, node)
    else if (cursor.isOperator('(')) node = parseCall(cursor, node)
    else return node
  }
}

function parseOptionalArguments(cursor: TokenCursor): typeof NO_ARGUMENTS {
  return cursor.isOperator('(') ? parseArguments(cursor, parseExpression) : NO_ARGUMENTS
}

/** One filter; the cursor stands behind the `|`. */
export function parseFilter(cursor: TokenCursor, subject: Expression | null): Expression & { kind: 'filter' } {
  const named = parseDottedName(cursor)
  const list = parseOptionalArguments(cursor)
  return {
    kind: 'filter',
    subject,
    ...named,
    arguments: list,
    start: subject?.start ?? named.nameStart,
    end: cursor.lastEnd,
  }
}

function startsArgument(cursor: TokenCursor): boolean {
  if (cursor.is('name')) return !['else', 'or', 'and'].includes(cursor.current.value)
  if (cursor.is('string') || cursor.is('integer') || cursor.is('float')) return true
  return cursor.isOperator('[') || cursor.isOperator('{')
}

function parseTest(cursor: TokenCursor, subject: Expression): Expression {
  const isNegated = cursor.skipName('not')
  const named = parseDottedName(cursor)
  let list = parseOptionalArguments(cursor)
  if (list === NO_ARGUMENTS && startsArgument(cursor)) {
    if (cursor.is('name', 'is')) throw cursor.fail('expected one `is`, got a chain of them')
    list = { ...NO_ARGUMENTS, positional: [parsePostfix(cursor, parsePrimary(cursor, parseExpression))] }
  }
  const { start } = subject
  const node: Expression = { kind: 'test', subject, ...named, arguments: list, start, end: cursor.lastEnd }
  return isNegated ? { kind: 'not', operand: node, start, end: node.end } : node
}
