import { describe, expect, test } from 'vitest'
import { splitShares } from '../../src/queue/shares.ts'

const NONE = Number.POSITIVE_INFINITY
const senderWith = (share: number, nextSlice = NONE) => ({ isReady: true, share, nextSlice })

describe('splitShares', () => {
  test('splits into equal parts, the first take what is left', () => {
    const senders = [senderWith(0), senderWith(0), { ...senderWith(0), isReady: false }, senderWith(0)]
    expect([...splitShares(8, senders).values()]).toEqual([3, 3, 0, 2])
  })

  test('with fewer calls than senders gives them to the oldest slices', () => {
    const senders = [senderWith(1), senderWith(0, 7), senderWith(1, 9), senderWith(0, 3)]
    expect([...splitShares(2, senders).values()]).toEqual([0, 1, 0, 1])
  })

  test('leaves a share where it is while nobody holds a slice', () => {
    const senders = [senderWith(0), senderWith(1), senderWith(0)]
    expect([...splitShares(1, senders).values()]).toEqual([0, 1, 0])
  })
})
