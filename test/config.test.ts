import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { SecretText } from '../src/campaign/campaign.ts'
import type { Settings } from '../src/campaign/settings.ts'
import { findSettings, loadSettings } from '../src/config.ts'
import { environment } from '../src/environment.ts'
import { ConfigError } from '../src/errors.ts'
import { problemsOf as problemsIn } from './support/campaign-folder.ts'

const DAY_MS = 86_400_000
const GIB = 1024 ** 3
/** Event webhooks without a word about them. */
const EVENTS: Settings['events'] = {
  delaysMs: null,
  defaultProfile: 'svix',
  profiles: {},
  payloadsKeptMs: 30 * DAY_MS,
  attemptsKeptMs: 30 * DAY_MS,
  storageBytes: 20 * GIB,
  reserveBytes: null,
  mostHeld: 500_000,
  perApp: { perSecond: 5000, backlog: 1_000_000, bytes: 10 * GIB, endpoints: 1000 },
}

interface SettingsFolder extends Disposable {
  readonly path: string
  readonly file: string
}

function createFolder(text: string | null): SettingsFolder {
  const path = mkdtempSync(join(tmpdir(), 'settings-'))
  const file = join(path, 'hookcast.yaml')
  if (text !== null) writeFileSync(file, text)
  return { path, file, [Symbol.dispose]: () => rmSync(path, { recursive: true }) }
}

function load(text: string, env: Record<string, string> = {}): Settings {
  using folder = createFolder(text)
  return loadSettings(folder.file, env)
}

function problemsOf(text: string, env: Record<string, string> = {}): readonly string[] {
  using folder = createFolder(text)
  return problemsIn(() => loadSettings(folder.file, env)).map((problem) => problem.replace(`${folder.path}/`, ''))
}

const at = (text: string, line: number): SecretText => ({ text, file: 'hookcast.yaml', line })

