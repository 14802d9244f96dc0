import {
  append,
  appendExpression,
  appendPrinted,
  appendText,
  checkLength,
  mayCall,
  type PrintScope,
} from './generate-print.ts'
import { branchScope, generateCondition, generateExpression, generateFilter } from './generate-expression.ts'
import { generateLoop } from './generate-loop.ts'
import { generateMacroValue } from './generate-macro.ts'
import type { JsonPlaces } from './json-place.ts'
import type {
  Autoescape,
  Body,
  CallBlock,
  Expression,
  FilterBlock,
  If,
  OutputList,
  SetBlock,
  Statement,
  Target,
  With,
} from './node.ts'
import { Frame, collectBody, collectExpression, declareTarget } from './scope.ts'

/** What statements are generated in. */
export interface StatementScope extends PrintScope {
  readonly places: JsonPlaces
  readonly isLegacy: boolean
}

const PARTS = { body: generateBody, assign: generateAssign, open: openFrame }

type Generate<Kind extends Statement['kind']> = (
  scope: StatementScope,
  node: Statement & { readonly kind: Kind },
) => void

const GENERATE: { readonly [Kind in Statement['kind']]: Generate<Kind> } = {
  text: appendText,
  print: (scope, node) => appendExpression(scope, node.value, scope.places.get(node) ?? null),
  if: generateIf,
  for: (scope, node) => generateLoop(scope, node, PARTS),
  set: (scope, { target, value }) => generateAssign(scope, target, generateExpression(scope, value)),
  set_block: generateSetBlock,
  macro: (scope, { name, parameters, body }) => {
    const shape = { name, parameters, body, isDynamic: isDynamic(scope.places, body) }
    scope.writer.line(`${scope.frame.find(name)!} = ${generateMacroValue(scope, shape, PARTS)};`)
  },
  call_block: generateCallBlock,
  filter_block: generateFilterBlock,
  with: generateWith,
  autoescape: generateAutoescape,
  output_list: generateOutputList,
  abort: (scope, { reason }) => {
    const code = reason === null ? 'null' : generateExpression(scope, reason)
    scope.writer.line(`${scope.writer.use('suppress')}(${code});`)
  },
}

/** Generates a body in the frame that it was collected into. */
export function generateBody(scope: StatementScope, body: Body): void {
  for (const node of body) (GENERATE[node.kind] as Generate<Statement['kind']>)(scope, node)
}

/** Declares the variables of a frame that has been collected. */
export function openFrame({ writer }: StatementScope, frame: Frame): void {
  for (const [variable, origin] of frame.origins) {
    switch (origin.kind) {
      case 'parameter':
        break
      case 'context':
        writer.line(`let ${variable} = ${writer.contextVariable(origin.name)};`)
        break
      case 'outer':
        writer.line(`let ${variable} = ${origin.variable};`)
        break
      case 'nothing':
        writer.line(`let ${variable} = ${writer.missing(origin.name)};`)
    }
  }
}

function newFrame(scope: StatementScope, isTransparent = false): Frame {
  return new Frame(scope.frame, () => scope.writer.newName('v'), isTransparent)
}

/** Generates a body in a frame of its own. */
function generateFramed(scope: StatementScope, body: Body): void {
  const frame = newFrame(scope)
  collectBody(frame, body, scope.isLegacy)
  openFrame(scope, frame)
  generateBody({ ...scope, frame }, body)
}

function generateAssign(scope: StatementScope, target: Target, code: string): void {
  const { writer, frame } = scope
  if (target.kind === 'name') return writer.line(`${frame.find(target.name)!} = ${code};`)
  if (target.kind === 'namespace') {
    const set = `${writer.use('setAttribute')}(${frame.find(target.name)!}, ${JSON.stringify(target.attribute)}, ${code})`
    return writer.line(`${writer.trace(set, target)};`)
  }
  const items = writer.newName('i')
  writer.line(`const ${items} = ${writer.trace(`${writer.use('unpack')}(${code}, ${target.items.length})`, target)};`)
  target.items.forEach((item, index) => generateAssign(scope, item, `${items}[${index}]`))
}

function generateIf(outer: StatementScope, { branches, otherwise }: If): void {
  const scope = branchScope(outer)
  const { writer } = scope
  for (const { test, body } of branches) {
    writer.line(`if (${generateCondition(scope, test)}) {`)
    generateBody(scope, body)
    writer.line('} else {')
  }
  generateBody(scope, otherwise)
  writer.line('}'.repeat(branches.length))
}

/** Generates a body into a text of its own, and hands over the variable that holds it. */
function generateBuffer(scope: StatementScope, body: Body): string {
  const { writer } = scope
  const variable = writer.newName('o')
  writer.line(`let ${variable} = "";`)
  writer.line('{')
  generateFramed({ ...scope, target: { ...scope.target, variable, isOutput: false } }, body)
  writer.line('}')
  return variable
}

/** Text that the template put together is safe text where text is escaped. */
function bufferValue({ writer, isEscaping }: StatementScope, variable: string): string {
  if (isEscaping === false) return variable
  const safe = `${writer.use('markup')}(${variable})`
  return isEscaping ? safe : `(r.isEscaping ? ${safe} : ${variable})`
}

