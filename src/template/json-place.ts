import { JsonShape, type ShapeProblem } from './json-shape.ts'
import { childrenOf, type Body, type Expression, type Statement } from './node.ts'
import { expressionsOf } from './scope.ts'

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

interface Walked {
  readonly walk: Walk
  readonly problems: readonly ShapeProblem[]
}

function walkBuffer({ node, body }: Buffer, isInString: boolean): Walked {
  const walk = new Walk(node.kind === 'macro' ? node.name : null)
  const shape = new JsonShape(isInString, true)
  walk.body(body, shape)
  if (shape.isInString !== isInString) {
    shape.problem(node.start, 'expected the body to end on the side of a `"` on which it begins, got the other')
  }
  return { walk, problems: shape.problems }
}

function fitting({ walk, problems }: Walked): Walk | null {
  return problems.length === 0 ? walk : null
}

interface Pending {
  readonly buffer: Buffer
  /** The walks on which its text makes sense, begun inside a string or outside. */
  readonly inString: Walk | null
  readonly asValue: Walk | null
}

/** Decides for every print of a template on which side of the quotes it stands. */
class Decision {
  readonly places = new Map<Statement, JsonPlace>()
  readonly problems: ShapeProblem[] = []
  readonly #uses: Use[] = []
  readonly #pending: Pending[] = []

  add(walk: Walk): void {
    for (const [node, place] of walk.places) this.places.set(node, place)
    this.#uses.push(...walk.uses)
    for (const buffer of walk.buffers) this.#addBuffer(buffer)
  }

  #addBuffer(buffer: Buffer): void {
    const [inString, asValue] = [walkBuffer(buffer, true), walkBuffer(buffer, false)]
    const [first, second] = [inString.problems[0], asValue.problems[0]]
    if (first !== undefined && second !== undefined) {
      // The way that got further is the one that was meant.
      this.problems.push(first.start > second.start ? first : second)
      return
    }
    this.#pending.push({ buffer, inString: fitting(inString), asValue: fitting(asValue) })
  }

  run(): void {
    while (this.#pending.length > 0) {
      const { buffer, inString, asValue } =
        this.#takeWhere((entry) => entry.inString === null || entry.asValue === null) ??
        this.#takeWhere((entry) => this.#sidesUsed(entry.buffer).size > 0) ??
        this.#pending.shift()!
      if (inString !== null && asValue !== null) this.#ambiguous(buffer, inString, asValue)
      else this.add((inString ?? asValue)!)
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

  #ambiguous({ node, name, place: around, ...buffer }: Buffer, inString: Walk, asValue: Walk): void {
    const used = this.#sidesUsed({ node, name, place: around, ...buffer })
    const isBoth = used.has('dynamic') || used.size > 1
    if (isBoth && node.kind === 'set_block') {
      const message = `expected \`${name}\` to be printed on one side of the quotes, got both: set it twice`
      this.problems.push({ start: node.start, message })
    } else if (isBoth) {
      this.#dynamic(inString)
    } else {
      const [place = around ?? 'string'] = used
      this.add(place === 'string' ? inString : asValue)
    }
  }

  /** What is a string on one way is a value on the other. */
  #dynamic(walk: Walk): void {
    for (const node of walk.places.keys()) walk.places.set(node, 'dynamic')
    const uses = walk.uses.map((use) => ({ ...use, place: 'dynamic' as const }))
    walk.uses.splice(0, walk.uses.length, ...uses)
    this.add(walk)
  }
}

/**
 * Finds for each placeholder whether it stands inside a JSON string, from the template's own text alone.
 *
 * A body that is printed elsewhere (a macro's) begins on the side on which its text makes sense; when both do, on the
 * side on which it is printed.
 *
 * @returns a problem when the text is not JSON-shaped or the branches of a tag disagree.
 */
export function findJsonPlaces(body: Body, isFragment: boolean): JsonPlaces | ShapeProblem {
  const walk = new Walk(null)
  const shape = new JsonShape(false, isFragment)
  walk.body(body, shape)
  if (!isFragment) {
    shape.endLiteral()
    if (shape.isInString) {
      shape.problem(body.at(-1)!.end, 'expected the JSON string to be closed by `"`, got the end')
    }
  }
  const decision = new Decision()
  decision.add(walk)
  decision.run()
  return [...shape.problems, ...decision.problems][0] ?? decision.places
}
