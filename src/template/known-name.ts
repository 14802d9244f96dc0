import type { Expression, FilterExpression } from './node.ts'
import type { Methods } from './runtime/define-method.ts'
import type { Signature } from './runtime/signature.ts'
import { hintFor, invalidTemplate, type Source } from './template-problem.ts'

type TestExpression = Expression & { kind: 'test' }

/** The filters and tests there are: a template that names another does not compile. */
export class FilterTables {
  readonly #filters: Methods
  readonly #tests: Methods

  constructor(filters: Methods, tests: Methods) {
    this.#filters = filters
    this.#tests = tests
  }

  filter(source: Source, node: FilterExpression): Signature {
    const signature = this.#signature(source, node, 'filter')
    this.#checkInner(source, node)
    return signature
  }

  test(source: Source, node: TestExpression): Signature {
    return this.#signature(source, node, 'test')
  }

  #signature(source: Source, node: { name: string; nameStart: number }, kind: 'filter' | 'test'): Signature {
    const table = kind === 'filter' ? this.#filters : this.#tests
    if (Object.hasOwn(table, node.name)) return table[node.name]!.signature
    const sentence = `expected a known ${kind}, got \`${node.name}\`${hintFor(node.name, Object.keys(table))}`
    throw invalidTemplate(source, node.nameStart, sentence)
  }

  /** `map('upper')`, `select('odd')`, `selectattr('x', 'odd')`: the name inside is looked up too. */
  #checkInner(source: Source, node: FilterExpression): void {
    const place = INNER_NAME[node.name]
    const inner = place === undefined ? undefined : node.arguments.positional[place.index]
    if (inner?.kind !== 'literal' || inner.literal.type !== 'text') return
    this.#signature(source, { name: inner.literal.value, nameStart: inner.start }, place!.kind)
  }
}

const INNER_NAME: Readonly<Record<string, { index: number; kind: 'filter' | 'test' }>> = {
  map: { index: 0, kind: 'filter' },
  select: { index: 0, kind: 'test' },
  reject: { index: 0, kind: 'test' },
  selectattr: { index: 1, kind: 'test' },
  rejectattr: { index: 1, kind: 'test' },
}
