import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect } from 'vitest'
import { findRun, lockRun } from '../../src/ledger/run-folder.ts'
import { test, type CampaignParts, type Desk } from './fixture.ts'

/** What each bad input is told is in docs/errors.md and its test; here is how the command behaves. */
interface BadInput extends CampaignParts {
  readonly what: string
  readonly files?: Readonly<Record<string, string | Uint8Array>>
  readonly env?: Readonly<Record<string, string>>
  readonly args?: readonly string[]
  /** Each has to be among what is told. */
  readonly told: readonly string[]
  /** What must never be shown. */
  readonly hidden?: string
}

const b = (lines: string): Readonly<Record<string, string>> => ({ 'body.j2': lines })
const FILE_BODY = 'body: { file: body.j2 }'

const CAMPAIGN_FILE: readonly BadInput[] = [
  {
    what: 'several mistakes, templates among them',
    webhook: `timout: 5s\nconcurrency: 0\n${FILE_BODY}\nheaders:\n  - { name: X-A, value: "{{ a | }}" }`,
    files: b('{{ x'),
    told: ['campaign.yaml:6:3 ', '\ncampaign.yaml:7:3 ', '\ncampaign.yaml:10:', '\nbody.j2:1:1 '],
  },
  {
    what: 'mistakes in templates of another folder, which are named from this one',
    files: {
      'spring/campaign.yaml':
        'name: spring\naudience: customers.csv\nwebhook: { url: "https://api.example.com/", body: { file: body.j2 } }\n',
      'spring/body.j2': '{{ x',
      'spring/customers.csv': 'id,name\nc-0\n',
    },
    args: ['spring/campaign.yaml'],
    told: ['spring/body.j2:1:1 expected'],
  },
  {
    what: 'mistakes in rows of another folder',
    files: {
      'spring/campaign.yaml':
        'name: spring\naudience: customers.csv\nwebhook: { url: "https://api.example.com/", body: { file: body.j2 } }\n',
      'spring/body.j2': '{}',
      'spring/customers.csv': 'id,name\nc-0\n',
    },
    args: ['spring/campaign.yaml'],
    told: ['spring/customers.csv:2 expected'],
  },
  { what: 'a file that is not there', args: ['nobody.yaml'], told: ['nobody.yaml file not found'] },
  {
    what: 'a param that the file does not have',
    top: 'params: { shop: Acme }',
    args: ['campaign.yaml', '--param', 'shp=1'],
    told: ['unknown param: shp, did you mean shop?'],
  },
  {
    what: 'an unknown key in hookcast.yaml',
    files: { 'hookcast.yaml': 'sendrs: 3\n' },
    told: ['hookcast.yaml:1:1 unknown key: sendrs, did you mean senders?'],
  },
]

const SECRETS: readonly BadInput[] = [
  {
    what: "a variable that is the program's own",
    webhook: 'auth: { type: bearer, token: "${HOOKCAST_TOKEN}" }',
    env: { HOOKCAST_TOKEN: 'canary-9f2' },
    told: ['environment variable not readable: HOOKCAST_TOKEN'],
    hidden: 'canary-9f2',
  },
  {
    what: 'a password with a line break at its end',
    webhook: 'auth: { type: basic, username: acme, password: "${PASSWORD}" }',
    env: { PASSWORD: 'canary-9f2\n' },
    told: ['webhook.auth.password to hold no line break, got one at its end: see PASSWORD'],
    hidden: 'canary-9f2',
  },
]

const TEMPLATES: readonly BadInput[] = [
  {
    what: 'mistakes in url, header and properties',
    webhook: [
      'url: "https://api.example.com/v1/{{ customer.id | }}"',
      'headers:',
      '  - { name: X-A, value: "{{ customer.name | nope }}" }',
      'event_properties: { a: "{% endif %}" }',
    ].join('\n'),
    told: ['campaign.yaml:6:', '\ncampaign.yaml:8:', '\ncampaign.yaml:9:'],
  },
]

const URLS: readonly BadInput[] = [
  {
    what: 'user-info',
    webhook: 'url: "https://acme:canary-9f2@api.example.com/v1"',
    told: ['campaign.yaml:6:3 expected webhook.url to hold no user name or password', 'they go under webhook.auth'],
    hidden: 'canary-9f2',
  },
]

