import { JsonShape, ShapeProblem } from './json-shape.ts'
import { childrenOf, type Body, type Expression, type Statement } from './node.ts'
import { expressionsOf } from './scope.ts'
import type { Span } from './template-problem.ts'

/**
 * Where what a statement prints will stand. `dynamic`: in a macro that is called on both sides of the quotes, so its
 * caller tells.
 */
export type JsonPlace = 'string' | 'value' | 'dynamic'
export type JsonPlaces = ReadonlyMap<Statement, JsonPlace>

/** A body whose text is printed elsewhere: a macro's, a set block's, a call block's, a filter block's. */
interface Buffer {
  readonly node: Statement
  readonly body: Body
  /** What prints it: the name of the macro or variable. */
  readonly name: string
  /** Of a call block: the macro inside which `caller()` prints it. */
  readonly owner: string | null
  /** Of a filter or call block: where the block itself stands, the best guess when nothing else is known. */
  readonly place: JsonPlace | null
}

interface Use {
  readonly place: JsonPlace
  /** The macro in whose body the use stands. */
  readonly owner: string | null
  readonly names: ReadonlySet<string>
}

function namesIn(node: Expression, into: Set<string> = new Set()): Set<string> {
  if (node.kind === 'name') into.add(node.name)
  for (const child of childrenOf(node)) namesIn(child, into)
  return into
}

/** Walks one body and notes where each print in it stands. */
class Walk {
  readonly places = new Map<Statement, JsonPlace>()
  readonly buffers: Buffer[] = []
  readonly uses: Use[] = []
  readonly #owner: string | null

  constructor(owner: string | null) {
    this.#owner = owner
  }

  body(body: Body, shape: JsonShape): void {
    for (const node of body) this.#statement(node, shape)
  }

  #statement(node: Statement, shape: JsonShape): void {
    switch (node.kind) {
      case 'text':
        return shape.text(node.text, node.start)
      case 'print':
      case 'output_list':
        return this.#print(node, shape)
      case 'call_block':
      case 'filter_block':
        this.#print(node, shape)
        return this.#buffer(node, shape)
      case 'macro':
      case 'set_block':
        return this.#buffer(node, null)
      case 'if':
        return this.#if(node, shape)
      case 'for':
        return this.#for(node, shape)
      case 'with':
      case 'autoescape':
        return this.body(node.body, shape)
      case 'set':
      case 'abort':
        return
    }
  }

  #print(node: Statement, shape: JsonShape): void {
    shape.hole(node.start)
    const place = shape.isInString ? 'string' : 'value'
    this.places.set(node, place)
    const names = new Set<string>()
    for (const expression of expressionsOf(node)) namesIn(expression, names)
    this.uses.push({ place, owner: this.#owner, names })
  }

  #buffer(node: Statement & { body: Body }, shape: JsonShape | null): void {
    const isCall = node.kind === 'call_block'
    const owner = isCall && node.call.callee.kind === 'name' ? node.call.callee.name : null
    const place = shape === null ? null : shape.isInString ? 'string' : 'value'
    this.buffers.push({ node, body: node.body, name: isCall ? 'caller' : bufferName(node), owner, place })
  }

  #if(node: Statement & { kind: 'if' }, shape: JsonShape): void {
    const ways = [...node.branches.map(({ body }) => body), node.otherwise].map((body) => {
      const way = shape.copy()
      this.body(body, way)
      return way
    })
    const [first, ...others] = ways
    first!.merge(others, node.start)
    shape.assign(first!)
  }

  #for(node: Statement & { kind: 'for' }, shape: JsonShape): void {
    const once = shape.copy()
    this.body(node.body, once)
    const never = shape.copy()
    this.body(node.otherwise, never)
    shape.merge([once], node.start)
    if (node.otherwise.length > 0) shape.merge([never], node.start)
  }
}

function bufferName(node: Statement): string {
  if (node.kind === 'macro') return node.name
  return node.kind === 'set_block' && node.target.kind !== 'tuple' ? node.target.name : ''
}

function walkBuffer({ node, body }: Buffer, isInString: boolean): Walk {
  const walk = new Walk(node.kind === 'macro' ? node.name : null)
  const shape = new JsonShape(isInString, true)
  walk.body(body, shape)
  if (shape.isInString === isInString) return walk
  const message = 'expected the body to end on the side of a `"` on which it begins, got the other'
  throw new ShapeProblem(node.start, message)
}

