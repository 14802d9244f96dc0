import { describe, expect, it } from 'vitest'
import type { ItemPointers } from '../../src/campaign/campaign.ts'
import { mapItems } from '../../src/policy/policy.ts'

const RULES: ItemPointers = {
  items: '/results',
  key: '/id',
  ok: '/ok',
  code: '/code',
  message: '/why',
  missing: 'failed',
}

function map(
  body: unknown,
  customerIds: readonly string[],
  rules: Partial<ItemPointers> = {},
): ReturnType<typeof mapItems> {
  const answer = {
    kind: 'answered',
    httpStatus: 200,
    contentType: 'application/json',
    retryAfter: null,
    body: JSON.stringify(body),
    isTruncated: false,
  } as const
  return mapItems({ answer, masked: answer }, customerIds, { ...RULES, ...rules })
}

const statusesOf = ({ outcomes }: ReturnType<typeof mapItems>): unknown[] =>
  outcomes.map((outcome) => outcome?.status ?? null)

describe('mapItems', () => {
  it('compares keys as strings', () => {
    expect(statusesOf(map({ results: [{ id: 7, ok: false }, { id: '8' }] }, ['8', '7', '9']))).toEqual([
      'sent',
      'failed',
      null,
    ])
  })

  it('gives two customers of one id their items in order', () => {
    const mapped = map({ results: [{ id: 'a', ok: false }, { id: 'a', ok: true }, { id: 'a' }] }, ['a', 'b', 'a'])
    expect(statusesOf(mapped)).toEqual(['failed', null, 'sent'])
    expect(mapped).toMatchObject({ unknown: 0, repeated: 1 })
  })

  it('takes items by position, and counts those beyond the batch', () => {
    const mapped = map({ results: [{ ok: true }, { ok: false }, { ok: true }] }, ['a', 'b'], { key: 'position' })
    expect(statusesOf(mapped)).toEqual(['sent', 'failed'])
    expect(mapped.unknown).toBe(1)
  })

  it('takes everybody named for failed where items list failures only', () => {
    const mapped = map([{ id: 'b', code: 5, why: 'no' }], ['a', 'b'], { items: '', ok: null })
    expect(mapped.outcomes[1]).toMatchObject({ status: 'failed', words: { errorCode: '5', message: 'no' } })
    expect(mapped.outcomes[0]).toBeNull()
  })

  it.each([{}, { results: 5 }, { results: { a: 1 } }, null, [1]])('finds nobody in %j', (body) => {
    expect(map(body, ['a'])).toMatchObject({ outcomes: [null], hasItems: false, unknown: 0 })
  })

  it('takes items that are no objects for strangers', () => {
    expect(map({ results: [null, 3, 'a', [{}]] }, ['a'])).toMatchObject({
      outcomes: [null],
      hasItems: true,
      unknown: 4,
    })
  })
})
