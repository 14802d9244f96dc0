import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { METRICS } from '../../src/telemetry.ts'
import { codesIn, readPage } from '../support/page.ts'

interface Rule {
  readonly alert: string
  readonly expr: string
  readonly labels: { readonly severity: string }
}

interface Compose {
  readonly services: Readonly<
    Record<string, { readonly volumes: readonly string[]; readonly secrets: readonly string[] }>
  >
  readonly volumes: object
  readonly secrets: object
}

const page = readPage('docs/operations.md')

function deployed(name: string): string {
  return readFileSync(new URL(`../../docs/deploy/${name}`, import.meta.url), 'utf8')
}

const { groups } = parse(deployed('alerts.yaml')) as { readonly groups: readonly { readonly rules: readonly Rule[] }[] }
const rules = groups.flatMap(({ rules }) => rules)

describe('docs/operations.md', () => {
  it('says of every alert what it means and what to do, and of no other', () => {
    const [rows = []] = page.section('At 3 am').tables
    expect(rows.map(([name = '']) => codesIn(name)[0])).toEqual(rules.map(({ alert }) => alert))
    for (const row of rows) expect(row.filter((cell) => cell.trim() !== '')).toHaveLength(4)
  })

  it('has alerts of metrics and labels that the service exports', () => {
    expect(rules.length).toBeGreaterThan(5)
    for (const { alert, expr, labels } of rules) {
      const names = [...expr.matchAll(/hookcast_\w+?(?=_bucket\b|\b)/g)].map(([name]) => name)
      expect([alert, names.length > 0, names.filter((name) => !(name in METRICS))]).toEqual([alert, true, []])
      const known = names.flatMap((name) => [...METRICS[name as keyof typeof METRICS].labels])
      const used = [...expr.matchAll(/\{(\w+)=/g), ...expr.matchAll(/by \((\w+)/g)].map(([, label]) => label)
      expect([alert, used.filter((label) => !(known as readonly unknown[]).includes(label))]).toEqual([alert, []])
      expect(['page', 'ticket']).toContain(labels.severity)
    }
  })
})

describe('docs/deploy', () => {
  it('has a unit that systemd takes, where it is installed', () => {
    const unit = deployed('hookcast.service')
    expect(unit).toMatch(/^ExecStart=\S+\/hookcast serve /m)
    for (const name of ['DynamicUser=yes', 'ProtectSystem=strict', 'NoNewPrivileges=yes', 'KillMode=mixed']) {
      expect(unit).toContain(`\n${name}\n`)
    }
    if (!existsSync('/usr/bin/systemd-analyze')) return
    const path = fileURLToPath(new URL('../../docs/deploy/hookcast.service', import.meta.url))
    let said = ''
    try {
      said = execFileSync('systemd-analyze', ['verify', path], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
    } catch (error) {
      said = String((error as { stderr?: unknown }).stderr)
    }
    // The program is not in its place here, and nothing else is wrong.
    const others = said
      .split('\n')
      .filter((line) => line.includes('hookcast.service') && !line.includes('is not executable'))
    expect(others).toEqual([])
  })

  it('has a container whose parts name each other', () => {
    const { services, volumes, secrets } = parse(deployed('compose.yaml')) as Compose
    const { hookcast } = services
    expect(Object.keys(secrets)).toEqual(hookcast!.secrets)
    expect(hookcast!.volumes[0]).toBe(`${Object.keys(volumes)[0]}:/data`)
    const dockerfile = deployed('Dockerfile')
    expect(dockerfile).toContain('HOOKCAST_DATA=/data')
    expect(dockerfile.indexOf('USER node')).toBeGreaterThan(dockerfile.lastIndexOf('RUN '))
    // Node 20 runs the tests of CI; the image has the Node that the package asks for.
    const { engines } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
      engines: { node: string }
    }
    const major = /\d+/.exec(engines.node)![0]
    expect([...dockerfile.matchAll(/^FROM node:(\d+)/gm)].map(([, version]) => version)).toEqual([major, major])
  })
})