/** Which side of the quotes a body can begin on; a problem when on neither. */
function sidesOf(buffer: Buffer): readonly boolean[] {
  const sides: boolean[] = []
  let problem: ShapeProblem | null = null
  for (const isInString of [true, false]) {
    try {
      walkBuffer(buffer, isInString)
      sides.push(isInString)
    } catch (error) {
      if (!(error instanceof ShapeProblem)) throw error
      if (problem === null || error.offset > problem.offset) problem = error
    }
  }
  if (sides.length === 0) throw problem!
  return sides
}

interface Pending {
  readonly buffer: Buffer
  readonly sides: readonly boolean[]
}

/** Decides for every print of a template on which side of the quotes it stands. */
class Decision {
  readonly places = new Map<Statement, JsonPlace>()
  readonly #uses: Use[] = []
  readonly #pending: Pending[] = []

  add(walk: Walk): void {
    for (const [node, place] of walk.places) this.places.set(node, place)
    this.#uses.push(...walk.uses)
    for (const buffer of walk.buffers) this.#pending.push({ buffer, sides: sidesOf(buffer) })
  }

  run(): void {
    while (this.#pending.length > 0) {
      const { buffer, sides } =
        this.#takeWhere(({ sides }) => sides.length === 1) ??
        this.#takeWhere(({ buffer }) => this.#sidesUsed(buffer).size > 0) ??
        this.#pending.shift()!
      if (sides.length === 1) this.add(walkBuffer(buffer, sides[0]!))
      else this.#ambiguous(buffer)
    }
  }

  #takeWhere(isWanted: (entry: Pending) => boolean): Pending | null {
    const index = this.#pending.findIndex(isWanted)
    return index === -1 ? null : this.#pending.splice(index, 1)[0]!
  }

  #sidesUsed({ name, owner }: Buffer): ReadonlySet<JsonPlace> {
    const uses = this.#uses.filter((use) => use.names.has(name) && (owner === null || use.owner === owner))
    return new Set(uses.map(({ place }) => place))
  }

  #ambiguous(buffer: Buffer): void {
    const used = this.#sidesUsed(buffer)
    if (used.has('dynamic') || used.size > 1) {
      if (buffer.node.kind === 'set_block') {
        const message = `expected \`${buffer.name}\` to be printed on one side of the quotes, got both: set it twice`
        throw new ShapeProblem(buffer.node.start, message)
      }
      return this.#dynamic(buffer)
    }
    const [place = buffer.place ?? 'string'] = used
    this.add(walkBuffer(buffer, place === 'string'))
  }

  #dynamic(buffer: Buffer): void {
    const inside = walkBuffer(buffer, true)
    for (const [node, place] of walkBuffer(buffer, false).places) {
      if (inside.places.get(node) !== place) inside.places.set(node, 'dynamic')
    }
    const uses = inside.uses.map((use) => ({ ...use, place: 'dynamic' as const }))
    inside.uses.splice(0, inside.uses.length, ...uses)
    this.add(inside)
  }
}

export interface PlaceProblem extends Pick<Span, 'start'> {
  readonly message: string
}

/**
 * Finds for each placeholder whether it stands inside a JSON string, from the template's own text alone.
 *
 * A body that is printed elsewhere (a macro's) begins on the side on which its text makes sense; when both do, on the
 * side on which it is printed.
 *
 * @returns a problem when the text is not JSON-shaped or the branches of a tag disagree.
 */
export function findJsonPlaces(body: Body, isFragment: boolean): JsonPlaces | PlaceProblem {
  try {
    const decision = new Decision()
    decision.add(walkRoot(body, isFragment))
    decision.run()
    return decision.places
  } catch (error) {
    if (error instanceof ShapeProblem) return { start: error.offset, message: error.message }
    throw error
  }
}

function walkRoot(body: Body, isFragment: boolean): Walk {
  const walk = new Walk(null)
  const shape = new JsonShape(false, isFragment)
  walk.body(body, shape)
  if (isFragment) return walk
  shape.endLiteral()
  if (!shape.isInString) return walk
  throw new ShapeProblem(body.at(-1)?.end ?? 0, 'expected the JSON string to be closed by `"`, got the end')
}
