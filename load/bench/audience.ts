import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'

/** One made-up customer of a benchmark's audience. */
export interface Customer {
  readonly customer_id: string
  readonly first_name: string
  readonly last_name: string
  readonly phone: string
  readonly language: string
  readonly points: number
  readonly vip: boolean
  readonly shop: string
}

const FIRST_NAMES = ['Anna', 'Žofie', 'Björn', 'José', 'Миша', '美咲', "D'Arcy", 'Nina "Nini"', 'Ève', 'Jan']
const LAST_NAMES = ['Nováková', 'Smith', "O'Brien", 'Müller', 'García', 'Иванова', '山田', 'Ångström']
const LANGUAGES = ['en', 'cs', 'de', 'es', 'ja', 'ru', 'sv']
const SHOPS = ['Praha 1', 'København', 'London', 'Sevilla', 'Osaka']

/** The n-th customer, 0-based: the same on every machine. */
export function customerAt(n: number): Customer {
  const pick = <T>(list: readonly T[]): T => list[n % list.length] as T
  return {
    customer_id: `c-${String(n).padStart(7, '0')}`,
    first_name: pick(FIRST_NAMES),
    last_name: pick(LAST_NAMES),
    // Set aside for films and books by Ofcom: no number of anybody's.
    phone: `+447700900${String(n % 1000).padStart(3, '0')}`,
    language: pick(LANGUAGES),
    points: (n * 37) % 5000,
    vip: n % 7 === 0,
    shop: pick(SHOPS),
  }
}

const ROWS_AT_ONCE = 5000

/** Writes the first `count` customers as NDJSON, some 155 bytes each. */
export async function writeAudience(path: string, count: number): Promise<void> {
  const file = createWriteStream(path)
  for (let from = 0; from < count; from += ROWS_AT_ONCE) {
    const length = Math.min(ROWS_AT_ONCE, count - from)
    const lines = Array.from({ length }, (_, i) => `${JSON.stringify(customerAt(from + i))}\n`).join('')
    if (!file.write(lines)) await once(file, 'drain')
  }
  file.end()
  await finished(file)
}
