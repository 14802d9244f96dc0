import type { Span } from './template-problem.ts'

/** A number as written: `1.0` is not `1`, and whole numbers have no limit. */
export type Literal =
  | { readonly type: 'text'; readonly value: string }
  | { readonly type: 'integer'; readonly value: bigint }
  | { readonly type: 'float'; readonly value: number }
  | { readonly type: 'boolean'; readonly value: boolean }
  | { readonly type: 'none' }

export interface Arguments {
  readonly positional: readonly Expression[]
  readonly keywords: readonly { readonly name: string; readonly value: Expression }[]
  /** `*rest` and `**keywords`. */
  readonly rest: Expression | null
  readonly restKeywords: Expression | null
}

export const ARITHMETIC = ['+', '-', '*', '/', '//', '%', '**'] as const
export type Arithmetic = (typeof ARITHMETIC)[number]
export type Comparison = '==' | '!=' | '<' | '<=' | '>' | '>=' | 'in' | 'not in'

export type Expression = Span &
  (
    | { readonly kind: 'name'; readonly name: string }
    | { readonly kind: 'literal'; readonly literal: Literal }
    | { readonly kind: 'tuple' | 'list'; readonly items: readonly Expression[] }
    | { readonly kind: 'dict'; readonly pairs: readonly (readonly [Expression, Expression])[] }
    | {
        readonly kind: 'condition'
        readonly test: Expression
        readonly value: Expression
        readonly otherwise: Expression | null
      }
    | { readonly kind: 'and' | 'or'; readonly left: Expression; readonly right: Expression }
    | { readonly kind: 'not'; readonly operand: Expression }
    | { readonly kind: 'negative' | 'positive'; readonly operand: Expression }
    | {
        readonly kind: 'arithmetic'
        readonly operator: Arithmetic
        readonly left: Expression
        readonly right: Expression
      }
    | { readonly kind: 'concat'; readonly parts: readonly Expression[] }
    | {
        readonly kind: 'compare'
        readonly first: Expression
        readonly rest: readonly { readonly operator: Comparison; readonly operand: Expression }[]
      }
    | { readonly kind: 'attribute'; readonly object: Expression; readonly name: string }
    | { readonly kind: 'item'; readonly object: Expression; readonly key: Expression }
    | {
        readonly kind: 'slice'
        readonly object: Expression
        readonly from: Expression | null
        readonly to: Expression | null
        readonly step: Expression | null
      }
    | { readonly kind: 'call'; readonly callee: Expression; readonly arguments: Arguments }
    | FilterExpression
    | {
        readonly kind: 'test'
        readonly subject: Expression
        readonly name: string
        readonly nameStart: number
        readonly arguments: Arguments
      }
  )

export type FilterExpression = Span & {
  readonly kind: 'filter'
  /** Null only as the innermost filter of a block: the block's text goes in. */
  readonly subject: Expression | null
  readonly name: string
  readonly nameStart: number
  readonly arguments: Arguments
}

export type Target = Span &
  (
    | { readonly kind: 'name'; readonly name: string }
    | { readonly kind: 'tuple'; readonly items: readonly Target[] }
    | { readonly kind: 'namespace'; readonly name: string; readonly attribute: string }
  )

export interface Text extends Span {
  readonly kind: 'text'
  readonly text: string
}

export interface Print extends Span {
  readonly kind: 'print'
  readonly value: Expression
}

export interface Parameter extends Span {
  readonly name: string
  readonly fallback: Expression | null
}

export type Body = readonly Statement[]

export interface For extends Span {
  readonly kind: 'for'
  readonly target: Target
  readonly iterable: Expression
  readonly test: Expression | null
  readonly isRecursive: boolean
  readonly body: Body
  readonly otherwise: Body
}

export interface Macro extends Span {
  readonly kind: 'macro'
  readonly name: string
  readonly parameters: readonly Parameter[]
  readonly body: Body
}

export interface CallBlock extends Span {
  readonly kind: 'call_block'
  readonly call: Expression & { readonly kind: 'call' }
  readonly parameters: readonly Parameter[]
  readonly body: Body
}

export interface If extends Span {
  readonly kind: 'if'
  readonly branches: readonly { readonly test: Expression; readonly body: Body }[]
  readonly otherwise: Body
}

export interface With extends Span {
  readonly kind: 'with'
  readonly bindings: readonly { readonly target: Target; readonly value: Expression }[]
  readonly body: Body
}

export interface Autoescape extends Span {
  readonly kind: 'autoescape'
  readonly isOn: Expression
  readonly body: Body
}

export interface SetBlock extends Span {
  readonly kind: 'set_block'
  readonly target: Target
  readonly filter: FilterExpression | null
  readonly body: Body
}

export interface FilterBlock extends Span {
  readonly kind: 'filter_block'
  readonly filter: FilterExpression
  readonly body: Body
}

/** `{% output LIST separated by EXPR %}`. */
export interface OutputList extends Span {
  readonly kind: 'output_list'
  readonly list: Expression
  readonly separator: Expression
}

export type Statement =
  | Text
  | Print
  | If
  | For
  | (Span & { readonly kind: 'set'; readonly target: Target; readonly value: Expression })
  | SetBlock
  | Macro
  | CallBlock
  | FilterBlock
  | With
  | Autoescape
  | OutputList
  | (Span & { readonly kind: 'abort'; readonly reason: Expression | null })

function argumentChildren({ positional, keywords, rest, restKeywords }: Arguments): (Expression | null)[] {
  return [...positional, ...keywords.map(({ value }) => value), rest, restKeywords]
}

type Children = {
  readonly [Kind in Expression['kind']]: (node: Expression & { readonly kind: Kind }) => readonly (Expression | null)[]
}

const CHILDREN: Children = {
  name: () => [],
  literal: () => [],
  tuple: ({ items }) => items,
  list: ({ items }) => items,
  dict: ({ pairs }) => pairs.flat(),
  condition: ({ test, value, otherwise }) => [test, value, otherwise],
  and: ({ left, right }) => [left, right],
  or: ({ left, right }) => [left, right],
  not: ({ operand }) => [operand],
  negative: ({ operand }) => [operand],
  positive: ({ operand }) => [operand],
  arithmetic: ({ left, right }) => [left, right],
  concat: ({ parts }) => parts,
  compare: ({ first, rest }) => [first, ...rest.map(({ operand }) => operand)],
  attribute: ({ object }) => [object],
  item: ({ object, key }) => [object, key],
  slice: ({ object, from, to, step }) => [object, from, to, step],
  call: (node) => [node.callee, ...argumentChildren(node.arguments)],
  filter: (node) => [node.subject, ...argumentChildren(node.arguments)],
  test: (node) => [node.subject, ...argumentChildren(node.arguments)],
}

/** The expressions directly inside one, in the order in which they are written. */
export function childrenOf(node: Expression): readonly Expression[] {
  const read = CHILDREN[node.kind] as (node: Expression) => readonly (Expression | null)[]
  return read(node).filter((child) => child !== null)
}
