import type { CodeWriter } from './code-writer.ts'
import type { FilterTables } from './known-name.ts'
import { generateArguments, generateBound, type GenerateArgument } from './generate-arguments.ts'
import type { Expression, FilterExpression, Literal } from './node.ts'
import type { Frame } from './scope.ts'
import { invalidTemplate, type Source } from './template-problem.ts'

/** What an expression is generated in. */
export interface ExpressionScope {
  readonly writer: CodeWriter
  readonly frame: Frame
  readonly source: Source
  readonly tables: FilterTables
  /** Null when it is only known while rendering (`{% autoescape expression %}`). */
  readonly isEscaping: boolean | null
  readonly areLiteralsSafe: boolean
  readonly areBranchesChecked: boolean
  /** The frame of which this is a branch of an `if`: a frame inside it is none. */
  readonly branchOf: Frame | null
}

/** The same scope for what may never run. */
export function branchScope<Scope extends ExpressionScope>(scope: Scope): Scope {
  return scope.areBranchesChecked ? scope : { ...scope, branchOf: scope.frame }
}

/** Code that says that there is no such filter or test, where Jinja2 leaves it until it runs; else null. */
function generateUnknown(
  scope: ExpressionScope,
  kind: 'filter' | 'test',
  node: FilterExpression | Test,
): string | null {
  const { writer, tables } = scope
  if (scope.branchOf !== scope.frame || tables.isKnown(kind, node)) return null
  return writer.trace(`${writer.use('refuse')}(${JSON.stringify(tables.complaint(kind, node))})`, node)
}

type Test = Expression & { kind: 'test' }

/** The text of an expression on one line, for messages. */
function shownExpression({ source }: ExpressionScope, { start, end }: { start: number; end: number }): string {
  const text = source.text.slice(start, end).replace(/\s+/g, ' ')
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}

/** Code for an expression's value. */
export function generateExpression(scope: ExpressionScope, node: Expression): string {
  return generate(scope, node, false)
}

/** The same where only the value counts and not whether it is safe to print: keys, comparisons, tests. */
function generateData(scope: ExpressionScope, node: Expression): string {
  return generate(scope, node, true)
}

type Generate<Kind extends Expression['kind']> = (
  scope: ExpressionScope,
  node: Expression & { readonly kind: Kind },
  isData: boolean,
) => string

const GENERATE: { readonly [Kind in Expression['kind']]: Generate<Kind> } = {
  name: ({ frame }, { name }) => frame.find(name)!,
  literal: (scope, { literal }, isData) => generateLiteral(scope, literal, isData),
  tuple: (scope, { items }) => `${scope.writer.use('tuple')}([${generateList(scope, items)}])`,
  list: (scope, { items }) => `[${generateList(scope, items)}]`,
  dict: (scope, { pairs, ...span }) => {
    return scope.writer.trace(`${scope.writer.use('dict')}([${generatePairs(scope, pairs)}])`, span)
  },
  attribute: (scope, node) => scope.writer.trace(generateLookUp(scope, node), node),
  item: (scope, node) => scope.writer.trace(generateLookUp(scope, node), node),
  slice: (scope, node) => scope.writer.trace(generateSlice(scope, node), node),
  call: (scope, node) => scope.writer.trace(generateCall(scope, node), node),
  filter: (scope, node) => generateFilter(scope, node, null),
  test: generateTest,
  condition: generateChoice,
  and: generateEither,
  or: generateEither,
  not: generateCondition,
  compare: generateCompare,
  arithmetic: (scope, node) => scope.writer.trace(generateArithmetic(scope, node), node),
  concat: (scope, node) => scope.writer.trace(generateConcat(scope, node.parts), node),
  negative: (scope, node) => scope.writer.trace(generateSign(scope, node), node),
  positive: (scope, node) => scope.writer.trace(generateSign(scope, node), node),
}

function generate(scope: ExpressionScope, node: Expression, isData: boolean): string {
  return (GENERATE[node.kind] as Generate<Expression['kind']>)(scope, node, isData)
}

function generateLiteral(
  { writer, isEscaping, areLiteralsSafe }: ExpressionScope,
  literal: Literal,
  isData: boolean,
): string {
  switch (literal.type) {
    case 'text': {
      const text = JSON.stringify(literal.value)
      if (isData || !areLiteralsSafe || isEscaping === false) return text
      return writer.constant(`${writer.use('literal')}(${text})`)
    }
    case 'integer': {
      const isSafe = literal.value <= Number.MAX_SAFE_INTEGER
      return isSafe ? String(literal.value) : `${literal.value}n`
    }
    case 'float': {
      const { value } = literal
      const isWhole = Number.isInteger(value) || !Number.isFinite(value)
      return isWhole ? writer.constant(`${writer.use('float')}(${value})`) : String(value)
    }
    case 'boolean':
      return String(literal.value)
    case 'none':
      return 'null'
  }
}

