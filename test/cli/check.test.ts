import { describe, expect } from 'vitest'
import { CHECK_IDS, type ContractReport } from '../../src/contract/contract.ts'
import { rightfulApi } from '../contract/fixture.ts'
import { createAuthority } from '../support/certificates.ts'
import { test, type Desk, type Ended } from './fixture.ts'

const PASSWORD = 'correct horse, battery: staple'
const ENV = { SMS_PASSWORD: PASSWORD, SMS_TOKEN: 'canary-token-5', HOOKCAST_DATA: '/tmp/canary' }
const BASIC = ['--user', 'acme', '--password-env', 'SMS_PASSWORD']
/** Checks that take few calls. */
const FEW = ['--only', 'no_credentials,valid_call,success_body']

type Check = (args?: readonly string[], path?: string) => Promise<Ended>

function checkAt(desk: Desk): Check {
  return (args = [...BASIC, ...FEW], path = '/v1/messages') =>
    desk.hookcast(['check', `${desk.receiver.url}${path}`, ...args], { env: ENV })
}

describe('hookcast check', () => {
  test('tells how much it sends, then what it found, as a table', async ({ openDesk }) => {
    const desk = await openDesk({ answer: rightfulApi() })
    const { code, stdout, stderr } = await checkAt(desk)([
      ...BASIC,
      '--only',
      'https,no_credentials',
      '--only',
      'clock',
    ])
    const url = `${desk.receiver.url}/v1/messages`
    expect({ code, stderr }).toEqual({ code: 0, stderr: `Up to 2 requests with X-Hookcast-Test: 1 to ${url}\n` })
    expect(stdout).toBe(
      `${url}  warn
2 passed, 1 to mind

warn         https           Plain http, which is good for this machine alone
                             → Serve it over HTTPS, with a certificate of a public authority for
                             this name, before a campaign calls it
pass         no_credentials  A call without credentials was answered with 401
pass         clock           Its clock and this one agree
`,
    )
  })

  test('prints with --json exactly one object, its keys in their order', async ({ openDesk }) => {
    const desk = await openDesk({ answer: rightfulApi() })
    const { code, stdout } = await checkAt(desk)([
      ...BASIC,
      '--json',
      '--skip',
      'latency_1,latency_50,connections,latency_200',
    ])
    const report = JSON.parse(stdout) as ContractReport
    expect({ code, keys: Object.keys(report) }).toEqual({ code: 0, keys: ['schema', 'url', 'grade', 'checks'] })
    expect(report).toMatchObject({ schema: 1, url: `${desk.receiver.url}/v1/messages`, grade: 'warn' })
    expect(report.checks.map(({ id }) => id)).toEqual(CHECK_IDS.slice(0, -4))
    for (const each of report.checks) {
      expect(Object.keys(each)).toEqual(['id', 'status', 'message', 'fix', 'evidence'])
      expect(['string', 'object']).toContain(typeof each.fix)
    }
  })

  test('gives 1 when a check failed, and shows what was seen', async ({ desk }) => {
    const { code, stdout } = await checkAt(desk)()
    expect(code).toBe(1)
    expect(stdout).toContain('fail         no_credentials  A call without credentials was answered with 200')
    expect(stdout).toMatch(/→ Answer a call without credentials with 401.*\n.*\n +seen: http_status 200/)
  })

  test('gives 1 when nobody is there', async ({ desk }) => {
    await desk.receiver.stop()
    const { code, stdout } = await checkAt(desk)()
    expect(code).toBe(1)
    expect(stdout).toMatch(/fail +valid_call +A valid call was not answered \(Connection was refused:\s/)
  })

  test('calls an API over HTTPS whose authority it is told', async ({ openDesk }) => {
    const authority = createAuthority('cli')
    const desk = await openDesk({ answer: rightfulApi(), tls: authority.issue() })
    desk.write('ca.pem', authority.ca)
    authority.remove()
    const args = [...BASIC, '--only', 'https,valid_call']
    expect((await checkAt(desk)([...args, '--ca', 'ca.pem'])).stdout).toMatch(/ {2}pass\n/)
    const untrusted = await checkAt(desk)(args)
    expect(untrusted).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('unknown authority (trust it with --ca)'),
    })
  })

  test('sends the body and the headers that it is given', async ({ desk }) => {
    desk.write('email.json', '{"id": "{{ request.id }}", "subject": "Hi"}\n')
    const headers = ['--header', 'X-Shop: acme ', '--header', 'X-Signed-By: ${SMS_TOKEN}', '--header', 'Accept:text/x']
    await checkAt(desk)(['--payload', 'email.json', ...headers, ...FEW])
    const [valid, without] = desk.receiver.requests
    expect(JSON.parse(valid!.body)).toEqual({ id: valid!.key, subject: 'Hi' })
    expect(valid!.headers).toMatchObject({ 'x-shop': 'acme', 'x-signed-by': 'canary-token-5', accept: 'text/x' })
    expect(without!.headers).toMatchObject({ 'x-shop': 'acme' })
    expect(without!.headers).not.toHaveProperty('x-signed-by')
  })

  test('knows a key by its name, and a bearer token', async ({ desk }) => {
    await checkAt(desk)(['--header', 'X-Api-Key: canary', '--only', 'no_credentials'])
    expect(desk.receiver.requests.map(({ headers }) => headers['x-api-key'])).toEqual(['canary', undefined])
    await checkAt(desk)(['--bearer-env', 'SMS_TOKEN', '--header', 'X-Api-Key: canary', '--only', 'no_credentials'])
    expect(
      desk.receiver.requests.slice(2).map(({ headers }) => [headers['authorization'], headers['x-api-key']]),
    ).toEqual([
      ['Bearer canary-token-5', 'canary'],
      [undefined, 'canary'],
    ])
  })

  test('sends a batch, and looks at its items', async ({ openDesk }) => {
    const results = [
      { customer_id: 'a', success: true },
      { customer_id: 'b', success: true },
    ]
    const desk = await openDesk({ answer: () => ({ body: { success: true, results } }) })
    const { stdout } = await checkAt(desk)(['--batch', '--only', 'success_body'])
    expect(stdout).toContain('Success is told for each message of the batch')
    expect(JSON.parse(desk.receiver.requests[0]!.body)).toMatchObject({ messages: [{}, {}] })
  })

  test('shows no secret, whatever the API says', async ({ openDesk }) => {
    const desk = await openDesk({
      answer: ({ headers }) => ({ status: 403, body: `${headers['authorization'] ?? ''} ${PASSWORD} \u001B[2J` }),
    })
    for (const form of [[], ['--json']]) {
      const { stdout, stderr } = await checkAt(desk)([...BASIC, ...FEW, ...form])
      expect(stdout).toContain('***')
      for (const secret of [PASSWORD, Buffer.from(`acme:${PASSWORD}`).toString('base64'), '\u001B']) {
        expect(stdout + stderr).not.toContain(secret)
      }
    }
  })

  test('sends no more than it may', async ({ openDesk }) => {
    const desk = await openDesk({ answer: rightfulApi() })
    const { stdout, stderr } = await checkAt(desk)([...BASIC, '--max-requests', '8'])
    expect(stderr).toMatch(/^Up to \d requests /)
    expect(desk.receiver.count).toBeLessThanOrEqual(8)
    expect(stdout).toContain('→ Allow more by --max-requests')
  })

  test.for([[], ['--json']])('ends at Ctrl-C without a report (%s)', async (form, { openDesk }) => {
    const desk = await openDesk({ answer: () => ({ misbehave: 'hang' }) })
    const going = desk.start(['check', desk.receiver.url, ...form])
    await desk.receiver.waitFor(1)
    going.signal('SIGINT')
    const { code, stdout, stderr } = await going.ended
    expect({ code, calls: desk.receiver.count }).toEqual({ code: 130, calls: 1 })
    expect(stderr).toMatch(/\nInterrupted: nothing more is sent, and there is no report\n$/)
    if (form.length === 0) expect(stdout).toBe('')
    else expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'HOOKCAST_INTERRUPTED' } })
  })
})

