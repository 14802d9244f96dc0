import {
  childrenOf,
  type Arguments,
  type Body,
  type Expression,
  type For,
  type If,
  type Statement,
  type Target,
} from '../node.ts'
import { expressionsOf } from '../scope.ts'

/** A place at which a template reads something of `customer`. */
export interface AttributeRead {
  /** `['address', 'city']` of `customer.address.city`. */
  readonly path: readonly string[]
  readonly start: number
  readonly end: number
  /** The template says what happens without it: a default, an `or`, a condition around it. */
  readonly hasFallback: boolean
  /** It stands as a condition, so that its truth is all that counts. */
  readonly isCondition: boolean
  /** Written as `customer.get('a')`. */
  readonly isGet: boolean
}

const ROOT = 'customer'

interface Surroundings {
  readonly hasFallback: boolean
  readonly isCondition: boolean
}

const BARE: Surroundings = { hasFallback: false, isCondition: false }
const FALLBACK: Surroundings = { hasFallback: true, isCondition: false }
const CONDITION: Surroundings = { hasFallback: true, isCondition: true }

/** Finds what a template reads of `customer`, in the order in which it is written. */
export function readAttributes(body: Body): AttributeRead[] {
  const walk = new Walk()
  walk.body(body, new Set())
  return walk.reads.toSorted((a, b) => a.start - b.start)
}

class Walk {
  readonly reads: AttributeRead[] = []
  #shadowed = 0

  /** `guards`: paths whose lack a condition around the place has looked at. */
  body(body: Body, guards: ReadonlySet<string>): void {
    let known = guards
    for (const node of body) {
      this.#statement(node, known)
      known = union(known, leavesWithout(node))
    }
  }

  #statement(node: Statement, guards: ReadonlySet<string>): void {
    if (node.kind === 'if') return this.#if(node, guards)
    if (node.kind === 'for') return this.#for(node, guards)
    for (const expression of expressionsOf(node)) this.#expression(expression, BARE, guards)
    if (!('body' in node)) return
    const targets = node.kind === 'with' ? node.bindings.map(({ target }) => target) : []
    this.#inside(targets, () => this.body(node.body, guards))
  }

  #if({ branches, otherwise }: If, guards: ReadonlySet<string>): void {
    let known = guards
    for (const { test, body } of branches) {
      this.#expression(test, CONDITION, known)
      known = union(known, pathsIn(test))
      this.body(body, known)
    }
    this.body(otherwise, known)
  }

  #for({ target, iterable, test, body, otherwise }: For, guards: ReadonlySet<string>): void {
    this.#expression(iterable, FALLBACK, guards)
    this.#inside([target], () => {
      if (test !== null) this.#expression(test, CONDITION, guards)
      this.body(body, test === null ? guards : union(guards, pathsIn(test)))
    })
    this.body(otherwise, guards)
  }

  /** A loop variable called `customer` is another one. */
  #inside(targets: readonly Target[], walk: () => void): void {
    const isShadowed = targets.some(names)
    if (isShadowed) this.#shadowed++
    walk()
    if (isShadowed) this.#shadowed--
  }

  #expression(node: Expression, around: Surroundings, guards: ReadonlySet<string>): void {
    const path = pathOf(node)
    const got = path === null ? gotOf(node) : null
    if (path !== null && path.length > 0) return this.#read(path, node, { ...around, guards })
    if (got === null) return this.#inner(node, around, guards)
    // `get` gives None, which prints as such: only its second argument is a fallback.
    this.#read(got.path, node, { ...(got.rest.length > 0 ? { ...around, hasFallback: true } : around), guards })
    for (const argument of got.rest) this.#expression(argument, BARE, guards)
  }

  #read(path: readonly string[], node: Expression, around: Surroundings & { guards: ReadonlySet<string> }): void {
    if (this.#shadowed > 0) return
    const { start, end } = node
    const hasFallback = around.hasFallback || around.guards.has(path.join('\0'))
    this.reads.push({ path, start, end, hasFallback, isCondition: around.isCondition, isGet: node.kind === 'call' })
  }

  #inner(node: Expression, around: Surroundings, guards: ReadonlySet<string>): void {
    const loose: Surroundings = around.hasFallback ? FALLBACK : BARE
    if (node.kind === 'condition') {
      this.#condition(node, loose, guards)
    } else if (node.kind === 'or' || node.kind === 'and') {
      const isCondition = node.kind === 'and' || around.isCondition
      this.#expression(node.left, { hasFallback: true, isCondition }, guards)
      this.#expression(node.right, around, union(guards, pathsIn(node.left)))
    } else if (node.kind === 'not') {
      this.#expression(node.operand, CONDITION, guards)
    } else if (node.kind === 'test' || node.kind === 'filter') {
      const isAsked = node.kind === 'test' || node.name === 'default' || node.name === 'd'
      this.#called(node.subject, node.arguments, { ...(isAsked ? FALLBACK : loose), guards })
    } else if (node.kind === 'call') {
      // `customer.name.upper()`: the last part is the method.
      const { callee } = node
      this.#called(callee.kind === 'attribute' ? callee.object : callee, node.arguments, { ...loose, guards })
    } else {
      for (const child of childrenOf(node)) this.#expression(child, loose, guards)
    }
  }

  #condition(
    { test, value, otherwise }: Expression & { kind: 'condition' },
    around: Surroundings,
    guards: ReadonlySet<string>,
  ): void {
    this.#expression(test, CONDITION, guards)
    const known = union(guards, pathsIn(test))
    this.#expression(value, around, known)
    if (otherwise !== null) this.#expression(otherwise, around, known)
  }

  #called(
    subject: Expression | null,
    { positional, keywords, rest, restKeywords }: Arguments,
    { guards, ...around }: Surroundings & { readonly guards: ReadonlySet<string> },
  ): void {
    if (subject !== null) this.#expression(subject, around, guards)
    for (const node of [...positional, ...keywords.map(({ value }) => value), rest, restKeywords]) {
      if (node !== null) this.#expression(node, BARE, guards)
    }
  }
}

