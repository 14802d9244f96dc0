import type { Expression, FilterExpression } from './node.ts'
import type { Methods } from './runtime/define-method.ts'
import type { Signature } from './runtime/signature.ts'
import { hintFor, invalidTemplate, type Source } from './template-problem.ts'

type TestExpression = Expression & { kind: 'test' }

interface Named {
  readonly name: string
  readonly nameStart: number
}

type Kind = 'filter' | 'test'

/**
 * The filters and tests there are: a template that names another does not compile, but for a branch of which Jinja2
 * says so only when it runs.
 */
export class FilterTables {
  readonly #tables: Readonly<Record<Kind, Methods>>

  constructor(tables: Readonly<Record<Kind, Methods>>) {
    this.#tables = tables
  }

  isKnown(kind: Kind, { name }: Named): boolean {
    return Object.hasOwn(this.#tables[kind], name)
  }

  filter(source: Source, node: FilterExpression): Signature {
    const signature = this.#signature(source, node, 'filter')
    this.#checkInner(source, node)
    return signature
  }

  test(source: Source, node: TestExpression): Signature {
    return this.#signature(source, node, 'test')
  }

  /** What is said of an unknown one. */
  complaint(kind: Kind, { name }: Named): string {
    return `expected a known ${kind}, got \`${name}\`${hintFor(name, Object.keys(this.#tables[kind]))}`
  }

  #signature(source: Source, node: Named, kind: Kind): Signature {
    if (this.isKnown(kind, node)) return this.#tables[kind][node.name]!.signature
    throw invalidTemplate(source, node.nameStart, this.complaint(kind, node))
  }

  /** `map('upper')`, `select('odd')`, `selectattr('x', 'odd')`: the name inside is looked up too. */
  #checkInner(source: Source, node: FilterExpression): void {
    const place = INNER_NAME[node.name]
    const inner = place === undefined ? undefined : node.arguments.positional[place.index]
    if (inner?.kind !== 'literal' || inner.literal.type !== 'text') return
    this.#signature(source, { name: inner.literal.value, nameStart: inner.start }, place!.kind)
  }
}

const INNER_NAME: Readonly<Record<string, { index: number; kind: Kind }>> = {
  map: { index: 0, kind: 'filter' },
  select: { index: 0, kind: 'test' },
  reject: { index: 0, kind: 'test' },
  selectattr: { index: 1, kind: 'test' },
  rejectattr: { index: 1, kind: 'test' },
}
