import { textArgument } from './argument.ts'
import { defineMethod, type Methods } from './define-method.ts'
import { RenderFault } from './fault.ts'
import { attributeGetter, type Getter } from './item-getter.ts'
import { isTrue, iterate } from './iterate.ts'
import type { Bound } from './signature.ts'
import { Stream, type Rendering } from './value.ts'

/** `map('upper')`, `map('truncate', 20)`, `map(attribute='name', default='-')`. */
function mapper({ rest, keywords }: Bound<unknown>, rendering: Rendering): Getter {
  const names = new Map(keywords)
  if (rest.length === 0 && names.has('attribute')) {
    const fallback = names.get('default') ?? null
    const other = [...names.keys()].find((name) => name !== 'attribute' && name !== 'default')
    if (other !== undefined) throw new RenderFault(`expected \`attribute\` and \`default\`, got \`${other}\``)
    return attributeGetter(names.get('attribute'), { fold: false, fallback })
  }
  if (rest.length === 0) throw new RenderFault('expected `map` to get a filter or `attribute=`, got neither')
  const name = textArgument(rest[0], 'the filter of `map`')
  const args = { positional: rest.slice(1), keywords: names }
  return (item) => rendering.callFilter(name, item, args)
}

function* mapItems(value: unknown, getter: () => Getter): Generator {
  if (!isTrue(value)) return
  const read = getter()
  for (const item of iterate(value)) yield read(item)
}

/** The test of `select` and its three like: by name, or plain truth. */
function tester(
  [name, ...positional]: readonly unknown[],
  { keywords }: Bound<unknown>,
  rendering: Rendering,
): (item: unknown) => boolean {
  if (name === undefined) return isTrue
  const test = textArgument(name, 'the name of the test')
  const args = { positional, keywords: new Map(keywords) }
  return (item) => rendering.callTest(test, item, args)
}

function* selectItems(value: unknown, isWanted: () => (item: unknown) => boolean): Generator {
  if (!isTrue(value)) return
  const test = isWanted()
  for (const item of iterate(value)) if (test(item)) yield item
}

function selecting({ isKeeping, isByAttribute }: { isKeeping: boolean; isByAttribute: boolean }): Methods[string] {
  return defineMethod('*arguments, **names', (value, bound, rendering) => {
    const prepare = (): ((item: unknown) => boolean) => {
      if (isByAttribute && bound.rest.length === 0) throw new RenderFault('expected the name of an attribute, got none')
      const read: Getter = isByAttribute
        ? attributeGetter(bound.rest[0], { fold: false, fallback: null })
        : (item) => item
      const test = tester(isByAttribute ? bound.rest.slice(1) : bound.rest, bound, rendering)
      return (item) => test(read(item)) === isKeeping
    }
    return new Stream(selectItems(value, prepare))
  })
}

export const SELECT_FILTERS: Methods = {
  map: defineMethod('*arguments, **names', (value, bound, rendering) => {
    return new Stream(mapItems(value, () => mapper(bound, rendering)))
  }),
  select: selecting({ isKeeping: true, isByAttribute: false }),
  reject: selecting({ isKeeping: false, isByAttribute: false }),
  selectattr: selecting({ isKeeping: true, isByAttribute: true }),
  rejectattr: selecting({ isKeeping: false, isByAttribute: true }),
}
