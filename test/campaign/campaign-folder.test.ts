import { execFileSync } from 'node:child_process'
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadCampaign } from '../../src/campaign/campaign-file.ts'
import { type CampaignSnapshot, campaignFilesAt, campaignFilesFrom } from '../../src/campaign/campaign-folder.ts'
import {
  type CampaignFolder,
  campaignWith,
  createCampaignFolder,
  plainSettings,
  problemsOf,
} from '../support/campaign-folder.ts'

function createWith(body: string, more: Readonly<Record<string, string | Uint8Array>> = {}): CampaignFolder {
  return createCampaignFolder({ 'campaign.yaml': campaignWith({ webhook: `body: { file: ${body} }` }), ...more })
}

describe('a campaign file', () => {
  it('is refused when it is not there or a folder', () => {
    using folder = createCampaignFolder({ 'a/campaign.yaml': '' })
    const missing = join(folder.path, 'campaign.yaml')
    expect(problemsOf(() => campaignFilesAt(missing))).toEqual([`${missing} file not found`])
    const inner = join(folder.path, 'a')
    expect(problemsOf(() => campaignFilesAt(inner))).toEqual([
      `${inner} expected a campaign file, got a folder: name the file in it, such as campaign.yaml`,
    ])
  })

  it('may be a link, and is read with what lies beside its target', () => {
    using folder = createCampaignFolder({
      'v1/campaign.yaml': campaignWith({ webhook: 'body: { file: a.j2 }' }),
      'v1/a.j2': 'hello',
    })
    symlinkSync('v1/campaign.yaml', join(folder.path, 'campaign.yaml'))
    const { campaign, snapshot } = folder.load()
    expect(campaign.webhook.body?.text).toBe('hello')
    expect(basename(snapshot.folder)).toBe('v1')
  })
})

describe('a file that a campaign names', () => {
  it('is read from the folder and below', () => {
    using folder = createWith('./parts/../parts/a.j2', { 'parts/a.j2': 'hello' })
    expect(folder.load().campaign.webhook.body).toEqual({ text: 'hello', file: './parts/../parts/a.j2', line: 1 })
  })

  it('may be a link that stays inside', () => {
    using folder = createWith('a.j2', { 'b.j2': 'hello' })
    symlinkSync('b.j2', join(folder.path, 'a.j2'))
    expect(folder.load().campaign.webhook.body?.text).toBe('hello')
  })

  it.each(['../secret', '/etc/hostname', 'parts/../../secret', '..'])('is refused outside: %s', (path) => {
    using folder = createWith(path)
    expect(folder.problems()).toEqual([`campaign.yaml:5:11 file outside the folder of the campaign: ${path}`])
  })

  it('is refused when a link leads outside', () => {
    using folder = createWith('a.j2')
    using other = createCampaignFolder({ secret: 'canary' })
    symlinkSync(join(other.path, 'secret'), join(folder.path, 'a.j2'))
    expect(folder.problems()).toEqual(['campaign.yaml:5:11 file outside the folder of the campaign: a.j2'])
    rmSync(join(folder.path, 'a.j2'))
    symlinkSync(other.path, join(folder.path, 'parts'))
    writeFileSync(join(folder.path, 'campaign.yaml'), campaignWith({ webhook: 'body: { file: parts/secret }' }))
    expect(folder.problems()).toEqual(['campaign.yaml:5:11 file outside the folder of the campaign: parts/secret'])
  })

  it('is refused when it is missing, no file, too large or not UTF-8', () => {
    using folder = createWith('a.j2')
    const path = join(folder.path, 'a.j2')
    expect(folder.problems()).toEqual(['campaign.yaml:5:11 file not found: a.j2'])
    mkdirSync(path)
    expect(folder.problems()).toEqual(['campaign.yaml:5:11 not a regular file: a.j2'])
    rmSync(path, { recursive: true })
    execFileSync('sh', ['-c', 'mkfifo "$0"', path])
    expect(folder.problems()).toEqual(['campaign.yaml:5:11 not a regular file: a.j2'])
    rmSync(path)
    writeFileSync(path, 'x'.repeat(1_048_577))
    expect(folder.problems()).toEqual(['campaign.yaml:5:11 file larger than 1 MiB: a.j2'])
    writeFileSync(path, Uint8Array.of(0xc3, 0x28))
    expect(folder.problems()).toEqual(['campaign.yaml:5:11 expected a.j2 to be UTF-8, got other bytes'])
    rmSync(path)
    symlinkSync('a.j2', path)
    expect(folder.problems()).toEqual(['campaign.yaml:5:11 file not readable: a.j2'])
  })

  it('may be an audience that is not there yet: who reads it says so', () => {
    using folder = createWith('a.j2', { 'a.j2': '' })
    const text = campaignWith({ top: 'exclude: [unsubscribed.csv, ../other.csv]' })
    writeFileSync(join(folder.path, 'campaign.yaml'), text)
    expect(folder.problems()).toEqual(['campaign.yaml:5:29 file outside the folder of the campaign: ../other.csv'])
    writeFileSync(join(folder.path, 'campaign.yaml'), text.replace(', ../other.csv', ''))
    const { campaign } = folder.load()
    expect(campaign.audience.path).toBe(join(folder.files().folder, 'customers.csv'))
    expect(campaign.excludeFiles).toEqual([join(folder.files().folder, 'unsubscribed.csv')])
  })
})

function createWithCa(ca: string): CampaignFolder {
  return createCampaignFolder({ 'campaign.yaml': campaignWith({ webhook: `tls: { ca: "${ca}" }` }) })
}

