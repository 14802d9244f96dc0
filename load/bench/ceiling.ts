import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import autocannon from 'autocannon'
import { CONSTANT_BODY } from './campaign.ts'
import { median } from './median.ts'
import type { Receiver } from './receiver.ts'

const run = promisify(execFile)
const SECONDS = 3
const ROUNDS = 3

export interface Ceiling {
  readonly name: string
  /** Null where it is not installed. */
  readonly perSecond: number | null
}

/** What tools that do nothing else get out of the receiver over as many connections. */
export async function measureCeilings(
  { origin }: Receiver,
  { folder, concurrency: connections }: { readonly folder: string; readonly concurrency: number },
): Promise<readonly Ceiling[]> {
  const script = join(folder, 'post.lua')
  const headers = 'wrk.headers["content-type"] = "application/json"'
  writeFileSync(script, `wrk.method = "POST"\nwrk.body = [[${CONSTANT_BODY}]]\n${headers}\n`)
  const cannon: number[] = []
  const wrk: (number | null)[] = []
  for (let round = 0; round < ROUNDS; round++) {
    cannon.push(await fire(origin, connections))
    wrk.push(await wrkOnce(origin, connections, script))
  }
  const known = wrk.filter((each) => each !== null)
  return [
    { name: 'autocannon, one process', perSecond: median(cannon) },
    { name: 'wrk, one thread', perSecond: known.length === 0 ? null : median(known) },
  ]
}

async function fire(url: string, connections: number): Promise<number> {
  const headers = { 'content-type': 'application/json' }
  const { requests } = await autocannon({
    url,
    connections,
    duration: SECONDS,
    method: 'POST',
    headers,
    body: CONSTANT_BODY,
  })
  return requests.average
}

async function wrkOnce(url: string, connections: number, script: string): Promise<number | null> {
  try {
    const { stdout } = await run('wrk', ['-t1', `-c${connections}`, `-d${SECONDS}s`, '-s', script, url])
    return Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1])
  } catch {
    return null
  }
}