function generateSetBlock(scope: StatementScope, { target, filter, body }: SetBlock): void {
  const value = bufferValue(scope, generateBuffer(scope, body))
  if (filter === null) return generateAssign(scope, target, value)
  const filtered = generateBlockFilter(scope, filter, value)
  // Jinja2 makes safe text of whatever the filter gave; JSON keeps it as data.
  const isText = scope.mode.dialect === 'html' && scope.isEscaping !== false
  if (!isText) return generateAssign(scope, target, filtered)
  const variable = scope.writer.newName('o')
  scope.writer.line(`const ${variable} = ${filtered};`)
  const safe = `${scope.writer.use('markup')}(${scope.writer.use('textOf')}(${variable}))`
  generateAssign(scope, target, scope.isEscaping ? safe : `(r.isEscaping ? ${safe} : ${variable})`)
}

/** The filter's own names belong to the block: they are read in a frame around it. */
function generateBlockFilter(scope: StatementScope, filter: Expression & { kind: 'filter' }, value: string): string {
  const frame = newFrame(scope)
  collectExpression(frame, filter)
  openFrame(scope, frame)
  return generateFilter({ ...scope, frame }, filter, value)
}

function generateFilterBlock(scope: StatementScope, node: FilterBlock): void {
  const { writer, places, mode } = scope
  writer.line('{')
  const value = generateBlockFilter(scope, node.filter, bufferValue(scope, generateBuffer(scope, node.body)))
  const at = { start: node.start, end: node.filter.end, place: places.get(node) ?? null, mayCall: false }
  if (mode.dialect === 'html') append(scope, writer.trace(`${writer.use('textOf')}(${value})`, at), at)
  else appendPrinted(scope, value, at)
  writer.line('}')
}

/** Whether something in a macro's body is printed on the side of the quotes on which the macro is called. */
function isDynamic(places: JsonPlaces, body: Body): boolean {
  return body.some((node) => places.get(node) === 'dynamic' || bodiesIn(node).some((inner) => isDynamic(places, inner)))
}

function bodiesIn(node: Statement): readonly Body[] {
  if (node.kind === 'if') return [...node.branches.map(({ body }) => body), node.otherwise]
  if (node.kind === 'for') return [node.body, node.otherwise]
  return node.kind === 'with' || node.kind === 'autoescape' ? [node.body] : []
}

/** `{% call(a) f(b) %}…{% endcall %}`: the body is a macro that `f` knows as `caller`. */
function generateCallBlock(scope: StatementScope, node: CallBlock): void {
  const { writer, places, mode } = scope
  const { call, parameters, body } = node
  const caller = writer.newName('m')
  const shape = { name: null, parameters, body, isDynamic: isDynamic(scope.places, body) }
  writer.line(`const ${caller} = ${generateMacroValue(scope, shape, PARTS)};`)
  const frame = newFrame(scope)
  frame.declareParameter('caller')
  writer.line(`const ${frame.find('caller')!} = ${caller};`)
  const name: Expression = { kind: 'name', name: 'caller', start: call.start, end: call.end }
  const list = { ...call.arguments, keywords: [...call.arguments.keywords, { name: 'caller', value: name }] }
  const value = generateExpression({ ...scope, frame }, { ...call, arguments: list })
  const at = { start: call.start, end: call.end, place: places.get(node) ?? null, mayCall: true }
  if (mode.dialect === 'html') append(scope, writer.trace(`${writer.use('textOf')}(${value})`, at), at)
  else appendPrinted(scope, value, at)
}

function generateWith(scope: StatementScope, { bindings, body }: With): void {
  const { writer } = scope
  const frame = newFrame(scope)
  writer.line('{')
  const values = bindings.map(({ value }) => {
    const held = writer.newName('w')
    writer.line(`const ${held} = ${generateExpression(scope, value)};`)
    return held
  })
  for (const { target } of bindings) declareTarget(frame, target)
  collectBody(frame, body, scope.isLegacy)
  for (const [variable, origin] of frame.origins) if (origin.kind === 'parameter') writer.line(`let ${variable};`)
  openFrame(scope, frame)
  const inner = { ...scope, frame }
  bindings.forEach(({ target }, index) => generateAssign(inner, target, values[index]!))
  generateBody(inner, body)
  writer.line('}')
}

function generateAutoescape(scope: StatementScope, { isOn, body }: Autoescape): void {
  const { writer } = scope
  const before = writer.newName('e')
  const flag = isOn.kind === 'literal' && isOn.literal.type === 'boolean' ? isOn.literal.value : null
  const frame = newFrame(scope)
  collectExpression(frame, isOn)
  collectBody(frame, body, scope.isLegacy)
  writer.line('{')
  openFrame(scope, frame)
  writer.line(`const ${before} = r.isEscaping;`)
  writer.line(`r.isEscaping = ${generateCondition({ ...scope, frame }, isOn)};`)
  generateBody({ ...scope, frame, isEscaping: flag }, body)
  writer.line(`r.isEscaping = ${before};`)
  writer.line('}')
}

function generateOutputList(scope: StatementScope, node: OutputList): void {
  const { writer, places } = scope
  const [item, separator, isFirst] = [writer.newName('i'), writer.newName('s'), writer.newName('f')]
  const place = places.get(node) ?? null
  writer.line(`{ let ${isFirst} = true; const ${separator} = ${generateExpression(scope, node.separator)};`)
  writer.line(
    `for (const ${item} of ${writer.trace(`${writer.use('iterate')}(${generateExpression(scope, node.list)})`, node.list)}) {`,
  )
  writer.line(`if (${isFirst}) ${isFirst} = false; else {`)
  appendPrinted(scope, separator, { start: node.separator.start, end: node.separator.end, place, mayCall: false })
  writer.line('}')
  appendPrinted(scope, item, { start: node.list.start, end: node.list.end, place, mayCall: mayCall(node.list) })
  checkLength(scope)
  writer.line('} }')
}