const AUDIENCES: readonly BadInput[] = [
  { what: 'a file that is not there', audience: 'nobody.csv', told: ['nobody.csv expected `audience` to be a file'] },
  {
    what: 'ragged rows, all of them',
    files: { 'customers.csv': 'id,name\nc-0\nc-1,Bob\nc-2,Eve,x\n' },
    told: [
      'customers.csv:2 expected 2 cells as in the header, got 1',
      'customers.csv:4 expected 2 cells as in the header, got 3',
    ],
  },
]

/** As it would have been without the check: everything of it is laid out before the command is run. */
async function runBad(desk: Desk, input: BadInput): Promise<string> {
  desk.writeCampaign(input)
  for (const [name, content] of Object.entries(input.files ?? {})) desk.write(name, content)
  const { code, stdout, stderr } = await desk.hookcast(['run', ...(input.args ?? ['campaign.yaml'])], {
    env: input.env ?? {},
  })
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  return stderr
}

function runFolders(desk: Desk): readonly string[] {
  try {
    return readdirSync(join(desk.folder, '.hookcast/runs'))
  } catch {
    return []
  }
}

describe.each([
  ['campaign file', CAMPAIGN_FILE],
  ['secrets', SECRETS],
  ['templates', TEMPLATES],
  ['url', URLS],
  ['audience', AUDIENCES],
] as const)('bad %s', (_, inputs) => {
  test.for(inputs)('$what: is told, exit code 2, and nothing is sent', async (input, { desk }) => {
    const stderr = await runBad(desk, input)
    for (const told of input.told) expect(stderr).toContain(told)
    if (input.hidden !== undefined) expect(stderr).not.toContain(input.hidden)
    expect(desk.receiver.connections).toBe(0)
    expect(runFolders(desk)).toEqual([])
  })
})

describe('an audience that is odd but whole', () => {
  test('is a run of nobody when it is empty, with a warning', async ({ desk }) => {
    desk.writeCampaign()
    desk.write('customers.csv', 'id,name\n')
    const { code, object } = await desk.json(['run', 'campaign.yaml'])
    expect({ code, state: object.state, customers: object.customers }).toEqual({
      code: 0,
      state: 'finished',
      customers: 0,
    })
    expect(object.warnings.map((warning) => warning.code)).toEqual(['audience_empty'])
    expect(desk.receiver.connections).toBe(0)
  })

  test('is sent to twice when two rows have one id, and the warning counts them', async ({ desk }) => {
    desk.writeCampaign()
    desk.write('customers.csv', 'id,name\na,1\na,2\nb,3\n')
    const { code, object } = await desk.json(['run', 'campaign.yaml'])
    expect({ code, sent: object.sent }).toEqual({ code: 0, sent: 3 })
    expect(object.warnings).toMatchObject([{ code: 'audience_duplicates', count: 1 }])
  })

  test('has later rows of one id suppressed with `unique: true`', async ({ desk }) => {
    desk.writeCampaign({ top: 'unique: true' })
    desk.write('customers.csv', 'id,name\na,1\na,2\nb,3\n')
    const { code, object } = await desk.json(['run', 'campaign.yaml'])
    expect({ code, sent: object.sent, suppressed: object.suppressed }).toEqual({ code: 0, sent: 2, suppressed: 1 })
  })

  test('goes on past bad rows with --skip-bad-rows, which are failed', async ({ desk }) => {
    desk.writeCampaign()
    desk.write('customers.csv', 'id,name\na,1\nb\nc,3\n')
    const { code, object } = await desk.json(['run', 'campaign.yaml', '--skip-bad-rows'])
    expect({ code, sent: object.sent, failures: object.failures }).toEqual({ code: 1, sent: 2, failures: { row: 1 } })
  })
})

describe('a customer whose request cannot be made', () => {
  const messageOf = async (desk: Desk): Promise<string> => {
    const { code, object } = await desk.json(['run', 'campaign.yaml'])
    expect({ code, failures: object.failures, sent: object.sent }).toEqual({
      code: 1,
      failures: { render: 1 },
      sent: 1,
    })
    const args = ['report', object.run_id, '--format', 'ndjson', '--status', 'failed']
    return (JSON.parse((await desk.hookcast(args)).stdout) as { message: string }).message
  }

  test('fails alone when its body is no JSON, with the place in both texts', async ({ desk }) => {
    desk.writeCampaign({ webhook: FILE_BODY })
    desk.write('body.j2', '{\n  "points": {{ customer.points | safe }}\n}\n')
    desk.write('customers.csv', 'id,points\na,7\nb,many\n')
    expect(await messageOf(desk)).toMatch(/body\.j2:2.*JSON/s)
    expect(desk.receiver.count).toBe(1)
  })

  test('fails alone when a header would hold a line break', async ({ desk }) => {
    desk.writeCampaign({ webhook: 'headers:\n  - { name: X-Name, value: "{{ customer.name }}" }' })
    desk.write('customers.csv', 'id,name\na,Ada\nb,"B\nX-Evil: 1"\n')
    expect(await messageOf(desk)).toMatch(/^campaign\.yaml.*header/s)
    expect(desk.receiver.count).toBe(1)
  })

  test('fails alone when its URL would be another resource', async ({ desk }) => {
    desk.writeCampaign({ webhook: `url: "${desk.receiver.url}/v1/{{ customer.name }}/send"` })
    desk.write('customers.csv', 'id,name\na,Ada\nb,..\n')
    expect(await messageOf(desk)).toMatch(/^campaign\.yaml.*path/s)
    expect(desk.receiver.requests.map(({ path }) => path)).toEqual(['/v1/Ada/send'])
  })
})