function names(target: Target): boolean {
  return target.kind === 'tuple' ? target.items.some(names) : target.kind === 'name' && target.name === ROOT
}

/** `customer.a['b']` → a, b; null for anything else. */
function pathOf(node: Expression): string[] | null {
  if (node.kind === 'name') return node.name === ROOT ? [] : null
  if (node.kind === 'attribute') {
    const path = pathOf(node.object)
    return path === null ? null : [...path, node.name]
  }
  if (node.kind === 'item' && node.key.kind === 'literal' && node.key.literal.type === 'text') {
    const path = pathOf(node.object)
    return path === null ? null : [...path, node.key.literal.value]
  }
  return null
}

/** `customer.get('a', …)`. */
function gotOf(node: Expression): { readonly path: readonly string[]; readonly rest: readonly Expression[] } | null {
  if (node.kind !== 'call' || node.callee.kind !== 'attribute' || node.callee.name !== 'get') return null
  const path = pathOf(node.callee.object)
  const [first, ...rest] = node.arguments.positional
  if (path === null || first?.kind !== 'literal' || first.literal.type !== 'text') return null
  return { path: [...path, first.literal.value], rest }
}

/** Every path that an expression looks at, as keys. */
function pathsIn(node: Expression, into: Set<string> = new Set()): ReadonlySet<string> {
  const path = pathOf(node) ?? gotOf(node)?.path ?? null
  if (path !== null) for (let length = 1; length <= path.length; length++) into.add(path.slice(0, length).join('\0'))
  for (const child of childrenOf(node)) pathsIn(child, into)
  return into
}

/** What a statement has looked at for good: `{% if not customer.phone %}{% abort %}{% endif %}`. */
function leavesWithout(node: Statement): ReadonlySet<string> {
  if (node.kind !== 'if') return new Set()
  const aborting = node.branches.filter(({ body }) => body.some(({ kind }) => kind === 'abort'))
  return new Set(aborting.flatMap(({ test }) => [...pathsIn(test)]))
}

function union(a: ReadonlySet<string>, b: ReadonlySet<string>): ReadonlySet<string> {
  return b.size === 0 ? a : new Set([...a, ...b])
}
