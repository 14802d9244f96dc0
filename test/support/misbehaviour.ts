import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { gzipSync } from 'node:zlib'

/** What a script writes to the raw connection, and how it leaves it. */
interface RawScript {
  readonly write: string
  /** Default: the connection stays open. */
  readonly after?: 'close' | 'reset'
}

const RAW = {
  /** A reset after the request was read. */
  reset: { write: '', after: 'reset' },
  /** A clean end without an answer. */
  close: { write: '', after: 'close' },
  /** Nothing, for ever. */
  hang: { write: '' },
  'hang-body': { write: 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf' },
  'half-headers': { write: 'HTTP/1.1 200 OK\r\nContent-Le', after: 'close' },
  'half-body': { write: 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf', after: 'close' },
  'half-chunk': { write: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nhalf', after: 'close' },
  'reset-body': { write: 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf', after: 'reset' },
  garbage: { write: 'SSH-2.0-OpenSSH_9.2\r\n', after: 'close' },
  'bad-status-line': { write: 'HTTP/1.1 OK 200\r\n\r\n' },
  'bare-line-feeds': { write: 'HTTP/1.1 200 OK\nContent-Length: 2\n\nok' },
  'negative-length': { write: 'HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nok' },
  'two-lengths': { write: 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 5\r\n\r\nok' },
  'length-and-chunked': {
    write: 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
  },
  'status-999': { write: 'HTTP/1.1 999 What\r\nContent-Length: 0\r\n\r\n' },
  'status-099': { write: 'HTTP/1.1 099 What\r\nContent-Length: 0\r\n\r\n' },
  continue: { write: 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok' },
  /** A second answer, to nobody, together with the first. */
  'two-answers': {
    write: 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nmineHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nstray',
  },
  switch: { write: 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n' },
  'huge-headers': { write: `HTTP/1.1 200 OK\r\nX-Big: ${'x'.repeat(20_000)}\r\n\r\n` },
  'huge-chunk-size': { write: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\nx' },
  'folded-header': { write: 'HTTP/1.1 200 OK\r\nX-A: b\r\n c\r\nContent-Length: 2\r\n\r\nok' },
  'nul-in-header': { write: 'HTTP/1.1 200 OK\r\nX-A: b\0c\r\nContent-Length: 2\r\n\r\nok' },
  'nameless-header': { write: 'HTTP/1.1 200 OK\r\n: b\r\nContent-Length: 2\r\n\r\nok' },
  'http-2': { write: 'HTTP/2 200\r\n\r\n' },
  'tls-alert': { write: '\x15\x03\x01\x00\x02\x02\x28', after: 'close' },
  /** 3000 of them in 15 kB: within what clients take. */
  'many-headers': { write: `HTTP/1.1 200 OK\r\n${'a:\r\n'.repeat(3_000)}Content-Length: 2\r\n\r\nok`, after: 'close' },
  'no-content-body': { write: 'HTTP/1.1 204 No Content\r\n\r\nbody all the same' },
  'http-1.0': { write: 'HTTP/1.0 200 OK\r\n\r\nold but fine', after: 'close' },
} as const satisfies Record<string, RawScript>

/** Written again and again until the other side goes away: what first, then the piece, then the gap between pieces. */
const ENDLESS = {
  'drip-body': ['HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n', 'x', 20],
  'drip-headers': ['HTTP/1.1 200 OK\r\n', 'X-A: b\r\n', 20],
  'interim-flood': ['', 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n', 5],
  'blank-lines': ['', '\r\n', 1],
  'endless-reason': ['HTTP/1.1 200 ', 'x'.repeat(1000), 0],
  'endless-chunk-size': ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', '0'.repeat(1000), 0],
  'endless-headers': ['HTTP/1.1 200 OK\r\n', `X-A: ${'b'.repeat(1000)}\r\n`, 0],
  'endless-body': ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', `1000\r\n${'x'.repeat(4096)}\r\n`, 0],
  gigabyte: ['HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n', 'x'.repeat(4096), 0],
  'endless-trailers': [
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n',
    `X-T: ${'b'.repeat(1000)}\r\n`,
    0,
  ],
  'endless-chunk-extension': ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;', 'a=b;', 20],
} as const satisfies Record<string, readonly [string, string, number]>

/** Answers that are nobody's fault but their author's: a 2xx that says something odd about itself. */
const BODIES = {
  html: ['text/html', '<html><script>alert(1)</script>'],
  'byte-order-mark': ['application/json', '\ufeff{"success":false,"errors":[{"code":"bom","description":"told"}]}'],
  'not-a-number': ['application/json', '{"success":NaN}'],
  'double-keys': [
    'application/json',
    '{"success":true,"success":false,"errors":[{"code":"last","description":"wins"}]}',
  ],
  'deep-arrays': ['application/json', `${'['.repeat(30_000)}${']'.repeat(30_000)}`],
  'control-characters': [
    'application/json',
    '{"success":false,"errors":[{"code":"\\u001b[2J","description":"\\u202eno"}]}',
  ],
  'text-of-a-number': ['application/json', '12345678901234567890'],
} as const satisfies Record<string, readonly [string, string]>

let bomb: Buffer | undefined

/** Odd but whole: the connection can be used again. */
const WHOLE = {
  'few-interims': (response: ServerResponse) => {
    for (let n = 0; n < 3; n++) response.writeEarlyHints({ link: '</a>; rel=preload' })
    response.end('ok')
  },
  /** 10 MB of JSON in 24 kB, although nobody said that they could unpack it. */
  gzip: (response: ServerResponse) => {
    bomb ??= gzipSync(Buffer.alloc(10_000_000, '{"success":false}'))
    response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(bomb)
  },
} as const

export type Misbehaviour = keyof typeof RAW | keyof typeof ENDLESS | keyof typeof BODIES | keyof typeof WHOLE
export const MISBEHAVIOURS = [RAW, ENDLESS, BODIES, WHOLE].flatMap(Object.keys) as readonly Misbehaviour[]

export function misbehave(response: ServerResponse, name: Misbehaviour): void {
  if (name in WHOLE) return WHOLE[name as keyof typeof WHOLE](response)
  if (name in BODIES) {
    const [type, body] = BODIES[name as keyof typeof BODIES]
    return void response.writeHead(200, { 'content-type': type }).end(body)
  }
  const { socket } = response
  if (socket === null) return
  if (name in ENDLESS) return drip(socket, ENDLESS[name as keyof typeof ENDLESS])
  const { write, after }: RawScript = RAW[name as keyof typeof RAW]
  if (after === 'reset' && write === '') return void socket.resetAndDestroy()
  if (after === 'close') return void socket.end(write)
  if (write === '') return
  // The other side has to read what was written before the reset overtakes it.
  socket.write(write, () => after === 'reset' && setTimeout(() => socket.resetAndDestroy(), 20))
}

function drip(socket: Socket, [head, piece, gapMs]: readonly [string, string, number]): void {
  socket.write(head)
  const next = (): void => {
    if (socket.destroyed) return
    const hasRoom = socket.write(piece)
    if (!hasRoom) socket.once('drain', next)
    else if (gapMs === 0) setImmediate(next)
    else setTimeout(next, gapMs)
  }
  next()
}
