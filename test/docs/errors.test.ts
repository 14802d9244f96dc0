import { afterAll, beforeAll, describe, expect } from 'vitest'
import { createAuthority } from '../support/certificates.ts'
import { test } from '../support/story.ts'
import { ANSWERS } from './bad-input/answers.ts'
import { AUDIENCE_FILES } from './bad-input/audience-files.ts'
import { CAMPAIGN_FILES } from './bad-input/campaign-files.ts'
import type { Authorities, CheckedInput, GivenInput, MetInput } from './bad-input/given.ts'
import { check, meet } from './bad-input/meet.ts'
import { errorsPage, type Section } from './bad-input/page.ts'
import { RENDERING } from './bad-input/rendering.ts'
import { HEADERS, URLS } from './bad-input/requests.ts'
import { TEMPLATES } from './bad-input/templates.ts'

const CHECKED: readonly [string, string, readonly CheckedInput[]][] = [
  ['The campaign file', 'Also `hookcast.yaml` and the environment.', CAMPAIGN_FILES],
  ['The audience', 'With `--skip-bad-rows` bad rows end `failed`, `row`, and the rest is sent.', AUDIENCE_FILES],
  ['Templates', 'Compiled before anything is sent.', TEMPLATES],
  [
    'URLs and addresses',
    'Names are looked at once more when they are resolved, and the address is the one that is called.',
    URLS,
  ],
  ['Headers', 'As the campaign writes them.', HEADERS],
]
const MET: readonly [string, string, readonly MetInput[]][] = [
  ['While it is rendered', 'What a customer’s row makes of the templates.', RENDERING],
  ['Answers', 'What the receiver says, or does not. Where there are retries, they are over here.', ANSWERS],
]

/** Section 6 of the specification: these concern files, templates, URLs, headers and answers. */
const NUMBERS = Array.from({ length: 73 }, (_, i) => i + 1)
const ELSEWHERE: Readonly<Record<number, string>> = {
  14: 'test/cli/bad-input.test.ts (a run folder that cannot be used)',
  15: 'comes with Redis',
  16: 'test/vault/vault.test.ts',
  52: 'test/request/network-guard.test.ts',
}

const told = new Map<GivenInput, string>()
let authorities: Authorities
const made: { remove(): void }[] = []

beforeAll(() => {
  const [known, stranger] = [createAuthority('Test Authority'), createAuthority('Unknown Authority')]
  made.push(known, stranger)
  authorities = { known, stranger }
})
afterAll(() => {
  for (const authority of made) authority.remove()
})

describe.each(CHECKED)('%s', (_title, _intro, inputs) => {
  test.for(inputs)('$what', async (input) => {
    const met = await check(input)
    expect(met.end).toBe(input.end)
    expect(met.told).not.toContain('hunter2')
    told.set(input, met.told)
  })
})

describe.each(MET)('%s', (_title, _intro, inputs) => {
  test.for(inputs)('$what', async (input, { tell }) => {
    const met = await meet(input, { tell, authorities })
    expect(met.end).toBe(input.end)
    expect(met.told).not.toContain('hunter2')
    told.set(input, met.told)
  })
})

describe('docs/errors.md', () => {
  const sections: readonly (readonly [string, string, readonly GivenInput[]])[] = [...CHECKED, ...MET]
  const inputs = sections.flatMap(([, , inputs]) => inputs)

  test('says what is told, word for word', async ({ skip }) => {
    if (told.size < inputs.length) skip('not every input was tried')
    const page = sections.map(([title, intro, inputs]): Section => ({
      title,
      intro,
      rows: inputs.map((input) => ({ input, told: told.get(input)! })),
    }))
    await expect(errorsPage(page)).toMatchFileSnapshot('../../docs/errors.md')
  })

  test('covers every bad input of the specification, or says where it is covered', () => {
    const covered = new Set(inputs.flatMap(({ rows }) => rows))
    expect(NUMBERS.filter((row) => !covered.has(row) && ELSEWHERE[row] === undefined)).toEqual([])
    console.log(
      `bad input: ${covered.size} of ${NUMBERS.length} kinds in ${inputs.length} tries; elsewhere: ${Object.keys(ELSEWHERE).join(', ')}`,
    )
  })
})
