/**
 * The yardstick: one process, undici's `request()`, one constant body, nothing rendered, judged or written down.
 *
 * `node bare-loop.ts '{"origin":"http://127.0.0.1:80","calls":200000,…}'` prints what it took as one JSON object.
 */
import { readFileSync } from 'node:fs'
import { Pool } from 'undici'

export interface BareLoop {
  readonly origin: string
  readonly calls: number
  readonly connections: number
  readonly authorization: string
  readonly body: string
  /** What to trust over TLS; null for plain HTTP. */
  readonly caFile: string | null
}

export interface BareLoopResult {
  readonly sent: number
  /** From the first call to the last answer. */
  readonly durationMs: number
}

const PATH = '/v1/messages'

async function main({ origin, calls, connections, authorization, body, caFile }: BareLoop): Promise<BareLoopResult> {
  const pool = new Pool(origin, {
    connections,
    ...(caFile === null ? {} : { connect: { ca: readFileSync(caFile, 'utf8') } }),
  })
  const headers = { authorization, 'content-type': 'application/json' }
  let left = calls
  let sent = 0
  const startedAt = performance.now()
  const callOn = async (): Promise<void> => {
    while (left > 0) {
      left--
      const answer = await pool.request({ path: PATH, method: 'POST', headers, body })
      await answer.body.dump()
      if (answer.statusCode === 200) sent++
    }
  }
  await Promise.all(Array.from({ length: connections }, callOn))
  const durationMs = performance.now() - startedAt
  await pool.close()
  return { sent, durationMs }
}

process.stdout.write(JSON.stringify(await main(JSON.parse(process.argv[2] ?? '{}') as BareLoop)))
