import { childrenOf, type Body, type Expression, type If, type Parameter, type Statement, type Target } from './node.ts'

/**
 * Where a variable's value comes from when its frame begins.
 *
 * - `parameter`: handed in (loop variable, macro parameter).
 * - `context`: looked up in the context.
 * - `outer`: a copy of the outer frame's variable, which stays as it is.
 * - `nothing`: undefined until it is set.
 */
export type Origin =
  | { readonly kind: 'parameter' }
  | { readonly kind: 'context'; readonly name: string }
  | { readonly kind: 'outer'; readonly variable: string }
  | { readonly kind: 'nothing'; readonly name: string }

/** Names a new JavaScript variable. */
export type NewVariable = () => string

/**
 * The variables of one scope, as Jinja2 tracks them: a name belongs to the innermost frame that sets it; `if` branches
 * share a frame, loops, macros, `with` and blocks have their own, so a `set` inside does not leak.
 */
export class Frame {
  readonly parent: Frame | null
  readonly #newVariable: NewVariable
  #variables = new Map<string, string>()
  #origins = new Map<string, Origin>()
  #stored = new Set<string>()
  /** Legacy loops: what is set inside belongs to the frame around, and stays. */
  readonly isTransparent: boolean

  constructor(parent: Frame | null, newVariable: NewVariable, isTransparent = false) {
    this.parent = parent
    this.#newVariable = newVariable
    this.isTransparent = isTransparent
  }

  get origins(): ReadonlyMap<string, Origin> {
    return this.#origins
  }

  find(name: string): string | null {
    return this.#variables.get(name) ?? this.parent?.find(name) ?? null
  }

