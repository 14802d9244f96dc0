import { describe, expect, it, onTestFinished } from 'vitest'
import { campaignWith, createCampaignFolder, type CampaignFolder } from '../support/campaign-folder.ts'

function folderWith(webhook: string, files: Record<string, string> = {}): CampaignFolder {
  const folder = createCampaignFolder({ 'campaign.yaml': campaignWith({ webhook }), 'customers.csv': 'id\n', ...files })
  onTestFinished(() => folder[Symbol.dispose]())
  return folder
}

const delaysOf = (webhook: string): readonly number[] => folderWith(webhook).load().campaign.webhook.retry.delaysMs

describe('webhook.batch', () => {
  it('is read, templates from files and written out alike', () => {
    const folder = folderWith(
      'batch: { size: 100, root: { file: root.j2 }, customer: "{}", outcomes: { items: /results, key: position, ok: /success }, on_client_error: split }',
      { 'root.j2': '[{{ customers|join(",") }}]' },
    )
    const { campaign, snapshot } = folder.load()
    expect(campaign.webhook.batch).toMatchObject({
      size: 100,
      root: { text: '[{{ customers|join(",") }}]', file: 'root.j2', line: 1 },
      customer: { text: '{}', file: 'campaign.yaml', line: 5 },
      outcomes: {
        items: '/results',
        key: 'position',
        ok: '/success',
        code: '/errors/0/code',
        message: '/errors/0/description',
        missing: 'failed',
      },
      onClientError: 'split',
    })
    expect(Object.keys(snapshot.texts)).toContain('root.j2')
  })

  it('leaves out nobody whom an answer does not name when items list failures only', () => {
    const { campaign } = folderWith(
      'batch: { size: 2, root: a, customer: b, outcomes: { items: "", key: /id } }',
    ).load()
    expect(campaign.webhook.batch?.outcomes).toMatchObject({ ok: null, missing: 'sent' })
  })

  it.each([
    [
      'batch: { size: 5000, root: a, customer: b }',
      '5:12 expected webhook.batch.size to be a whole number from 1 to 1000, got 5000',
    ],
    [
      'batch: { size: 10, customer: b }',
      '5:3 expected webhook.batch.root to be a template or { file: … }, got nothing',
    ],
    [
      'batch: { size: 10, root: a }',
      '5:3 expected webhook.batch.customer to be a template or { file: … }, got nothing',
    ],
    [
      'batch: { root: a, customer: b }',
      '5:3 expected webhook.batch.size to be a whole number from 1 to 1000, got nothing',
    ],
    ['batch: { size: 10, root: { file: no.j2 }, customer: b }', '5:30'],
    ['batch: { size: 10, root: a, customer: b, outcomes: { key: results } }', 'webhook.batch.outcomes'],
  ])('that is wrong is named with its place: %s', (webhook, message) => {
    expect(folderWith(webhook).problems().join('\n')).toContain(message)
  })

  it('has eight attempts from a size of 10 on, and four below', () => {
    const three = [7000, 45_000, 300_000]
    expect(delaysOf('batch: { size: 9, root: a, customer: b }')).toEqual(three)
    expect(delaysOf('batch: { size: 10, root: a, customer: b }')).toEqual([...three, ...Array(4).fill(300_000)])
    expect(delaysOf('batch: { size: 10, root: a, customer: b }\nretry: { delays: [1s] }')).toEqual([1000])
    expect(delaysOf('body: a')).toEqual(three)
  })
})
