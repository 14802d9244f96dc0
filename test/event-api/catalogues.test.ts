import { Ajv } from 'ajv'
import { expect } from 'vitest'
import { checkPayload, PROFILES } from '../../src/profile/profile.ts'
import { readText } from '../support/page.ts'
import { test } from './fixture.ts'

/** What the vendors have published, and how many types of it. */
const CATALOGUES = [
  ['bloom', 'svix', 12],
  ['bridge', 'bridge', 11],
  ['cross-river', 'crossriver', 42],
  ['receeve', 'receeve', 77],
] as const

for (const [vendor, profile, count] of CATALOGUES) {
  test(`the event types of a vendor are taken, with examples that fit: ${vendor}`, async ({ desk: { svix } }) => {
    const specRaw = readText(`docs/event-types/${vendor}.yaml`)
    const { data } = await svix.eventType.importOpenapi({ specRaw })
    expect(data.modified).toHaveLength(count)
    const { data: listed } = await svix.eventType.list({ limit: 250, withContent: true })
    expect(listed.map(({ name }) => name).toSorted()).toEqual(data.modified.toSorted())
    const ajv = new Ajv({ strict: false, logger: false })
    for (const { name, schemas } of listed) {
      const schema = (schemas as Record<string, { readonly examples?: readonly unknown[] }>)['1']!
      const isValid = ajv.compile(schema)
      for (const example of schema.examples ?? []) {
        expect([name, isValid(example)]).toEqual([name, true])
        const payload = Buffer.from(JSON.stringify(example))
        expect([name, checkPayload(PROFILES[profile]!, payload)]).toEqual([name, null])
      }
    }
  })
}
