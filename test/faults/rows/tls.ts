import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TlsOptions } from 'node:tls'
import { createAuthority, type Authority } from '../../support/certificates.ts'
import { createReceiver, type Receiver } from '../../support/receiver.ts'
import type { CampaignRun, CampaignRunSetup } from '../../support/campaign-run.ts'
import type { Fault, FaultContext } from '../fault.ts'
import { receive, resultsOf } from '../in-process-receiver.ts'

const CUSTOMERS = 200
const CONCURRENCY = 5

/** Whose certificates the campaign trusts besides the usual ones, and whose nobody does. */
interface Authorities {
  readonly own: Authority
  readonly stranger: Authority
}

type Variant = readonly [name: string, tls: (authorities: Authorities) => TlsOptions | null, message: RegExp]

const VARIANTS: readonly Variant[] = [
  [
    'expired',
    ({ own }) => own.issue({ until: '20260203000000Z' }),
    /has expired \(valid until Feb {2}3 00:00:00 2026 GMT\)/,
  ],
  [
    'of the future',
    ({ own }) => own.issue({ from: '20400101000000Z' }),
    /is not valid yet \(valid from Jan {2}1 00:00:00 2040/,
  ],
  ['for another host', ({ own }) => own.issue({ names: 'DNS:other.test' }), /is for another host \(other\.test\)/],
  [
    'for a wildcard one level off',
    ({ own }) => own.issue({ names: 'DNS:*.*.test,DNS:*.a.b.test' }),
    /is for another host/,
  ],
  [
    'of an unknown authority',
    ({ stranger }) => stranger.issue(),
    /is signed by an unknown authority \(trust it with tls\.ca\)/,
  ],
  [
    'signed by itself',
    ({ stranger }) => ({ key: stranger.caKey, cert: stranger.ca }),
    /is signed by itself \(trust it with tls\.ca\)/,
  ],
  [
    'behind TLS 1.1',
    ({ own }) => ({ ...own.issue(), minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }),
    /speaks no TLS 1\.2 or newer/,
  ],
  ['missing: the port speaks plain HTTP', () => null, /does not speak TLS/],
  [
    'good, and one of ours wanted',
    ({ own }) => ({ ...own.issue(), requestCert: true, rejectUnauthorized: true }),
    /wants a client certificate/,
  ],
]

/** A receiver with each certificate that is wrong: stopped at once, in words, and nothing has left. */
async function distrust(context: FaultContext): Promise<void> {
  const authorities = { own: createAuthority('Of the campaign'), stranger: createAuthority('Of nobody') }
  context.cleanUp.defer(() => (authorities.own.remove(), authorities.stranger.remove()))
  for (const [name, tlsOf, message] of VARIANTS) {
    const tls = tlsOf(authorities)
    const { receiver, elsewhere } = await receive(context, tls === null ? {} : { tls })
    const url = receiver.url.replace('http:', 'https:')
    const run = await trusting(context, { ...elsewhere, url }, authorities.own.ca)
    const { code, report } = await run.finish()
    const [stop] = report['aborts'] as readonly { readonly rule: string; readonly message: string }[]
    assert.deepEqual([name, code, report['state'], stop?.rule], [name, 1, 'aborted', 'tls'])
    for (const { status, reason, message: words } of await resultsOf(run)) {
      if (status === 'failed')
        assert.deepEqual([name, reason, message.test(words ?? '')], [name, 'tls', true], words ?? '')
    }
    assert.equal(receiver.count, 0)
    // No connection but those that were being made when the first had failed.
    assert.ok(receiver.connections <= 2 * CONCURRENCY, `${name}: ${receiver.connections} connections`)
    context.held(run.check())
  }
  await replaceCertificate(context, authorities)
}

async function trusting(
  context: FaultContext,
  elsewhere: NonNullable<CampaignRunSetup['elsewhere']>,
  ca: string,
): Promise<CampaignRun> {
  const webhook = `concurrency: ${CONCURRENCY}\nretry: { delays: [70ms, 450ms, 3s] }\ntls: { ca: ca.pem }`
  const run = await context.run({ customers: CUSTOMERS, elsewhere, webhook })
  writeFileSync(join(run.folder, 'ca.pem'), ca)
  return run
}

/** Replaced in the middle of a run by one that nobody trusts, and put right again: a connection issue, and nobody fails. */
async function replaceCertificate(context: FaultContext, { own, stranger }: Authorities): Promise<void> {
  const customerOf = ({ body }: { body: string }): string | null => /"customer_id":"([^"]*)"/.exec(body)?.[1] ?? null
  const answer = (): { delayMs: number } => ({ delayMs: 5 })
  const good = own.issue()
  const first = await createReceiver({ tls: good, customerOf, answer })
  const receivers: Receiver[] = [first]
  const journal = () =>
    receivers.flatMap(({ requests }) =>
      requests.map(({ at, key, attempt, customer, body }) => ({ at, key, attempt, customer, digest: body })),
    )
  const run = await trusting(context, { url: first.url, journal }, own.ca)
  const command = run.start()
  await first.waitFor(50)
  await first.stop()
  const imposter = await createReceiver({ tls: stranger.issue(), port: first.port })
  // Seen, and turned away, by more than one.
  await imposter.waitUntil(() => imposter.connections >= 3)
  await imposter.stop()
  receivers.push(context.cleanUp.use(await createReceiver({ tls: good, port: first.port, customerOf, answer })))
  const { code, stdout } = await command.finished
  const report = JSON.parse(stdout) as Record<string, unknown>
  assert.deepEqual([code, report['sent'], imposter.count], [0, CUSTOMERS, 0])
  context.say(`replaced certificate: codes ${JSON.stringify(report['codes'])}`)
  context.held(run.check())
}

export const TLS: readonly Fault[] = [
  {
    id: 'F20',
    name: `certificates: ${VARIANTS.length} that are wrong, and one replaced in the middle of a run`,
    holds: 'stopped at once and in words, nothing sent; replaced and mended, everybody is sent',
    rounds: 1,
    shortRounds: 0,
    needs: ['openssl'],
    run: distrust,
  },
]
