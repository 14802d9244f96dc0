import { afterAll, describe, expect } from 'vitest'
import { createAuthority } from '../support/certificates.ts'
import { createReceiver, type ReceiverOptions } from '../support/receiver.ts'
import { test as base, type Desk } from './fixture.ts'

const authority = createAuthority('Of the house')
const good = authority.issue()
afterAll(() => authority.remove())

const test = base.extend<{
  secured: (desk: Desk, tls: ReceiverOptions['tls'], more?: string) => Promise<() => number>
}>({
  // oxlint-disable-next-line no-empty-pattern -- Vitest reads from this pattern that no other fixture is needed.
  secured: async ({}, use) => {
    await using stack = new AsyncDisposableStack()
    await use(async (desk, tls, more = '') => {
      const receiver = stack.use(await createReceiver(tls === undefined ? {} : { tls }))
      desk.writeCampaign({ webhook: [`url: ${receiver.url}/`, more].join('\n') })
      desk.write('house.pem', authority.ca)
      return () => receiver.count
    })
  },
})

const RUN = ['run', 'campaign.yaml', '--quiet']

describe('whom hookcast trusts', () => {
  test.for([
    ['run', 'campaign.yaml'],
    ['test', 'campaign.yaml'],
    ['check', 'https://127.0.0.1:9/', '--yes'],
    ['serve', '--port', '0'],
  ])('is asked with NODE_TLS_REJECT_UNAUTHORIZED=0 for nothing: %s', async (args, { desk, secured }) => {
    const countOf = await secured(desk, good)
    const { code, stdout, stderr } = await desk.hookcast(args, { env: { NODE_TLS_REJECT_UNAUTHORIZED: '0' } })
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain(
      'expected NODE_TLS_REJECT_UNAUTHORIZED to be unset, got 0: certificates are always verified',
    )
    expect(countOf()).toBe(0)
  })

  test.for(['verify: false', 'reject_unauthorized: false', 'insecure: true'])(
    'is for no key of the campaign to say: tls.%s',
    async (line, { desk, secured }) => {
      const countOf = await secured(desk, good, `tls: { ${line} }`)
      const { code, stderr } = await desk.hookcast(RUN)
      expect([code, countOf()]).toEqual([2, 0])
      expect(stderr).toContain('unknown key')
    },
  )

  test('is nobody below TLS 1.2, whatever the options of Node are', async ({ desk, secured }) => {
    const old = { ...good, minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const
    const countOf = await secured(desk, old, 'tls: { ca: house.pem }')
    const env = { NODE_OPTIONS: '--tls-min-v1.0 --tls-cipher-list=DEFAULT@SECLEVEL=0' }
    const { code, stdout } = await desk.hookcast(RUN, { env })
    expect([code, countOf()]).toEqual([1, 0])
    expect(stdout).toContain('Server speaks no TLS 1.2 or newer')
  })

  test('is not an authority that nobody has named', async ({ desk, secured }) => {
    const countOf = await secured(desk, good)
    expect([(await desk.hookcast(RUN)).code, countOf()]).toEqual([1, 0])
  })

  test.for([
    ['tls.ca of the campaign', 'tls: { ca: house.pem }', (_folder: string) => ({})],
    ['NODE_EXTRA_CA_CERTS', '', (folder: string) => ({ NODE_EXTRA_CA_CERTS: `${folder}/house.pem` })],
  ] as const)('is an authority that %s names', async ([, more, envOf], { desk, secured }) => {
    const countOf = await secured(desk, good, more)
    const { code, stderr } = await desk.hookcast(RUN, { env: envOf(desk.folder) })
    expect([code, stderr, countOf()]).toEqual([0, '', 3])
  })
})
