import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import * as fc from 'fast-check'
import { Client } from 'undici'
import { describe, expect } from 'vitest'
import type { AnswerHead } from '../../src/request/answer-head.ts'
import { AnswerParser } from '../../src/request/answer-parser.ts'
import { callOnce, test } from './fixture.ts'

/** What came of bytes: the heads, the body, and whether the answer ended. */
function readAll(pieces: readonly Buffer[], isClosed = false): unknown {
  const heads: AnswerHead[] = []
  const bodies: Buffer[] = []
  let isOver = false
  const parser = new AnswerParser(() => (isOver = true))
  parser.begin({
    onAnswerBegun: () => undefined,
    onHead: (head) => void heads.push(head),
    onBody: (bytes) => void bodies.push(Buffer.from(bytes)),
  })
  for (const piece of pieces) if (!isOver) parser.read(piece)
  if (isClosed && !isOver) parser.close()
  return { heads, body: Buffer.concat(bodies).toString('latin1'), isOver, isReusable: parser.isReusable }
}

const token = fc.string({ unit: fc.constantFrom('a', 'X', '0', '9', '-', '_', '.', '!'), minLength: 1, maxLength: 12 })
const value = fc.string({ unit: fc.constantFrom(' ', '\t', 'a', ';', ',', '=', '"', '/', 'é'), maxLength: 30 })
const header = fc
  .tuple(token, value)
  .filter(([name]) => !/^(?:connection|keep-alive)$/i.test(name))
  .map(([name, text]) => `x${name}: ${text}\r\n`)
const headers = fc.array(header, { maxLength: 5 }).map((lines) => lines.join(''))
const body = fc.string({ unit: fc.constantFrom('a', '\r', '\n', '0', '{', '}', 'é'), maxLength: 60 })

const counted = body.map((text) => `Content-Length: ${text.length}\r\n\r\n${text}`)
const chunked = fc.tuple(fc.array(body.filter((text) => text !== '')), headers).map(([chunks, trailers]) => {
  const pieces = chunks.map((text) => `${text.length.toString(16)};a=b\r\n${text}\r\n`)
  return `Transfer-Encoding: chunked\r\n\r\n${pieces.join('')}0\r\n${trailers}\r\n`
})
const closed = body.map((text) => `\r\n${text}`)
const interim = headers.map((lines) => `HTTP/1.1 103 Early Hints\r\n${lines}\r\n`)
const whole = fc.oneof(counted, chunked)
const answerOf = (rest: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(fc.array(interim, { maxLength: 2 }), fc.constantFrom(200, 201, 400, 503), headers, rest)
    .map(([interims, status, lines, text]) => `${interims.join('')}HTTP/1.1 ${status} Word\r\n${lines}${text}`)

describe('an answer', () => {
  test('is read the same, however it is cut into pieces', () => {
    fc.assert(
      fc.property(answerOf(whole), fc.array(fc.nat(200), { maxLength: 8 }), (text, cuts) => {
        const bytes = Buffer.from(text, 'latin1')
        const places = [0, ...cuts.map((at) => at % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length]
        const pieces = places.slice(1).map((to, i) => bytes.subarray(places[i], to))
        const once = readAll([bytes])

        expect(once).toMatchObject({ isOver: true, isReusable: true })
        expect(readAll(pieces)).toEqual(once)
        expect(readAll(Array.from(bytes, (byte) => Buffer.from([byte])))).toEqual(once)
      }),
      { numRuns: 300 },
    )
  })

  test('is never taken for more than undici takes it for', async ({ connect }) => {
    let text = ''
    const server = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.once('data', () => socket.end(text, 'latin1'))
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const client = connect(origin)
    const damage = fc.record({
      at: fc.nat(160),
      cut: fc.nat(3),
      insert: fc.constantFrom(...DAMAGES),
    })
    let taken = 0
    try {
      await fc.assert(
        fc.asyncProperty(
          answerOf(fc.oneof(whole, closed)),
          fc.array(damage, { maxLength: 3 }),
          async (good, damages) => {
            text = damages.reduce((bytes, { at, cut, insert }) => {
              const place = at % (bytes.length + 1)
              return bytes.slice(0, place) + insert + bytes.slice(place + cut)
            }, good)
            const { answer } = await callOnce(client)
            if (answer.kind !== 'answered') return
            taken++
            const [status, content] = await askUndici(origin)
            expect([answer.httpStatus, Buffer.from(answer.body, 'utf8').toString('latin1')]).toEqual([
              status,
              Buffer.from(content.toString('utf8').replace(/^\ufeff/, ''), 'utf8').toString('latin1'),
            ])
          },
        ),
        { numRuns: 600, seed: 1 },
      )
    } finally {
      server.close()
    }
    expect(taken).toBeGreaterThan(50)
  })
})

const DAMAGES = [
  '',
  '\r',
  '\n',
  '\r\n',
  ' ',
  '\t',
  '\0',
  ':',
  '-',
  '+',
  '0',
  '9',
  'x',
  '\x80',
  ',',
  'Content-Length: 3\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Transfer-Encoding: gzip, chunked\r\n',
  'Transfer-Encoding: identity\r\n',
  'Connection: close\r\n',
  'HTTP/1.1 200 OK\r\n\r\n',
  '\r\n\r\n',
  '0\r\n\r\n',
]

async function askUndici(origin: string): Promise<readonly [number, Buffer]> {
  const client = new Client(origin, { pipelining: 1 })
  try {
    const { statusCode, body } = await client.request({ method: 'POST', path: '/', body: '{}' })
    return [statusCode, Buffer.from(await body.arrayBuffer())]
  } finally {
    await client.destroy()
  }
}