describe('settings', () => {
  it('have a default for everything', () => {
    const expected = {
      data: resolve('.hookcast'),
      senders: null,
      redis: null,
      auth: {},
      throughput: {},
      networkAllow: [],
      project: {},
      env: [],
      egress: {},
      events: EVENTS,
      eventNetwork: { allow: [], isHttpAllowed: false, ports: [443, 8443] },
      portal: { frameAncestors: [] },
      notify: null,
      triggers: {},
      log: { attempts: 'failed' },
      server: { publicUrl: null, publicListen: null, adminListen: null },
    }
    expect(loadSettings(null, {})).toEqual({ ...expected, file: null })
    using folder = createFolder('# nothing but a comment\n')
    expect(loadSettings(folder.file, {})).toEqual({
      ...expected,
      file: folder.file,
      data: join(folder.path, '.hookcast'),
    })
  })

  it('are what the file says', () => {
    const text = [
      'senders: 3',
      'redis: "redis://:${REDIS_PASSWORD}@127.0.0.1:6379"',
      'auth:',
      '  sms: { url_prefix: "https://${SMS_HOST}/v1/", type: basic, username: acme, password: "${SMS_PASSWORD}" }',
      '  crm: { url_prefix: "https://crm.example.com", type: bearer, token: "${CRM_TOKEN}" }',
      'throughput: { crm: { concurrency: 50, rate: 100/s }, slow: {} }',
      'egress: { static: { addresses: [203.0.113.10] }, via: { proxy: "http://user:${PW}@proxy:3128" } }',
      'network: { campaigns: { allow: [10.0.0.0/8, "fd00::/8", 192.168.1.5, "::1"] }, events: { allow: [10.9.0.1], http: true, ports: [443] } }',
      'project: { name: Spring }',
      'env: [SMS_PASSWORD]',
      'events: { retry: [5s, 5m], default_profile: acme, profiles: { acme: { header: X-Acme, content: "{body}", hash: sha256, encoding: hex, key_encoding: utf8, prefix: "sha256=" } }, retention: { payloads: 7d, attempts: 60d }, storage: 1.5GiB, disk_reserve: 2GiB, most_held: 1000, per_app: { rate: 100/s, backlog: 500, storage: 1GiB, endpoints: 5 } }',
      'notify: { on: [run.aborted], url: "https://a.example/${NOTIFY_PATH}", secret: "${NOTIFY_SECRET}" }',
      'portal: { frame_ancestors: ["https://a.example", "http://localhost:3000", "https://*.b.example"] }',
      'log: { attempts: all }',
      'server: { public_url: "https://a.example/", listen: { public: ":8080", admin: "[::1]:0" } }',
    ].join('\n')
    expect(load(text, { SMS_HOST: 'sms.example.com' })).toMatchObject({
      senders: 3,
      redis: at('redis://:${REDIS_PASSWORD}@127.0.0.1:6379', 2),
      auth: {
        sms: {
          type: 'basic',
          urlPrefix: 'https://sms.example.com/v1/',
          username: at('acme', 4),
          password: at('${SMS_PASSWORD}', 4),
        },
        crm: { type: 'bearer', urlPrefix: 'https://crm.example.com/', token: at('${CRM_TOKEN}', 5) },
      },
      throughput: {
        crm: { name: 'crm', concurrency: 50, perSecond: 100 },
        slow: { name: 'slow', concurrency: null, perSecond: null },
      },
      egress: {
        static: { name: 'static', kind: 'addresses', addresses: ['203.0.113.10'], concurrency: 200, line: 7 },
        via: { name: 'via', kind: 'proxy', proxy: at('http://user:${PW}@proxy:3128', 7), concurrency: 200, line: 7 },
      },
      networkAllow: ['10.0.0.0/8', 'fd00::/8', '192.168.1.5/32', '::1/128'],
      eventNetwork: { allow: ['10.9.0.1/32'], isHttpAllowed: true, ports: [443] },
      project: { name: 'Spring' },
      env: ['SMS_PASSWORD'],
      events: {
        delaysMs: [5_000, 300_000],
        defaultProfile: 'acme',
        profiles: {
          acme: {
            header: 'X-Acme',
            content: '{body}',
            hash: 'sha256',
            encoding: 'hex',
            key_encoding: 'utf8',
            prefix: 'sha256=',
          },
        },
        payloadsKeptMs: 7 * DAY_MS,
        attemptsKeptMs: 60 * DAY_MS,
        storageBytes: 1.5 * GIB,
        reserveBytes: 2 * GIB,
        mostHeld: 1000,
        perApp: { perSecond: 100, backlog: 500, bytes: GIB, endpoints: 5 },
      },
      notify: {
        on: ['run.aborted'],
        url: at('https://a.example/${NOTIFY_PATH}', 12),
        secret: at('${NOTIFY_SECRET}', 12),
      },
      portal: { frameAncestors: ['https://a.example', 'http://localhost:3000', 'https://*.b.example'] },
      log: { attempts: 'all' },
      server: {
        publicUrl: 'https://a.example',
        publicListen: { host: null, port: 8080 },
        adminListen: { host: '::1', port: 0 },
      },
    })
  })

  it('are frozen', () => {
    const settings = load('project: { list: [1] }')
    expect(() => (settings.project['list'] as number[]).push(2)).toThrow(TypeError)
  })

  it('keep the data folder beside the file, unless the environment names another', () => {
    using folder = createFolder('data: ./runs')
    expect(loadSettings(folder.file, {}).data).toBe(join(folder.path, 'runs'))
    expect(loadSettings(folder.file, { HOOKCAST_DATA: '/tmp/elsewhere' }).data).toBe('/tmp/elsewhere')
    expect(loadSettings(null, { HOOKCAST_DATA: 'here' }).data).toBe(resolve('here'))
    using absolute = createFolder('data: /srv/hookcast')
    expect(loadSettings(absolute.file, {}).data).toBe('/srv/hookcast')
  })

  const prefix = 'an https URL without user name, query and fragment'
  it.each([
    ['datta: x', '1:1 unknown key: datta, did you mean data?'],
    ['senders: 0', '1:1 expected senders to be a whole number from 1 to 64, got 0'],
    [
      'auth: { a: { type: basic, username: u, password: canary, url_prefix: "https://a.example" } }',
      '1:40 literal secret: auth.a.password, write password: "${A_PASSWORD}" and set that variable',
    ],
    [
      'auth: { a: { type: bearer, token: "${T}" } }',
      '1:9 expected auth.a.url_prefix to be a URL such as "https://sms.example.com/v1", got nothing',
    ],
    [
      'auth: { a: { type: bearer, token: "${T}", url_prefix: "https://u:canary@a.example" } }',
      `1:43 expected auth.a.url_prefix to be ${prefix}, got "https://…@a.example"`,
    ],
    [
      'auth: { a: { type: bearer, token: "${T}", url_prefix: "a.example/v1" } }',
      `1:43 expected auth.a.url_prefix to be ${prefix}, got "a.example/v1"`,
    ],
    [
      'auth: { a: { type: bearer, token: "${T}", url_prefix: "https://a.example/?x" } }',
      `1:43 expected auth.a.url_prefix to be ${prefix}, got "https://a.example/?…"`,
    ],
    [
      'auth: { a: { type: bearer, token: "${T}", url_prefix: "https://${HOST}/" } }',
      '1:43 environment variable not set: HOST, for auth.a.url_prefix',
    ],
    [
      'auth: { a: { type: bearer, token: [canary] } }',
      '1:28 expected auth.a.token to be a text with "${NAME}", got a list',
    ],
    ['auth: { a: canary }', '1:9 expected auth.a to be basic or bearer, got a text'],
    [
      'throughput: { a: { concurrency: 3000 } }',
      '1:20 expected throughput.a.concurrency to be a whole number from 1 to 2000, got 3000',
    ],
    [
      'network: { campaigns: { allow: [10.0.0.0/33] } }',
      '1:33 expected network.campaigns.allow[0] to be a range such as "10.0.0.0/8", got "10.0.0.0/33"',
    ],
    [
      'network: { campaigns: { allow: [localhost] } }',
      '1:33 expected network.campaigns.allow[0] to be a range such as "10.0.0.0/8", got "localhost"',
    ],
    [
      'network: { campaigns: { allow: [3, "::1/64/2"] } }',
      '1:33 expected network.campaigns.allow[0] to be a range such as "10.0.0.0/8", got 3',
    ],
    ['egress: { a: { addresses: [1.2.3.4, b] } }', '1:37 expected egress.a.addresses[1] to be an IP address, got "b"'],
    ['egress: { a: { addresses: [] } }', '1:16 expected egress.a.addresses to hold an IP address, got none'],
    [
      'egress: { a: { proxy: "socks5://p:1" } }',
      '1:16 expected egress.a.proxy to begin with http:// or https://, got socks5://',
    ],
    ['egress: { a: { proxy: "http://p:1/path" } }', '1:16 expected egress.a.proxy to end after the port, got more'],
    [
      'egress: { a: { proxy: "http://u:${PW}@" } }',
      '1:16 expected egress.a.proxy to be a URL such as "http://proxy:3128", got something else',
    ],
    [
      'egress: { a: { proxy: "http://p:1", concurrency: 0 } }',
      '1:37 expected egress.a.concurrency to be a whole number from 1 to 2000, got 0',
    ],
    ['egress: { a: { addresses: [1] } }', '1:28 expected egress.a.addresses[0] to be an IP address, got 1'],
    [
      'egress: { a: { proxy: "http://u:canary@proxy" } }',
      '1:16 literal secret: egress.a.proxy, write the password as "${NAME}" and set that variable',
    ],
    [
      'egress: { a: 3, b: { proxy: "http://proxy:3128" } }',
      '1:11 expected egress.a to be { addresses: […] } or { proxy: … }, got 3',
    ],
    [
      'redis: "redis://:canary@127.0.0.1"',
      '1:1 literal secret: redis, write the password as "${NAME}" and set that variable',
    ],
    [
      'redis: "redis://:${P}@${"',
      '1:1 expected each ${ in redis to begin a ${NAME}, got something else: $${ stands for the text itself',
    ],
    [
      'project: { a: "${TOKEN}" }',
      '1:12 ${TOKEN} is not allowed in project.a: it is read in auth, redis, notify, triggers and egress proxies only ($${TOKEN} stands for the text itself)',
    ],
    ['env: [A-B]', '1:7 expected env[0] to be the name of an environment variable, got "A-B"'],
    [
      'notify: { url: "https://a.example", secret: whsec_canary }',
      '1:37 literal secret: notify.secret, write secret: "${NOTIFY_SECRET}" and set that variable',
    ],
    [
      'notify: { secret: "${S}" }',
      '1:1 expected notify.url to be a URL such as "https://ops.example.com/hookcast", got nothing',
    ],
    [
      'notify: { on: [run.ended], url: "https://a.example", secret: "${S}" }',
      '1:16 expected notify.on[0] to be run.finished, run.aborted, webhook.held, schedule.missed, endpoint.suspended or storage.low, got a text',
    ],
    ['log: { attempts: most }', '1:8 expected log.attempts to be failed, all or none, got "most"'],
    [
      'server: { listen: { admin: "8080" } }',
      '1:21 expected server.listen.admin to be an address such as "127.0.0.1:8081" or ":8080", got "8080"',
    ],
    [
      'server: { listen: { public: "host:70000" } }',
      '1:21 expected server.listen.public to be an address such as "127.0.0.1:8081" or ":8080", got "host:70000"',
    ],
    [
      'server: { public_url: "ftp://u:canary@a.example" }',
      '1:11 expected server.public_url to be a URL such as "https://hookcast.example.com", got "ftp://…@a.example"',
    ],
    ...['https://a.example/x', "'none'", 'https://a.example; script-src *', '*', 'a.example'].map((origin) => [
      `portal: { frame_ancestors: [${JSON.stringify(origin)}] }`,
      `1:29 expected portal.frame_ancestors[0] to be an origin such as "https://app.example.com", got ${JSON.stringify(origin)}`,
    ]),
    ['- a', '1:1 expected the file to be a mapping of keys, got a list'],
    ['a: [', '1:5 not YAML: wrong indentation, or a closing bracket is missing'],
    [
      'throughput: { a: 1 }\nauth: { b: { type: basic, url_prefix: "https://a.example/" } }',
      '2:9 expected auth.b.username to be a text with "${NAME}", got nothing',
    ],
  ])('are refused when they are wrong, without showing a secret: %s', (text, message) => {
    const problems = problemsOf(text)
    expect(problems).toContain(`hookcast.yaml:${message}`)
    expect(problems.join()).not.toContain('canary')
  })

  it('are refused with a code of their own', () => {
    expect(() => load('a: 1')).toThrow(
      expect.objectContaining({ code: 'HOOKCAST_CONFIG_INVALID', name: 'ConfigError' }),
    )
    expect(() => loadSettings('/nowhere/hookcast.yaml', {})).toThrow(ConfigError)
  })

  it('are refused when the named file is not there or no file', () => {
    using folder = createFolder(null)
    expect(problemsIn(() => loadSettings(folder.file, {}))).toEqual([`${folder.file} file not found`])
    mkdirSync(folder.file)
    expect(problemsIn(() => loadSettings(folder.file, {}))).toEqual([`${folder.file} file not readable`])
  })

  it('are refused while certificates would not be verified', () => {
    expect(problemsOf('', { NODE_TLS_REJECT_UNAUTHORIZED: '0' })).toEqual([
      'environment expected NODE_TLS_REJECT_UNAUTHORIZED to be unset, got 0: certificates are always verified (tls.ca trusts another)',
    ])
    expect(problemsOf('', { NODE_TLS_REJECT_UNAUTHORIZED: '1' })).toEqual([])
  })
})

describe('findSettings', () => {
  it('looks beside the campaign first, then in the current folder', () => {
    using beside = createFolder('')
    using current = createFolder('')
    using empty = createFolder(null)
    expect(findSettings({ campaignFolder: beside.path, folder: current.path })).toBe(beside.file)
    expect(findSettings({ campaignFolder: empty.path, folder: current.path })).toBe(current.file)
    expect(findSettings({ campaignFolder: null, folder: current.path })).toBe(current.file)
    expect(findSettings({ campaignFolder: empty.path, folder: empty.path })).toBeNull()
  })
})

describe('environment', () => {
  it('is that of the process, as it is now', () => {
    expect(environment()).toEqual(process.env)
    expect(environment()).not.toBe(process.env)
  })
})