function generateList(scope: ExpressionScope, items: readonly Expression[]): string {
  return items.map((item) => generateExpression(scope, item)).join(', ')
}

function generatePairs(scope: ExpressionScope, pairs: readonly (readonly [Expression, Expression])[]): string {
  return pairs.map(([key, value]) => `[${generateData(scope, key)}, ${generateExpression(scope, value)}]`).join(', ')
}

function generateLookUp(scope: ExpressionScope, node: Expression & { kind: 'attribute' | 'item' }): string {
  const { writer } = scope
  const object = generateExpression(scope, node.object)
  const missing = writer.missing(shownExpression(scope, node))
  if (node.kind === 'attribute') {
    rejectHidden(scope, node.name, node)
    return `${writer.use('getAttribute')}(${object}, ${JSON.stringify(node.name)}, ${missing})`
  }
  const { key } = node
  if (key.kind === 'literal' && key.literal.type === 'text') rejectHidden(scope, key.literal.value, key)
  return `${writer.use('getItem')}(${object}, ${generateData(scope, key)}, ${missing})`
}

function generateSlice(scope: ExpressionScope, node: Expression & { kind: 'slice' }): string {
  const ends = (['from', 'to', 'step'] as const).map((end) => {
    const part = node[end]
    return `${end}: ${part === null ? 'null' : generateData(scope, part)}`
  })
  return `${scope.writer.use('getSlice')}(${generateExpression(scope, node.object)}, {${ends.join(', ')}})`
}

const HIDDEN = /^__\w*__$|^__(?:define|lookup)[GS]etter__$/

/** Nothing is found under these names at run time either: they are refused early because they are never meant well. */
function rejectHidden({ source }: ExpressionScope, name: string, node: Expression): void {
  if (!HIDDEN.test(name)) return
  throw invalidTemplate(
    source,
    node.end - name.length,
    `expected the name of a value, got \`${name}\`, which is not there`,
  )
}

function generateCall(scope: ExpressionScope, node: Expression & { kind: 'call' }): string {
  const { writer } = scope
  const { callee } = node
  const args = generateArguments(node.arguments, argumentScope(scope))
  rejectHiddenCall(scope, callee)
  if (callee.kind !== 'attribute') {
    return `${writer.use('callValue')}(${generateExpression(scope, callee)}, ${args}, r)`
  }
  const missing = writer.missing(shownExpression(scope, callee))
  const object = generateExpression(scope, callee.object)
  return `${writer.use('callAttribute')}(${object}, [${JSON.stringify(callee.name)}, ${missing}, r], ${args})`
}

/** What is called under these names is never meant well, whatever it is called on. */
const HOST_METHOD = /^(?:constructor|prototype)$/
const HOST_FUNCTION = /^__(?:define|lookup)[GS]etter__$/

function rejectHiddenCall(scope: ExpressionScope, callee: Expression): void {
  if (callee.kind === 'name' && HOST_FUNCTION.test(callee.name)) rejectHidden(scope, callee.name, callee)
  const key = callee.kind === 'item' && callee.key.kind === 'literal' ? callee.key : null
  const text = key?.literal.type === 'text' ? key.literal.value : null
  const name = callee.kind === 'attribute' ? callee.name : text
  if (name === null) return
  if (callee.kind === 'attribute') rejectHidden(scope, name, callee)
  if (!HOST_METHOD.test(name)) return
  const sentence = `expected a method that texts, lists or mappings have, got \`${name}\``
  throw invalidTemplate(scope.source, key?.start ?? callee.end - name.length, sentence)
}

function argumentScope(scope: ExpressionScope): GenerateArgument {
  return { writer: scope.writer, generate: (node) => generateExpression(scope, node) }
}

/** `subject` is code for what goes in when the filter stands at the head of a block. */
export function generateFilter(scope: ExpressionScope, node: FilterExpression, subject: string | null): string {
  const { writer, tables, source } = scope
  const inner = node.subject
  const value =
    inner === null
      ? subject!
      : inner.kind === 'filter'
        ? generateFilter(scope, inner, subject)
        : generateExpression(scope, inner)
  const unknown = generateUnknown(scope, 'filter', node)
  if (unknown !== null) return unknown
  const signature = tables.filter(source, node)
  const bound = generateBound(node, signature, { ...argumentScope(scope), source })
  const filter = writer.constant(`${writer.use('filter')}(${JSON.stringify(node.name)})`)
  return writer.trace(`${filter}(${value}, ${bound}, r)`, node)
}

