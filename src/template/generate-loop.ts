import { generateCondition, generateExpression } from './generate-expression.ts'
import { append, checkLength } from './generate-print.ts'
import type { StatementScope } from './generate-statement.ts'
import type { Body, For, Target } from './node.ts'
import { Frame, collectBody, collectExpression, declareTarget, mentions } from './scope.ts'

/** Handed in by the statements, which stand above this file. */
export interface LoopParts {
  readonly body: (scope: StatementScope, body: Body) => void
  readonly assign: (scope: StatementScope, target: Target, code: string) => void
  readonly open: (scope: StatementScope, frame: Frame) => void
}

/** `{% for %}`: a plain JavaScript loop, with a `Loop` object only where the body asks for `loop`. */
export function generateLoop(scope: StatementScope, node: For, parts: LoopParts): void {
  const { writer } = scope
  const iterable = generateExpression(scope, node.iterable)
  if (!node.isRecursive) {
    writer.line('{')
    const items = writer.newName('l')
    writer.line(`const ${items} = ${iterable};`)
    generateRun(scope, { node, items, parts, depth: null })
    writer.line('}')
    return
  }
  const [run, items, depth, text] = [writer.newName('f'), writer.newName('l'), writer.newName('d'), writer.newName('o')]
  writer.line(`const ${run} = (${items}, ${depth}) => {`)
  writer.line(`let ${text} = "";`)
  const inner = { ...scope, target: { ...scope.target, variable: text, isOutput: false } }
  generateRun(inner, { node, items, parts, depth: { variable: depth, run } })
  writer.line(`return r.isEscaping ? ${writer.use('markup')}(${text}) : ${text};`)
  writer.line('};')
  append(scope, `${writer.use('textOf')}(${run}(${iterable}, 0))`, node)
}

interface Run {
  readonly node: For
  readonly items: string
  readonly parts: LoopParts
  /** Set in a recursive loop: how deep it is, and the function that goes deeper. */
  readonly depth: { readonly variable: string; readonly run: string } | null
}

function generateRun(scope: StatementScope, { node, items, parts, depth }: Run): void {
  const { writer, isLegacy } = scope
  const frame = new Frame(scope.frame, () => writer.newName('v'), isLegacy)
  const hasLoop = node.isRecursive || mentions(node.body, 'loop')
  if (hasLoop) frame.declareParameter('loop')
  declareTarget(frame, node.target)
  collectBody(frame, node.body, isLegacy)
  const source = node.test === null ? items : generateFilter(scope, { node, items, parts })
  const isRun = node.otherwise.length === 0 ? null : writer.newName('n')
  if (isRun !== null) writer.line(`let ${isRun} = false;`)
  const item = writer.newName('x')
  if (hasLoop) {
    const loop = frame.find('loop')!
    const options = depth === null ? '' : `, {depth0: ${depth.variable}, recurse: ${depth.run}}`
    const made = `new ${writer.use('Loop')}(${source}${options})`
    writer.line(`const ${loop} = ${writer.trace(made, node.iterable)};`)
    writer.line(`while (${writer.trace(`${loop}.advance()`, node.iterable)}) { const ${item} = ${loop}.current;`)
  } else {
    const made = writer.trace(`${writer.use('iterate')}(${source})`, node.iterable)
    writer.line(`for (const ${item} of ${made}) {`)
  }
  if (isRun !== null) writer.line(`${isRun} = true;`)
  const inner = { ...scope, frame }
  declareLoopTargets(inner, node.target)
  parts.open(inner, frame)
  parts.assign(inner, node.target, item)
  parts.body(inner, node.body)
  checkLength(scope)
  writer.line('}')
  if (isRun === null) return
  writer.line(`if (!${isRun}) {`)
  generateElse(scope, node.otherwise, parts)
  writer.line('}')
}

function declareLoopTargets(scope: StatementScope, target: Target): void {
  if (target.kind === 'tuple') for (const item of target.items) declareLoopTargets(scope, item)
  else scope.writer.line(`let ${scope.frame.find(target.name)!};`)
}

/** The items for which the `if` of a `for` holds; it sees the loop's variables and not `loop`. */
function generateFilter(scope: StatementScope, { node, items, parts }: Pick<Run, 'node' | 'items' | 'parts'>): string {
  const { writer } = scope
  const frame = new Frame(scope.frame, () => writer.newName('v'))
  declareTarget(frame, node.target)
  collectExpression(frame, node.test!)
  const inner = { ...scope, frame }
  const [filtered, item] = [writer.newName('l'), writer.newName('x')]
  writer.line(`const ${filtered} = ${writer.use('stream')}(${writer.use('filterItems')}(${items}, (${item}) => {`)
  declareLoopTargets(inner, node.target)
  parts.open(inner, frame)
  parts.assign(inner, node.target, item)
  writer.line(`return ${generateCondition(inner, node.test!)};`)
  writer.line('}));')
  return filtered
}

function generateElse(scope: StatementScope, body: Body, parts: LoopParts): void {
  const frame = new Frame(scope.frame, () => scope.writer.newName('v'), scope.isLegacy)
  collectBody(frame, body, scope.isLegacy)
  parts.open(scope, frame)
  parts.body({ ...scope, frame }, body)
}