  #define(name: string, origin: Origin): string {
    const variable = this.#newVariable()
    this.#variables.set(name, variable)
    this.#origins.set(variable, origin)
    return variable
  }

  declareParameter(name: string): string {
    this.#stored.add(name)
    return this.#define(name, { kind: 'parameter' })
  }

  store(name: string): void {
    if (this.isTransparent && !this.#variables.has(name)) return this.parent!.store(name)
    this.#stored.add(name)
    if (this.#variables.has(name)) return
    const outer = this.parent?.find(name) ?? null
    this.#define(name, outer === null ? { kind: 'nothing', name } : { kind: 'outer', variable: outer })
  }

  load(name: string): void {
    if (this.find(name) === null) this.#define(name, { kind: 'context', name })
  }

  #copy(): Frame {
    const copy = new Frame(this.parent, this.#newVariable, this.isTransparent)
    copy.#variables = new Map(this.#variables)
    copy.#origins = new Map(this.#origins)
    copy.#stored = new Set(this.#stored)
    return copy
  }

  /** Runs each branch on its own; what one of them sets begins with the value from outside, for when it is not run. */
  branch(branches: readonly ((frame: Frame) => void)[]): void {
    const copies = branches.map((collect) => {
      const copy = this.#copy()
      collect(copy)
      return copy
    })
    const stored = new Set(copies.flatMap((copy) => [...copy.#stored]).filter((name) => !this.#stored.has(name)))
    for (const copy of copies) {
      for (const [name, variable] of copy.#variables) this.#variables.set(name, variable)
      for (const [variable, origin] of copy.#origins) this.#origins.set(variable, origin)
      for (const name of copy.#stored) this.#stored.add(name)
    }
    for (const name of stored) {
      const outer = this.parent?.find(name) ?? null
      const origin: Origin = outer === null ? { kind: 'context', name } : { kind: 'outer', variable: outer }
      this.#origins.set(this.#variables.get(name)!, origin)
    }
  }
}

export function collectExpression(frame: Frame, node: Expression): void {
  if (node.kind === 'name') frame.load(node.name)
  for (const child of childrenOf(node)) collectExpression(frame, child)
}

function collectTarget(frame: Frame, target: Target): void {
  if (target.kind === 'tuple') for (const item of target.items) collectTarget(frame, item)
  else if (target.kind === 'name') frame.store(target.name)
  else frame.load(target.name)
}

export function declareTarget(frame: Frame, target: Target): void {
  if (target.kind === 'tuple') for (const item of target.items) declareTarget(frame, item)
  else frame.declareParameter(target.name)
}

export function declareParameters(frame: Frame, parameters: readonly Parameter[]): void {
  for (const { name } of parameters) frame.declareParameter(name)
  for (const { fallback } of parameters) if (fallback !== null) collectExpression(frame, fallback)
}

/** Records what a body reads and sets in its own frame; inner frames are left to the time when they are entered. */
export function collectBody(frame: Frame, body: Body, isLegacy: boolean): void {
  for (const statement of body) collectStatement(frame, statement, isLegacy)
}

/** What a statement reads in the frame that it stands in; what its body reads belongs to an inner frame. */
function readsOf(node: Statement): readonly Expression[] {
  if (node.kind === 'autoescape' || node.kind === 'set_block' || node.kind === 'macro') return []
  if (node.kind === 'for') return [node.iterable]
  return node.kind === 'call_block' ? [node.call] : expressionsOf(node)
}

function collectStatement(frame: Frame, node: Statement, isLegacy: boolean): void {
  if (node.kind === 'if') return collectIf(frame, node, isLegacy)
  for (const expression of readsOf(node)) collectExpression(frame, expression)
  if (node.kind === 'set' || node.kind === 'set_block') collectTarget(frame, node.target)
  if (node.kind === 'macro') frame.store(node.name)
  if (node.kind === 'for' && isLegacy) collectLeaks(frame, node.body, node.target)
}

function collectIf(frame: Frame, { branches: [first, ...others], otherwise }: If, isLegacy: boolean): void {
  collectExpression(frame, first!.test)
  frame.branch([
    (copy) => collectBody(copy, first!.body, isLegacy),
    (copy) => {
      for (const { test, body } of others) {
        collectExpression(copy, test)
        copy.branch([(inner) => collectBody(inner, body, isLegacy)])
      }
    },
    (copy) => collectBody(copy, otherwise, isLegacy),
  ])
}

/** Legacy loops: a name that is set inside is read from outside first, then stays in the frame around. */
function collectLeaks(frame: Frame, body: Body, target: Target): void {
  const own = targetNames(target)
  for (const name of storedNames(body)) {
    if (own.includes(name)) continue
    frame.load(name)
    frame.store(name)
  }
}

function storedNames(body: Body): string[] {
  return body.flatMap((node) => {
    if (node.kind === 'set' || node.kind === 'set_block') return targetNames(node.target)
    if (node.kind === 'if')
      return [...node.branches.flatMap((branch) => storedNames(branch.body)), ...storedNames(node.otherwise)]
    return node.kind === 'for' ? storedNames(node.body).filter((name) => !targetNames(node.target).includes(name)) : []
  })
}

function targetNames(target: Target): string[] {
  if (target.kind === 'tuple') return target.items.flatMap(targetNames)
  return target.kind === 'name' ? [target.name] : []
}

/** Whether a body reads a name, anywhere inside: `loop`, `caller`, `varargs`, `kwargs`. */
export function mentions(body: Body, name: string): boolean {
  return body.some(
    (node) =>
      expressionsOf(node).some((inner) => isMentioned(inner, name)) ||
      bodiesOf(node).some((inner) => mentions(inner, name)),
  )
}

function isMentioned(node: Expression, name: string): boolean {
  return (node.kind === 'name' && node.name === name) || childrenOf(node).some((child) => isMentioned(child, name))
}

type Expressions = {
  readonly [Kind in Statement['kind']]: (node: Statement & { readonly kind: Kind }) => readonly (Expression | null)[]
}

const EXPRESSIONS: Expressions = {
  text: () => [],
  print: ({ value }) => [value],
  set: ({ value }) => [value],
  if: ({ branches }) => branches.map(({ test }) => test),
  for: ({ iterable, test }) => [iterable, test],
  set_block: ({ filter }) => [filter],
  macro: ({ parameters }) => defaultsOf(parameters),
  call_block: ({ call, parameters }) => [call, ...defaultsOf(parameters)],
  filter_block: ({ filter }) => [filter],
  with: ({ bindings }) => bindings.map(({ value }) => value),
  autoescape: ({ isOn }) => [isOn],
  output_list: ({ list, separator }) => [list, separator],
  abort: ({ reason }) => [reason],
}

/** The expressions directly in a statement. */
export function expressionsOf(node: Statement): readonly Expression[] {
  const read = EXPRESSIONS[node.kind] as (node: Statement) => readonly (Expression | null)[]
  return read(node).filter((expression) => expression !== null)
}

function defaultsOf(parameters: readonly Parameter[]): readonly (Expression | null)[] {
  return parameters.map(({ fallback }) => fallback)
}

/** The bodies directly in a statement. */
export function bodiesOf(node: Statement): readonly Body[] {
  switch (node.kind) {
    case 'if':
      return [...node.branches.map(({ body }) => body), node.otherwise]
    case 'for':
      return [node.body, node.otherwise]
    case 'set_block':
    case 'macro':
    case 'call_block':
    case 'filter_block':
    case 'with':
    case 'autoescape':
      return [node.body]
    case 'text':
    case 'print':
    case 'set':
    case 'output_list':
    case 'abort':
      return []
  }
}
