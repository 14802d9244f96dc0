import { parse } from 'yaml'
import { describe, expect, it } from 'vitest'
import { BLOOM_ROUTES } from '../../src/event-api/bloom.ts'
import { CROSS_RIVER_ROUTES } from '../../src/event-api/cross-river/cross-river.ts'
import { SVIX_ROUTES } from '../../src/event-api/svix/svix.ts'
import { defineProfile, PROFILES, type Profile, type ProfileDefinition } from '../../src/profile/profile.ts'
import { readText } from '../support/page.ts'

const page = readText('docs/event-webhooks.md')

function rowsUnder(heading: string): string[][] {
  const [, section = ''] = page.split(`## ${heading}\n`)
  const lines = section
    .split('\n## ')[0]!
    .split('\n')
    .filter((line) => line.startsWith('|'))
  return lines.slice(2).map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  )
}

describe('the page of event webhooks', () => {
  it('lists every operation, and who may call it', () => {
    const listed = rowsUnder('Operations').flatMap(([operations = '', app]) =>
      operations.split(' · ').map((operation) => `${operation.replaceAll('`', '')} ${app === 'yes' ? 'app' : 'admin'}`),
    )
    const served = SVIX_ROUTES.map(({ method, path, access }) => {
      const shown = path.replaceAll(/:(\w+)/g, '{$1}')
      return `${method.toUpperCase()} ${shown} ${access}`
    })
    expect(listed.toSorted()).toEqual(served.toSorted())
  })

  it('lists every call of Cross River and Bloom', () => {
    const [, section = ''] = page.split("## Cross River's and Bloom's calls\n")
    const listed = [...section.split('\n## ')[0]!.matchAll(/`((?:GET|POST|PUT|DELETE) \/[^`]+)`/g)].map(
      ([, call]) => call!,
    )
    const served = [...CROSS_RIVER_ROUTES, ...BLOOM_ROUTES].map(
      ({ method, path }) => `${method.toUpperCase()} ${path.replaceAll(/:(\w+)/g, '{$1}')}`,
    )
    expect(listed.toSorted()).toEqual(served.toSorted())
  })

  it('tells of each profile what it does', () => {
    expect(rowsUnder('Profiles')).toEqual(Object.values(PROFILES).map(rowOf))
  })

  it('names for each yes of ours the test that holds it', () => {
    const rows = rowsUnder('How it compares')
    expect(rows.length).toBeGreaterThan(30)
    for (const row of rows) {
      const ours = row[6]!
      expect(row).toHaveLength(7)
      if (!ours.startsWith('yes')) continue
      const [, name = '', path = ''] = /^yes: \[(.+)\]\(\.\.\/(test\/.+\.test\.ts)\)$/.exec(ours) ?? []
      expect([row[0], readText(path).includes(name)]).toEqual([row[0], true])
    }
  })

  it('shows profiles of data that can be used', () => {
    const [, yaml = ''] = /```yaml\n([^]*?)```/.exec(page)!
    const { events } = parse(yaml) as { events: { profiles: Record<string, ProfileDefinition> } }
    for (const [name, definition] of Object.entries(events.profiles)) {
      expect(defineProfile(name, definition).proof).toMatchObject({ header: definition.header })
    }
  })
})

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
] as const

function durationOf(ms: number): string {
  const [unit, size] = UNITS.find(([, size]) => ms % size === 0)!
  return `${ms / size} ${unit}`
}

function rowOf({ name, proof, retry, life, onGone }: Profile): string[] {
  const proofs = { none: 'none', basic: 'Basic credentials', rsa: 'RSA-SHA256 in the body' }
  const shown = proof.kind === 'hmac' ? `\`${proof.header}\`` : proofs[proof.kind]
  const waits = `${retry.delaysMs.map(durationOf).join(', ')} ± ${Math.round(retry.jitter * 100)} %`
  const after = { keep: 'goes on', disable: 'disabled', suspend: 'suspended, everything kept' }[life.kind]
  return [`\`${name}\``, shown, waits, after, onGone === 'disable' ? 'disables' : 'failure']
}
