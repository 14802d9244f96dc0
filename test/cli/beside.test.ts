import { describe, expect, test } from 'vitest'
import { besideText } from '../../src/cli/beside.ts'
import { createCampaignFolder } from '../support/campaign-folder.ts'

const REQUEST = {
  method: 'POST',
  url: 'https://api.example.com/v1/c-1',
  headers: [
    { name: 'X-Shop', value: 'Acme' },
    { name: 'Accept', value: 'application/json' },
  ],
  body: '{"id":"c-1"}',
}

function shown(width: number, request = REQUEST): string[] {
  using folder = createCampaignFolder({
    'campaign.yaml': [
      'name: beside',
      'audience: people.ndjson',
      'webhook:',
      '  url: "https://api.example.com/v1/{{ customer.id }}"',
      '  headers:',
      '    - { name: X-Shop, value: "{{ params.shop }}" }',
      '  body: { file: body.j2 }',
      'params: { shop: Acme }',
    ].join('\n'),
    'body.j2': '{#- a comment -#}\n{"id":\t"{{ customer.id }}"}\n',
    'people.ndjson': '',
  })
  const { campaign } = folder.load()
  return besideText(campaign, request, { width }).split('\n')
}

describe('besideText', () => {
  test('puts each line of the head beside its template, and the body beside its own', () => {
    const left = (text: string): string => `${text.padEnd(58)} │ `
    expect(shown(120)).toEqual([
      `${left('4  /v1/{{ customer.id }}')}POST https://api.example.com/v1/c-1`,
      `${left('6  {{ params.shop }}')}X-Shop: Acme`,
      `${left('')}Accept: application/json`,
      '',
      left('body.j2').trimEnd(),
      `${left('1  {#- a comment -#}')}{`,
      `${left('2  {"id":  "{{ customer.id }}"}')}  "id": "c-1"`,
      `${left('')}}`,
      '',
    ])
  })

  test('folds what is longer than its column', () => {
    const long = { ...REQUEST, body: JSON.stringify({ text: 'x'.repeat(100) }) }
    for (const line of shown(120, long)) expect(line.length).toBeLessThanOrEqual(120)
    expect(shown(120, long).join('').match(/x/g)?.length).toBeGreaterThanOrEqual(100)
  })

  test('puts the request below its templates on a narrow terminal', () => {
    expect(shown(80)).toEqual([
      'campaign.yaml',
      '4  /v1/{{ customer.id }}',
      'campaign.yaml',
      '6  {{ params.shop }}',
      'body.j2',
      '1  {#- a comment -#}',
      '2  {"id":\t"{{ customer.id }}"}',
      '',
      'POST https://api.example.com/v1/c-1',
      'X-Shop: Acme',
      'Accept: application/json',
      '',
      '{',
      '  "id": "c-1"',
      '}',
      '',
    ])
  })
})
