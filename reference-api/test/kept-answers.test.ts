import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { KeptAnswers } from '../src/store/kept-answers.ts'

const answerOf = (index: number): { digest: string; status: number; text: string } => ({
  digest: `d${index}`,
  status: 200 + (index % 3),
  text: `{"index":${index},"name":"Žofie 🎂"}`,
})

describe('KeptAnswers', () => {
  it('finds what is kept, and nothing else, over many rounds of its ring', () => {
    const kept = new KeptAnswers(100)
    for (let second = 0; second < 1_000; second += 1) {
      kept.expire(second)
      kept.add(`k${second}`, answerOf(second), second + 100)
      assert.deepEqual(kept.find(`k${Math.max(0, second - 99)}`), answerOf(Math.max(0, second - 99)))
      assert.equal(kept.find(`k${second - 100}`), null)
      assert.equal(kept.find(`k${second + 1}`), null)
    }
    assert.equal(kept.count, 100)
  })

  it('tells keys apart that fall on one hash', () => {
    const kept = new KeptAnswers(10)
    // Pairs that FNV-1a cannot tell apart.
    const keys = ['costarring', 'liquid', 'declinate', 'macallums', 'altarage', 'zinke']
    for (const [index, key] of keys.entries()) kept.add(key, answerOf(index), index + 1)
    assert.deepEqual(
      keys.map((key) => kept.find(key)?.digest),
      ['d0', 'd1', 'd2', 'd3', 'd4', 'd5'],
    )
    kept.expire(3)
    assert.deepEqual(
      keys.map((key) => kept.find(key)?.digest),
      [undefined, undefined, undefined, 'd3', 'd4', 'd5'],
    )
  })

  it('gives back the memory of what is too old, also that of an answer of several MiB', () => {
    const kept = new KeptAnswers(10_000)
    kept.add('large', { ...answerOf(0), text: 'x'.repeat(5 * 1024 * 1024) }, 1)
    for (let index = 1; index < 10_000; index += 1)
      kept.add(`k${index}`, { ...answerOf(index), text: 'y'.repeat(1_000) }, 2)
    assert.equal(kept.find('large')?.text.length, 5 * 1024 * 1024)
    const before = kept.bytes
    kept.expire(1)
    assert.ok(before - kept.bytes > 5 * 1024 * 1024, `gave back ${before - kept.bytes} bytes`)
    kept.expire(2)
    assert.equal(kept.count, 0)
    assert.ok(kept.bytes <= 1024 * 1024, `keeps ${kept.bytes} bytes`)
    kept.add('k', answerOf(1), 9)
    assert.deepEqual(kept.find('k'), answerOf(1))
  })
})