function generateTest(scope: ExpressionScope, node: Test): string {
  const { writer, tables, source } = scope
  const subject = generateExpression(scope, node.subject)
  if (node.arguments.positional.length === 0) {
    if (node.name === 'defined') return `!${writer.use('isUndefined')}(${subject})`
    if (node.name === 'undefined') return `${writer.use('isUndefined')}(${subject})`
    if (node.name === 'none') return `(${subject} === null)`
  }
  const unknown = generateUnknown(scope, 'test', node)
  if (unknown !== null) return unknown
  const signature = tables.test(source, node)
  const bound = generateBound(node, signature, { ...argumentScope(scope), source })
  const test = writer.constant(`${writer.use('test')}(${JSON.stringify(node.name)})`)
  return writer.trace(`${test}(${subject}, ${bound}, r)`, node)
}

/** Code for a JavaScript boolean. */
export function generateCondition(scope: ExpressionScope, node: Expression): string {
  const { writer } = scope
  if (node.kind === 'test' || node.kind === 'compare') return generateExpression(scope, node)
  if (node.kind === 'not') return `!${generateCondition(scope, node.operand)}`
  if (node.kind === 'and' || node.kind === 'or') {
    const sign = node.kind === 'and' ? '&&' : '||'
    return `(${generateCondition(scope, node.left)} ${sign} ${generateCondition(scope, node.right)})`
  }
  return `${writer.use('isTrue')}(${generateData(scope, node)})`
}

function generateChoice(outer: ExpressionScope, node: Expression & { kind: 'condition' }): string {
  const scope = branchScope(outer)
  const { test, value, otherwise } = node
  const missing = (): string => scope.writer.missing(shownExpression(scope, node))
  const last = otherwise === null ? missing() : generateExpression(scope, otherwise)
  return `(${generateCondition(scope, test)} ? ${generateExpression(scope, value)} : ${last})`
}

function generateEither(scope: ExpressionScope, { kind, left, right }: Expression & { kind: 'and' | 'or' }): string {
  const { writer } = scope
  const held = writer.temporary()
  const test = `${writer.use('isTrue')}(${held} = ${generateExpression(scope, left)})`
  const second = generateExpression(scope, right)
  return kind === 'and' ? `(${test} ? ${second} : ${held})` : `(${test} ? ${held} : ${second})`
}

const COMPARISONS = {
  '==': (a: string, b: string) => ['isEqual', `isEqual(${a}, ${b})`],
  '!=': (a: string, b: string) => ['isEqual', `!isEqual(${a}, ${b})`],
  '<': (a: string, b: string) => ['order', `(order(${a}, ${b}) < 0)`],
  '<=': (a: string, b: string) => ['order', `(order(${a}, ${b}) <= 0)`],
  '>': (a: string, b: string) => ['order', `(order(${a}, ${b}) > 0)`],
  '>=': (a: string, b: string) => ['order', `(order(${a}, ${b}) >= 0)`],
  in: (a: string, b: string) => ['isIn', `isIn(${a}, ${b})`],
  'not in': (a: string, b: string) => ['isIn', `!isIn(${a}, ${b})`],
} as const

/** `a < b < c` is `a < b and b < c`, with `b` evaluated once. */
function generateCompare(scope: ExpressionScope, { first, rest, ...span }: Expression & { kind: 'compare' }): string {
  const { writer } = scope
  let left = generateData(scope, first)
  const links = rest.map(({ operator, operand }, index) => {
    const right = generateData(scope, operand)
    const isLast = index === rest.length - 1
    const held = isLast || writer.isConstant(right) ? right : writer.temporary()
    const [name, code] = COMPARISONS[operator](left, held === right ? right : `(${held} = ${right})`)
    writer.use(name!)
    left = held
    return writer.trace(code!, span)
  })
  return links.length === 1 ? links[0]! : `(${links.join(' && ')})`
}

function generateConcat(scope: ExpressionScope, parts: readonly Expression[]): string {
  const { writer, isEscaping } = scope
  const values = `[${generateList(scope, parts)}]`
  if (isEscaping === false) return `${writer.use('concat')}(${values})`
  const safe = `${writer.use('concatSafe')}(${values}, r.dialect)`
  return isEscaping ? safe : `(r.isEscaping ? ${safe} : ${writer.use('concat')}(${values}))`
}

function generateSign(scope: ExpressionScope, node: Expression & { kind: 'negative' | 'positive' }): string {
  return `${scope.writer.use(node.kind)}(${generateExpression(scope, node.operand)})`
}

function generateArithmetic(scope: ExpressionScope, node: Expression & { kind: 'arithmetic' }): string {
  const { writer } = scope
  const [left, right] = [generateExpression(scope, node.left), generateExpression(scope, node.right)]
  if (node.operator === '+') return `${writer.use('add')}(${left}, ${right})`
  return `${writer.use('operate')}("${node.operator}", ${left}, ${right})`
}
