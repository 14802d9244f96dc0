import { describe, expect, it } from 'vitest'
import {
  compileTemplate,
  createBlockRenderer,
  type BlockRenderer,
  type RenderJob,
  type RenderResult,
} from '../../src/template/template.ts'

function jobs(...contexts: Record<string, unknown>[]): RenderJob[] {
  return contexts.map((context, index) => ({ context, seed: `seed-${index}` }))
}

/** Calls again with the rest until every row has its result. */
function renderAll(renderer: BlockRenderer, all: readonly RenderJob[]): { results: RenderResult[]; calls: number } {
  const results: RenderResult[] = []
  let calls = 0
  for (; results.length < all.length; calls += 1) {
    const answer = renderer.render(all.slice(results.length)).results
    expect(answer.length).toBeGreaterThan(0)
    results.push(...answer)
  }
  return { results, calls }
}

const SPIN = '{% if spin %}{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}{% endif %}'

describe('a block renderer', () => {
  const url = compileTemplate('/v1/{{ id }}', { payload: 'url', name: 'campaign.yaml', line: 9 })
  const body = compileTemplate('{% if not id %}{% abort: "no id" %}{% endif %}{"n":"{{ n }}"}', {
    payload: 'json',
    name: 'sms.json.j2',
  })

  it('renders all templates for each row', () => {
    const renderer = createBlockRenderer([url, body], { rowTimeoutMs: 1000 })
    expect(renderer.render(jobs({ id: 'a b', n: '"' }, { id: 2, n: 'x' })).results).toEqual([
      { kind: 'rendered', parts: ['/v1/a%20b', '{"n":"\\""}'] },
      { kind: 'rendered', parts: ['/v1/2', '{"n":"x"}'] },
    ])
    expect(renderer.render([]).results).toEqual([])
  })

  it('tells a failed row and a suppressed one from the others', () => {
    const failing = compileTemplate('ok\n {{ a.b.c }}', { payload: 'text', name: 'sms.txt.j2' })
    const renderer = createBlockRenderer([body, failing], { rowTimeoutMs: 1000 })
    expect(renderer.render(jobs({}, { id: 1, a: {} }, { id: 1, a: { b: { c: 2 } } })).results).toEqual([
      { kind: 'suppressed', reason: 'no id' },
      {
        kind: 'failed',
        message: 'sms.txt.j2:2:5 could not render `a.b.c`: expected `a.b` to be defined, got nothing',
        line: 2,
        column: 5,
      },
      { kind: 'rendered', parts: ['{"n":""}', 'ok\n 2'] },
    ])
  })

  it('seeds each row by itself', () => {
    const renderer = createBlockRenderer([compileTemplate('{{ range(1000000 // 10)|random }}', { payload: 'text' })], {
      rowTimeoutMs: 1000,
    })
    const job = { context: {}, seed: 'x' }
    const [first, second, third] = renderer.render([job, { context: {}, seed: 'y' }, job]).results
    expect(third).toEqual(first)
    expect(second).not.toEqual(first)
  })

  it('fails a row that never ends, and goes on with the rest', () => {
    const renderer = createBlockRenderer([compileTemplate(`${SPIN}{{ n }}`, { payload: 'text' })], {
      rowTimeoutMs: 100,
    })
    const { results, calls } = renderAll(renderer, jobs({ n: 1 }, { n: 2, spin: true }, { n: 3 }))
    expect(results).toEqual([
      { kind: 'rendered', parts: ['1'] },
      { kind: 'failed', message: 'Rendering took longer than 100 ms', line: null, column: null },
      { kind: 'rendered', parts: ['3'] },
    ])
    expect(calls).toBeGreaterThan(1)
  })

  it('gives a row that began late the whole limit to itself', () => {
    const template = compileTemplate(`{{ n }}${SPIN}`, { payload: 'text' })
    const renderer = createBlockRenderer([template], { rowTimeoutMs: 1000 })
    // The first row takes a quarter of the limit, so that the second has three quarters, and then all of it.
    const slow = {
      get n(): string {
        for (const startedAt = performance.now(); performance.now() - startedAt < 250;);
        return 'slow'
      },
    }
    const all = jobs(slow, { spin: true })
    expect(renderer.render(all).results).toEqual([{ kind: 'rendered', parts: ['slow'] }])
    const secondAt = performance.now()
    expect(renderer.render(all.slice(1)).results).toMatchObject([
      { kind: 'failed', message: 'Rendering took longer than 1000 ms' },
    ])
    expect(performance.now() - secondAt).toBeGreaterThan(950)
  })

  it('puts the data back that a row had changed when its time was up', () => {
    const renderer = createBlockRenderer([compileTemplate(`{{ l.append(1) }}${SPIN}{{ l }}`, { payload: 'text' })], {
      rowTimeoutMs: 50,
    })
    const l = ['a']
    expect(renderer.render(jobs({ l, spin: true })).results[0]).toMatchObject({ kind: 'failed' })
    expect(l).toEqual(['a'])
  })

  it('ends a regular expression that never ends', () => {
    const template = compileTemplate('{{ s|regex_replace("^(a+)+$", "") }}', { payload: 'text' })
    const renderer = createBlockRenderer([template], { rowTimeoutMs: 100 })
    expect(renderer.render(jobs({ s: `${'a'.repeat(40)}!` })).results[0]).toMatchObject({
      kind: 'failed',
      message: 'Rendering took longer than 100 ms',
    })
  })

  it('leaves nothing behind on the global object', () => {
    const before = Reflect.ownKeys(globalThis).length
    createBlockRenderer([body], { rowTimeoutMs: 1000 }).render(jobs({ id: 1 }))
    expect(Reflect.ownKeys(globalThis)).toHaveLength(before)
  })

  it('hands on what is wrong with the call itself', () => {
    const renderer = createBlockRenderer([body], { rowTimeoutMs: 1000 })
    expect(() => renderer.render([undefined as unknown as RenderJob])).toThrow(TypeError)
  })

  it('takes templates of compileTemplate only', () => {
    expect(() => createBlockRenderer([{ render: () => '' }], { rowTimeoutMs: 1 })).toThrow(TypeError)
  })
})
