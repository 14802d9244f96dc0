import { createSocket } from 'node:dgram'
import { isIPv4 } from 'node:net'
import { fileURLToPath } from 'node:url'

/** What a name server says of a name; the last one of several is said again and again. */
export type NameRecord =
  | { readonly addresses: readonly string[] }
  | { readonly cname: string }
  | 'NXDOMAIN'
  | 'SERVFAIL'
  | 'silence'

/** By name, without a dot at the end. */
export type Zone = Readonly<Record<string, readonly NameRecord[]>>

const TYPES = { A: 1, CNAME: 5, AAAA: 28 } as const
const CODES = { NXDOMAIN: 3, SERVFAIL: 2 } as const
/** A chain of names that leads back to itself is cut here, as resolvers do. */
const CHAIN_LIMIT = 16

interface Question {
  readonly name: string
  readonly type: number
  /** Where the question ends in the packet. */
  readonly end: number
}

interface Answer {
  readonly name: string
  readonly type: number
  readonly bytes: Buffer
}

/** @see RFC 1035 §4.1 */
function questionIn(packet: Buffer): Question {
  const labels: string[] = []
  let at = 12
  for (let length = packet[at]!; length !== 0; length = packet[at]!) {
    labels.push(packet.toString('latin1', at + 1, at + 1 + length))
    at += length + 1
  }
  return { name: labels.join('.').toLowerCase(), type: packet.readUInt16BE(at + 1), end: at + 5 }
}

function nameBytes(name: string): Buffer {
  const labels = name.split('.').map((label) => Buffer.from([label.length, ...Buffer.from(label)]))
  return Buffer.concat([...labels, Buffer.from([0])])
}

function addressBytes(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number))
  const { hostname } = new URL(`http://[${address}]`)
  const [head = '', tail = ''] = hostname.slice(1, -1).split('::')
  const left = head.split(':').filter(Boolean)
  const right = tail.split(':').filter(Boolean)
  const groups = [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right]
  return Buffer.from(groups.flatMap((group) => [parseInt(group, 16) >> 8, parseInt(group, 16) & 0xff]))
}

function answerBytes({ name, type, bytes }: Answer): Buffer {
  const fixed = Buffer.alloc(10)
  fixed.writeUInt16BE(type, 0)
  fixed.writeUInt16BE(1, 2)
  fixed.writeUInt16BE(bytes.length, 8)
  return Buffer.concat([nameBytes(name), fixed, bytes])
}

/** Answers questions on 127.0.0.1:53 from a zone, and nothing else. */
function serve(zone: Zone): void {
  const asked = new Map<string, number>()
  const recordOf = ({ name, type }: Pick<Question, 'name' | 'type'>): NameRecord => {
    const records = zone[name] ?? ['NXDOMAIN']
    const n = asked.get(`${name} ${type}`) ?? 0
    asked.set(`${name} ${type}`, n + 1)
    return records[Math.min(n, records.length - 1)] ?? 'NXDOMAIN'
  }
  const answersTo = ({ name, type }: Question): Answer[] | number | null => {
    const answers: Answer[] = []
    let at = name
    for (let links = 0; links < CHAIN_LIMIT; links++) {
      const record = recordOf({ name: at, type })
      if (record === 'silence') return null
      if (typeof record === 'string') return CODES[record]
      if ('cname' in record) {
        answers.push({ name: at, type: TYPES.CNAME, bytes: nameBytes(record.cname) })
        at = record.cname
        continue
      }
      const own = record.addresses.filter((address) => type === (isIPv4(address) ? TYPES.A : TYPES.AAAA))
      return [...answers, ...own.map((address) => ({ name: at, type, bytes: addressBytes(address) }))]
    }
    return answers
  }
  const socket = createSocket('udp4')
  socket.on('message', (packet, { port, address }) => {
    const question = questionIn(packet)
    const found = answersTo(question)
    if (found === null) return
    const [code, answers] = typeof found === 'number' ? [found, []] : [0, found]
    const header = Buffer.from(packet.subarray(0, 12))
    header.writeUInt16BE(0x8580 | code, 2)
    header.writeUInt16BE(answers.length, 6)
    header.writeUInt32BE(0, 8)
    socket.send(Buffer.concat([header, packet.subarray(12, question.end), ...answers.map(answerBytes)]), port, address)
  })
  socket.bind(53, '127.0.0.1', () => process.stdout.write('ready\n'))
}

// `node test/support/dns-process.ts` in a namespace of its own; the zone is read from the first line of standard input.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  let text = ''
  process.stdin.setEncoding('utf8').on('data', (chunk: string) => {
    if (text.includes('\n')) return
    text += chunk
    if (text.includes('\n')) serve(JSON.parse(text) as Zone)
  })
  process.stdin.once('end', () => process.exit())
}