describe('hookcast check refuses', () => {
  const REFUSED: Readonly<Record<string, readonly [args: readonly string[], told: string]>> = {
    'a user name without a password': [['--user', 'a'], 'expected `--password-env` to be given too'],
    'a password without a user name': [['--password-env', 'SMS_PASSWORD'], 'expected `--user` to be given too'],
    'a variable that is not set': [
      ['--bearer-env', 'NOT_SET'],
      'expected `--bearer-env` to be the name of an environment variable that is set, got "NOT_SET"',
    ],
    'a variable of its own': [['--bearer-env', 'HOOKCAST_DATA'], 'expected `--bearer-env` to be the name'],
    'two kinds of credentials': [
      [...BASIC, '--bearer-env', 'SMS_TOKEN'],
      "option '--bearer-env <name>' cannot be used with option",
    ],
    'two Authorization headers': [
      [...BASIC, '--header', 'Authorization: Basic ${SMS_TOKEN}'],
      'expected no header `Authorization` beside --user or --bearer-env, got one',
    ],
    'a user name with a colon': [
      ['--user', 'a:b', '--password-env', 'SMS_PASSWORD'],
      'expected `username` to be without a colon',
    ],
    'a header without a name': [['--header', 'secret-value'], "expected `--header` to be like 'Name: value'"],
    'a header of its own': [['--header', 'Idempotency-Key: 1'], 'expected no header `Idempotency-Key`: it is set by'],
    'a mark of its own': [['--header', 'X-Hookcast-Test: 0'], 'expected no header `X-Hookcast-Test`'],
    'a header of the connection': [['--header', 'Host: a'], 'it belongs to the connection'],
    'a header with odd characters': [['--header', 'X-A: ž'], 'expected header `X-A` to be visible ASCII'],
    'a body that is not JSON': [['--payload', 'ca.txt'], 'expected `--payload` to be a file with a JSON object'],
    'a body that is not there': [['--payload', 'none.json'], 'expected `--payload` to be a file that can be read'],
    'an authority that is none': [['--ca', 'ca.txt'], 'expected `--ca` to be certificates in PEM'],
    'an unknown check': [['--only', 'valid_cal'], 'did you mean valid_call?'],
    'to check nothing': [['--only', 'https', '--skip', 'https'], 'expected `--only` and `--skip` to leave a check'],
    'to send without end': [['--max-requests', '0'], 'expected `--max-requests` to be a whole number from 1 to 10000'],
  }

  test.for(Object.entries(REFUSED))('%s', async ([, [args, told]], { desk }) => {
    desk.write('ca.txt', 'no certificate')
    const { code, stdout, stderr } = await checkAt(desk)(args)
    expect({ code, stdout, calls: desk.receiver.count }).toEqual({ code: 2, stdout: '', calls: 0 })
    expect(stderr).toContain(told)
    expect(stderr).not.toMatch(/secret-value|correct horse|canary/)
  })

  test.for([
    ['sms.example.com', 'expected `url` to begin with https://'],
    ['ftp://sms.example.com', 'expected `url` to begin with https://'],
    ['https://acme:canary@sms.example.com/', 'they go into --user and --password-env'],
    ['https://sms.example.com/{{ customer.id }}', 'expected `url` to be written out'],
    ['https://sms.example.com/#part', 'expected `url` to hold no fragment'],
    ['https://sms.example.com/a b', 'expected `url` to hold no space'],
    ['https://', 'expected `url` to be'],
  ])('%s', async ([url = '', told], { desk }) => {
    const { code, stdout, stderr } = await desk.hookcast(['check', url, '--json'])
    expect({ code, error: (JSON.parse(stdout) as { error: { code: string } }).error.code }).toEqual({
      code: 2,
      error: 'HOOKCAST_USAGE',
    })
    expect(stderr).toContain(told)
    expect(stdout + stderr).not.toMatch(/canary|webhook\.url/)
  })
})
