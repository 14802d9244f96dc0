import type { ItemPointers } from '../campaign/campaign.ts'
import type { ItemOutcome } from '../campaign/delivery.ts'
import type { Answer } from '../campaign/outcome.ts'
import { valueAt } from './json-pointer.ts'
import { parseBody, wordsOfErrors, wordsOfSuccess, NO_WORDS } from './receiver-words.ts'

type Answered = Extract<Answer, { kind: 'answered' }>

/** What the items of an answer say about the customers of a batch. */
export interface MappedItems {
  /** By the place in the request; null for a customer that no item names. */
  readonly outcomes: readonly (ItemOutcome | null)[]
  /** The items themselves, by the same places. */
  readonly items: readonly unknown[]
  /** The answer had a list of items. */
  readonly hasItems: boolean
  /** Items that name nobody of the request. */
  readonly unknown: number
  /** Items that name somebody once more. */
  readonly repeated: number
}

/**
 * Reads from an answer what became of each customer of a batch.
 *
 * Keys compare as strings. Two customers of the same id in one batch take their items in order. `masked` is the same answer
 * as it may be kept: what an item means is read from the one, its words from the other.
 */
export function mapItems(
  { answer, masked }: { readonly answer: Answered; readonly masked: Answered },
  customerIds: readonly string[],
  rules: ItemPointers,
): MappedItems {
  const list = valueAt(parseBody(answer), rules.items)
  const items: readonly unknown[] = Array.isArray(list) ? list : []
  const kept = answer === masked ? items : valueAt(parseBody(masked), rules.items)
  const outcomes = customerIds.map((): ItemOutcome | null => null)
  const found = customerIds.map((): unknown => undefined)
  const places = rules.key === 'position' ? null : new PlacesById(customerIds)
  let unknown = 0
  let repeated = 0
  items.forEach((item, index) => {
    const place = places === null ? index : places.take(keyOf(item, rules.key))
    if (place === 'repeated') repeated++
    else if (place === null || place >= customerIds.length) unknown++
    else {
      const words: unknown = Array.isArray(kept) ? kept[index] : undefined
      outcomes[place] = outcomeOf(item, words, rules)
      found[place] = item
    }
  })
  return { outcomes, items: found, hasItems: Array.isArray(list), unknown, repeated }
}

/** The places of the customers of each id that have no item yet. */
class PlacesById {
  readonly #places: ReadonlyMap<string, number[]>

  constructor(customerIds: readonly string[]) {
    this.#places = Map.groupBy(customerIds.keys(), (place) => customerIds[place]!)
  }

  take(key: string | null): number | 'repeated' | null {
    const places = key === null ? undefined : this.#places.get(key)
    return places === undefined ? null : (places.shift() ?? 'repeated')
  }
}

function keyOf(item: unknown, pointer: string): string | null {
  const key = valueAt(item, pointer)
  return typeof key === 'string' || typeof key === 'number' || typeof key === 'boolean' ? String(key) : null
}

function outcomeOf(item: unknown, words: unknown, { ok, code, message }: ItemPointers): ItemOutcome {
  const hasFailed = ok === null || valueAt(item, ok) === false
  if (hasFailed) {
    return {
      status: 'failed',
      words: words === undefined ? NO_WORDS : wordsOfErrors(words, { success: '', code, message }),
    }
  }
  return { status: 'sent', words: words === undefined ? NO_WORDS : wordsOfSuccess(words) }
}
