import type { ReceiverWords } from '../campaign/outcome.ts'

export interface Member {
  readonly seq: number
  readonly customerId: string
}

/** A refused batch, or a refused half of one, with what the receiver said to it. */
export interface RefusedPart {
  readonly chunk: number
  /** `seq` of the first row of the whole batch. */
  readonly root: number
  readonly path: string
  readonly seq: number
  readonly count: number
  readonly members: readonly Member[]
  readonly requestId: string
  readonly attempt: number
  readonly calls: number
  readonly httpStatus: number | null
  readonly latencyMs: number | null
  readonly words: ReceiverWords
  readonly isInDoubt: boolean
}

/** What follows when a half has ended: nothing yet, all of both has failed, or one half is to be halved again. */
export type Next =
  | { readonly kind: 'wait' }
  | { readonly kind: 'fail'; readonly parts: readonly RefusedPart[] }
  | { readonly kind: 'halve'; readonly part: RefusedPart }

type Half = 'open' | RefusedPart

/**
 * The batches that are being halved, each with the two halves that are out.
 *
 * A refused half waits for the other: when that one is refused as well, more than one customer is to blame and both fail;
 * else the refused one is halved further.
 */
export class Splits {
  readonly #pairs = new Map<number, Map<string, Half>>()

  /** Takes up what an earlier process had begun: a half that ended is not among them. */
  constructor(
    halves: Iterable<{ readonly root: number; readonly path: string; readonly refused: RefusedPart | null }>,
  ) {
    for (const { root, path, refused } of halves) this.#pairOf(root).set(path, refused ?? 'open')
  }

  /** Both halves of this part go out. */
  begin({ root, path }: RefusedPart): void {
    this.#pairs.set(root, new Map([`${path}0`, `${path}1`].map((half) => [half, 'open'])))
  }

  refused(part: RefusedPart): Next {
    const { root, path } = part
    const pair = this.#pairOf(root)
    const sibling = pair.get(siblingOf(path))
    if (sibling === 'open') {
      pair.set(path, part)
      return { kind: 'wait' }
    }
    this.#pairs.delete(root)
    return sibling === undefined ? { kind: 'halve', part } : { kind: 'fail', parts: [sibling, part] }
  }

  /** A half has ended in another way. */
  ended(root: number, path: string): Next {
    const pair = this.#pairOf(root)
    const sibling = pair.get(siblingOf(path))
    pair.delete(path)
    if (sibling === 'open') return { kind: 'wait' }
    this.#pairs.delete(root)
    return sibling === undefined ? { kind: 'wait' } : { kind: 'halve', part: sibling }
  }

  #pairOf(root: number): Map<string, Half> {
    const known = this.#pairs.get(root)
    if (known !== undefined) return known
    const pair = new Map<string, Half>()
    this.#pairs.set(root, pair)
    return pair
  }
}

function siblingOf(path: string): string {
  return path.slice(0, -1) + (path.endsWith('0') ? '1' : '0')
}
