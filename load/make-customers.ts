/**
 * Writes the sample audience `templates/welcome-sms/customers.csv`: 2,000 made-up people in twenty languages, among
 * them the cells that break careless programs. The same on every machine: `node load/make-customers.ts [--check]`.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { PEOPLE } from './people.ts'
import type { Language } from './people.ts'

const FILE = new URL('../templates/welcome-sms/customers.csv', import.meta.url)
const COUNT = 2000
const COLUMNS = [
  'customer_id',
  'first_name',
  'last_name',
  'phone',
  'language',
  'points',
  'vip',
  'tags',
  'note',
] as const

type Row = Record<(typeof COLUMNS)[number], string>

/** mulberry32: small, and the same everywhere. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const random = randomFrom(20_261_122)
const below = (limit: number): number => Math.floor(random() * limit)
const pick = <T>(list: readonly T[]): T => list[below(list.length)] as T
const digits = (number: number, length: number): string => String(number).padStart(length, '0')

/** Ranges that regulators set aside for films and books, so that no text of ours reaches anybody. */
const FICTION = {
  us: () =>
    `+1${pick(['202', '212', '305', '312', '415', '512', '617', '702', '787', '808'])}55501${digits(below(100), 2)}`,
  uk: () => `+447700900${digits(below(1000), 3)}`,
  ie: () => `+3532091${digits(below(100_000), 5)}`,
  au: () => `+6125550${digits(below(10_000), 4)}`,
  fr: () => `+3363998${digits(below(10_000), 4)}`,
  de: () => pick([`+493023125${digits(below(1000), 3)}`, `+4917139200${digits(below(100), 2)}`]),
  se: () => `+467017406${digits(5 + below(95), 2)}`,
} as const

/** Countries without such a range write from abroad. */
function phoneFor(language: Language): string {
  const home = { en: ['us', 'uk', 'ie', 'au'], fr: ['fr'], de: ['de'], sv: ['se'], es: ['us'] } as const
  const own: readonly (keyof typeof FICTION)[] =
    language in home ? home[language as keyof typeof home] : ['us', 'uk', 'au']
  return FICTION[pick(own)]()
}

const TAGS = ['newsletter', 'shoes', 'garden', 'kids', 'books', 'coffee', 'travel', 'sale', 'app', 'birthday-march']
const NOTES = [
  'See you soon!',
  'Your order is on its way.',
  'Say "hello" in the shop, and we\'ll add 10 points.',
  'Open 9–17, closed on Sundays.',
  'Next to the café, 2nd floor.',
  'Two lines:\nthis is the second.',
  'Windows lines,\r\nboth of them.',
  '10 % off, today only.',
  'Thanks, from all of us ❤️',
  "It's your birthday 🎂",
]

/** Too long for one SMS however they are counted: the receiver refuses them, each for itself. */
const LONG_NOTES = [
  'We have moved: the entrance is now in the courtyard behind the old brewery, left of the bicycle stand; ring twice, mind the step, and ask at the counter for your welcome present.',
  'Bonjour ! Votre carte de fidélité a changé : les points de l’ancienne carte restent valables jusqu’au 31 décembre, ceux de la nouvelle jusqu’à la fin de l’année prochaine.',
  'Bitte beachten: Das Paket mit den bestellten Gartenmöbeln wird in drei Teilen geliefert, und zwar am Montag, am Mittwoch und am Freitag, jeweils zwischen 8 und 12 Uhr, frei Haus.',
  'ご来店ありがとうございます。'.repeat(12),
  '🎉'.repeat(130),
  'Přijďte se podívat: otevíráme novou prodejnu v Kutné Hoře, hned vedle chrámu svaté Barbory, s dílnou pro děti, kavárnou na střeše a parkovištěm pro kola zdarma, každý den od osmi.',
]