describe('a run folder that cannot be used', () => {
  const interrupted = async (desk: Desk): Promise<string> => {
    desk.writeCampaign()
    const { code, object } = await desk.json(['run', 'campaign.yaml', '--limit', '1'])
    expect(code).toBe(130)
    return object.run_id
  }
  const refused = async (desk: Desk, args: readonly string[]): Promise<string> => {
    const before = desk.receiver.count
    const { code, stdout, stderr } = await desk.hookcast(args)
    expect({ code, stdout, sent: desk.receiver.count - before }).toEqual({ code: 2, stdout: '', sent: 0 })
    return stderr
  }

  test('is told when another process has it', async ({ desk }) => {
    const runId = await interrupted(desk)
    const lock = lockRun(findRun(join(desk.folder, '.hookcast'), runId))
    expect(await refused(desk, ['resume', runId])).toContain(
      `Another process (pid ${process.pid}) is working on this run`,
    )
    lock.release()
    expect((await desk.hookcast(['resume', runId])).code).toBe(0)
  })

  test('is told when its ledger is of a newer schema', async ({ desk }) => {
    const runId = await interrupted(desk)
    using ledger = new DatabaseSync(findRun(join(desk.folder, '.hookcast'), runId).ledger)
    ledger.exec('PRAGMA user_version = 99')
    expect(await refused(desk, ['resume', runId])).toContain('The ledger has schema 99')
  })

  test('is told when its ledger is damaged', async ({ desk }) => {
    desk.unchecked = 'its ledger is damaged on purpose'
    const runId = await interrupted(desk)
    writeFileSync(findRun(join(desk.folder, '.hookcast'), runId).ledger, 'no database '.repeat(1000))
    expect(await refused(desk, ['resume', runId])).toContain('The ledger is damaged')
  })

  test('is told when a file is in the place of the data folder', async ({ desk }) => {
    desk.writeCampaign()
    desk.write('data', 'x')
    expect(await refused(desk, ['run', 'campaign.yaml', '--data', 'data'])).toContain('a file is in its place')
  })

  const mounted = async (desk: Desk, options: string, told: string): Promise<string | null> => {
    const place = join(desk.folder, 'mounted')
    mkdirSync(place)
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', place]).status !== 0) return null
    try {
      desk.writeCampaign()
      const stderr = await refused(desk, ['run', 'campaign.yaml', '--data', 'mounted'])
      expect(stderr).toContain(told)
      return stderr
    } finally {
      spawnSync('umount', [place])
    }
  }

  test('is told when its disk is full', async ({ desk, skip }) => {
    if ((await mounted(desk, 'size=1m', 'The disk is full')) === null) skip('mounting a small disk takes root')
  })

  test('is told that nothing was sent when the disk is full before the run has begun', async ({ desk, skip }) => {
    const row = `${'x'.repeat(1000)}\n`
    desk.write('customers.csv', `id,name\n${Array.from({ length: 4000 }, (_, i) => `c-${i},${row}`).join('')}`)
    // The ballast takes 8 MiB; not all customers have room beside it.
    const stderr = await mounted(desk, 'size=10m', 'the run had not begun, nothing was sent')
    if (stderr === null) return skip('mounting a small disk takes root')
    expect(stderr).toContain('Free space; a run that had begun goes on with `hookcast resume <run>`')
    expect(desk.receiver.count).toBe(0)
  })

  test('is told when its disk is read-only', async ({ desk, skip }) => {
    if ((await mounted(desk, 'ro', 'the folder is read-only')) === null) skip('mounting a read-only disk takes root')
  })
})
