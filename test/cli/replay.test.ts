import { describe, expect } from 'vitest'
import type { Reply } from '../support/receiver.ts'
import { test, type Desk } from './fixture.ts'

const REFUSED: Reply = { body: { success: false } }

/** A finished run of three in which the first failed. */
async function withOneFailed(openDesk: (options: object) => Promise<Desk>): Promise<{ desk: Desk; runId: string }> {
  const desk = await openDesk({ answer: (_: unknown, n: number) => (n === 0 ? REFUSED : {}) })
  desk.writeCampaign({ webhook: 'concurrency: 1' })
  return { desk, runId: (await desk.json(['run', 'campaign.yaml'])).object.run_id }
}

describe('hookcast replay', () => {
  test('calls again for those who failed, with new keys and the campaign as it is now', async ({ openDesk }) => {
    const { desk, runId } = await withOneFailed(openDesk)
    desk.writeCampaign({ webhook: `body: '{"again": "{{ customer.name }}"}'` })
    const { code, object, stderr } = await desk.json(['replay', runId.slice(0, 25), '--yes'])
    expect({ code, ...object }).toMatchObject({ code: 0, state: 'finished', customers: 1, sent: 1 })
    expect(stderr).toContain(`Replaying 1 customer of ${runId}, with the rows that it kept: 1 failed (1 refused)\n`)
    expect(desk.receiver.requests.slice(3)).toMatchObject([{ body: '{"again": "Ada"}', key: `${object.run_id}-0` }])
    expect((await desk.runs()).map(({ run_id }) => run_id)).toEqual([object.run_id, runId])
  })

  test('keeps key and bytes of a request that may have arrived, unless told not to', async ({ openDesk }) => {
    const desk = await openDesk({
      answer: (_: unknown, n: number) => (n === 0 || n === 3 ? { misbehave: 'reset' } : {}),
    })
    desk.writeCampaign({ webhook: 'concurrency: 1\nretry: { delays: [] }' })
    const { object: old } = await desk.json(['run', 'campaign.yaml'])
    expect(old).toMatchObject({ failed: 1, sent: 2, in_doubt: 1 })
    desk.writeCampaign({ webhook: `retry: { delays: [] }\nbody: '{"again": "{{ customer.name }}"}'` })
    const same = await desk.json(['replay', old.run_id, '--yes'])
    expect(same.stderr).toContain('1 keep key and bytes, as the receiver may have them')
    const other = await desk.json(['replay', old.run_id, '--yes', '--new-keys'])
    expect(desk.receiver.requests.slice(3)).toMatchObject([
      { key: `${old.run_id}-0`, body: desk.receiver.requests[0]!.body },
      { key: `${other.object.run_id}-0`, body: '{"again": "Ada"}' },
    ])
  })

  test('starts nothing where nobody can be asked and --yes is not given', async ({ openDesk }) => {
    const { desk, runId } = await withOneFailed(openDesk)
    const { code, stdout, stderr } = await desk.hookcast(['replay', runId])
    expect({ code, stdout, calls: desk.receiver.count }).toEqual({ code: 2, stdout: '', calls: 3 })
    expect(stderr).toContain('Replaying 1 customer')
    expect(stderr).toContain('expected `--yes` to be given where nobody can be asked')
  })

  test('makes no run when nobody is among those asked for', async ({ openDesk }) => {
    const { desk, runId } = await withOneFailed(openDesk)
    for (const filter of [
      ['--status', 'aborted'],
      ['--reason', 'exhausted,timeout'],
      ['--http-status', '500-599,429'],
    ]) {
      const { code, stderr, stdout } = await desk.hookcast(['replay', runId, '--yes', '--json', ...filter])
      expect({ code, stdout }).toEqual({ code: 0, stdout: `{"replay_of":"${runId}","customers":0}\n` })
      expect(stderr).toContain('Nothing to replay')
    }
    expect(await desk.runs()).toHaveLength(1)
  })

  test('checks the campaign as it is now first', async ({ openDesk }) => {
    const { desk, runId } = await withOneFailed(openDesk)
    desk.writeCampaign({ webhook: "body: '{{ x'" })
    const { code, stderr } = await desk.hookcast(['replay', runId, '--yes'])
    expect({ code, calls: desk.receiver.count }).toEqual({ code: 2, calls: 3 })
    expect(stderr).toMatch(/^campaign\.yaml:6:\d+ /)
  })
})