/** Names and notes that were somebody's bug once. */
const ODD: readonly Partial<Row>[] = [
  { first_name: '","admin":true,"x":"', last_name: 'Tables' },
  { first_name: "Robert'); DROP TABLE customers;--", last_name: 'Tables' },
  { first_name: '{{ 7 * 7 }}', last_name: '{% abort %}' },
  { first_name: '${SMS_PASSWORD}', last_name: '#{1+1}' },
  { first_name: '<script>alert(1)</script>', last_name: '&amp;' },
  { first_name: '=HYPERLINK("https://example.com","x")', last_name: '+1' },
  { first_name: 'C:\\new\\table', last_name: '\\u0041\\' },
  { first_name: '\u200FDan\u200E', last_name: 'R\u202Eotl' },
  { first_name: 'Ze\u200Bro\u200DWi\u2060dth', last_name: '\uFEFFBom' },
  { first_name: 'Zoe\u0308', last_name: 'A\u030Angstro\u0308m' },
  { first_name: 'Line\u2028Separator', last_name: 'Para\u2029graph' },
  { first_name: '👩‍👩‍👧‍👦', last_name: '🏳️‍🌈' },
  { first_name: '𝒵𝓊𝓏𝒶𝓃𝒶', last_name: '𠮷野家' },
  { first_name: 'null', last_name: 'undefined' },
  { first_name: 'true', last_name: 'NaN' },
  { first_name: '0', last_name: '-0' },
  { first_name: '  spaced  ', last_name: '\ttabbed\t' },
  { first_name: 'two\nlines', last_name: 'carriage\r\nreturn' },
  { first_name: '""', last_name: '"' },
  { first_name: ',', last_name: ',,,' },
  { first_name: "O'Brien", last_name: 'Smith, Jr.' },
  { first_name: 'D’Angelo', last_name: 'von und zu "der Große"' },
  { first_name: '__proto__', last_name: 'constructor' },
  { first_name: 'X', last_name: '' },
  { first_name: '', last_name: '' },
  { first_name: 'ﷺ', last_name: 'Z̷a̷l̷g̷o̷' },
  { first_name: 'İıŞş', last_name: 'ẞß' },
  { first_name: '%s%n%d', last_name: '%00' },
]

function person(index: number): Row {
  const language = pick(Object.keys(PEOPLE) as Language[])
  const { first, last } = PEOPLE[language]
  const tags = Array.from({ length: below(4) }, () => pick(TAGS))
  return {
    customer_id: `c-${digits(index + 1, 5)}`,
    first_name: pick(first),
    last_name: pick(last),
    phone: phoneFor(language),
    language: random() < 0.02 ? '' : language,
    points: random() < 0.03 ? '' : String(below(5000)),
    vip: random() < 0.04 ? '' : String(random() < 0.15),
    tags: random() < 0.05 ? '' : JSON.stringify([...new Set(tags)]),
    note: random() < 0.3 ? pick(NOTES) : '',
  }
}

function rows(): readonly Row[] {
  const people = Array.from({ length: COUNT }, (_, index) => person(index))
  const change = (index: number, cells: Partial<Row>): void => {
    people[index] = { ...(people[index] as Row), ...cells }
  }
  // Fixed places, spread over the file; primes, so that no two meet.
  for (const [index, cells] of ODD.entries()) change(41 + index * 61, { ...cells, note: '' })
  for (const [index, note] of LONG_NOTES.entries()) change(100 + index * 307, { note })
  for (let index = 0; index < 5; index += 1) change(222 + index * 331, { phone: '' })
  return people
}

/** RFC 4180: quoted where it must be, quotes doubled, lines end in CRLF. */
function csv(lines: readonly (readonly string[])[]): string {
  return lines.map((cells) => `${cells.map(quoted).join(',')}\r\n`).join('')
}

function quoted(text: string): string {
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

const text = csv([COLUMNS, ...rows().map((row) => COLUMNS.map((column) => row[column]))])
if (process.argv.includes('--check')) {
  if (readFileSync(FILE, 'utf8') !== text) {
    console.error('templates/welcome-sms/customers.csv is not what load/make-customers.ts writes')
    process.exitCode = 1
  }
} else writeFileSync(FILE, text)