function makeCertificate(folder: string): { key: string } {
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'ca.pem')]
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  const request = ['req', '-x509', ...curve, '-keyout', key, '-out', cert, '-subj', '/CN=test', '-days', '2']
  execFileSync('sh', ['-c', 'openssl "$@"', 'openssl', ...request], { stdio: 'ignore' })
  return { key }
}

describe('certificates', () => {
  it('are read from a PEM file, or a variable with its path or its text', () => {
    using folder = createWithCa('./ca.pem')
    makeCertificate(folder.path)
    const { ca } = folder.load().campaign.webhook
    expect(ca).toMatch(/^-----BEGIN CERTIFICATE-----/)
    using byVariable = createWithCa('${CA}')
    renameSync(join(folder.path, 'ca.pem'), join(byVariable.path, 'ca.pem'))
    expect(byVariable.load({ env: { CA: 'ca.pem' } }).campaign.webhook.ca).toBe(ca)
    expect(byVariable.load({ env: { CA: ca ?? '' } }).campaign.webhook.ca).toBe(ca)
  })

  it('are refused when they are none', () => {
    using folder = createWithCa('ca.pem')
    const problem = (content: string | Uint8Array): readonly string[] => {
      writeFileSync(join(folder.path, 'ca.pem'), content)
      return folder.problems()
    }
    expect(folder.problems()).toEqual(['campaign.yaml:5:10 file not found: ca.pem'])
    const { key } = makeCertificate(folder.path)
    const start = 'campaign.yaml:5:10 expected ca.pem to hold certificates in PEM, got'
    expect(problem('')).toEqual([`${start} nothing`])
    expect(problem('hello')).toEqual([`${start} something else`])
    expect(problem(execFileSync('cat', [key]))).toEqual([`${start} a private key`])
    expect(problem('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----')).toEqual([`${start} a damaged one`])
    using byVariable = createWithCa('${CA}')
    expect(byVariable.problems()).toEqual(['campaign.yaml:5:10 environment variable not set: CA, for webhook.tls.ca'])
    expect(byVariable.problems({ env: { CA: '-----BEGIN canary' } })).toEqual([
      'campaign.yaml:5:10 expected the variable of webhook.tls.ca to hold certificates in PEM, got something else',
    ])
  })
})

describe('a snapshot', () => {
  const campaign = campaignWith({
    webhook: [
      'url: "${SMS_URL}/v1/{{ customer.id }}"',
      'body: { file: parts/a.j2 }',
      'headers: [{ name: X-Key, value: "${API_KEY}", type: secret }]',
      'auth: { type: basic, username: acme, password: "${SMS_PASSWORD}" }',
    ].join('\n'),
    top: 'params: { shop: Acme }\nexclude: [no.csv]',
  })
  const env = { SMS_URL: 'https://sms.example.com', API_KEY: 'canary-key', SMS_PASSWORD: 'canary-password' }
  const settings = { ...plainSettings, project: { name: 'Spring' } }

  it('gives the same campaign when the folder is gone and the settings have changed', () => {
    using folder = createCampaignFolder({ 'campaign.yaml': campaign, 'parts/a.j2': '{"a": "{{ params.shop }}"}' })
    const first = folder.load({ env, settings, params: { shop: 'Other' }, audience: { path: '/tmp/people.csv' } })
    const kept = JSON.parse(JSON.stringify(first.snapshot)) as CampaignSnapshot
    rmSync(folder.path, { recursive: true })
    mkdirSync(folder.path)
    const again = loadCampaign(campaignFilesFrom(kept), { env, settings: plainSettings })
    expect(again).toEqual(first)
    expect(again.campaign).toMatchObject({
      params: { shop: 'Other' },
      project: { name: 'Spring' },
      audience: { path: '/tmp/people.csv' },
    })
  })

  it('keeps names of variables, and no value of theirs', () => {
    using folder = createCampaignFolder({ 'campaign.yaml': campaign, 'parts/a.j2': '{}' })
    const { campaign: loaded, snapshot } = folder.load({ env, settings })
    expect(snapshot.secrets).toEqual(['API_KEY', 'SMS_PASSWORD', 'SMS_URL'])
    expect(Object.keys(snapshot.texts)).toEqual(['campaign.yaml', 'parts/a.j2'])
    expect(JSON.stringify({ loaded, snapshot })).not.toContain('canary')
  })

  it('warns when the origin has moved since', () => {
    using folder = createCampaignFolder({ 'campaign.yaml': campaign, 'parts/a.j2': '{}' })
    const { snapshot } = folder.load({ env, settings })
    const moved = { ...env, SMS_URL: 'https://new.example.com' }
    const again = loadCampaign(campaignFilesFrom(snapshot), { env: moved, settings })
    const message =
      'webhook.url was at https://sms.example.com when the run started, and is at https://new.example.com now'
    expect(again.campaign.warnings).toContainEqual({ code: 'origin_changed', message, count: 1 })
    expect(again.campaign.webhook.origin).toBe('https://new.example.com')
    expect(again.snapshot.origin).toBe('https://sms.example.com')
  })

  it('has no other files than those that it kept', () => {
    using folder = createCampaignFolder({ 'campaign.yaml': campaign, 'parts/a.j2': '{}' })
    const { snapshot } = folder.load({ env, settings })
    const files = campaignFilesFrom({ ...snapshot, texts: { 'campaign.yaml': campaign } })
    expect(problemsOf(() => loadCampaign(files, { env, settings }))).toEqual([
      'campaign.yaml:6:11 file not kept with the run: parts/a.j2',
    ])
  })
})
