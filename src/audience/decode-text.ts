import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { sourceFault } from './fault.ts'
import { CHUNK_BYTES } from './row-limits.ts'

export interface TextOptions {
  readonly name: string
  readonly key: string
  /** Canonical, as TextDecoder names it. */
  readonly encoding: string
  readonly isGzip: boolean
}

/** What the first bytes are looked at for: a zip's mark, or two characters of UTF-16. */
const HEAD_BYTES = 4

/** Unzips (by name or by the first bytes) and turns the text into UTF-8. */
export async function* decodeText(chunks: AsyncIterable<Buffer>, options: TextOptions): AsyncGenerator<Buffer> {
  const { name, encoding } = options
  const text = withHead(unzip(withHead(chunks), options))
  let isFirst = true
  const decoder = encoding === 'utf-8' ? null : new TextDecoder(encoding)
  for await (const chunk of text) {
    if (isFirst) refuseOtherText(chunk, options)
    isFirst = false
    yield decoder === null ? chunk : Buffer.from(decoder.decode(chunk, { stream: true }))
  }
  const rest = decoder?.decode() ?? ''
  if (rest !== '') yield Buffer.from(rest)
  if (isFirst && options.isGzip)
    throw sourceFault(name, `expected \`${options.key}\` to be gzip data, got an empty file`)
}

/** Joins what comes first until it is long enough to be told apart; a slow pipe may bring it byte by byte. */
async function* withHead(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let head: Buffer | null = Buffer.alloc(0)
  for await (const chunk of chunks) {
    if (head === null) {
      yield chunk
      continue
    }
    head = head.length === 0 && chunk.length >= HEAD_BYTES ? chunk : Buffer.concat([head, chunk])
    if (head.length < HEAD_BYTES) continue
    yield head
    head = null
  }
  if (head !== null && head.length > 0) yield head
}

async function* unzip(chunks: AsyncIterable<Buffer>, options: TextOptions): AsyncGenerator<Buffer> {
  const iterator = chunks[Symbol.asyncIterator]()
  const first = await iterator.next()
  if (first.done) return
  const isZipped = first.value[0] === 0x1f && first.value[1] === 0x8b
  if (!isZipped && options.isGzip) {
    throw sourceFault(options.name, `expected \`${options.key}\` to be gzip data as its name says, got other bytes`)
  }
  const bytes = chain(first.value, iterator)
  yield* isZipped ? gunzip(bytes, options) : bytes
}

async function* chain(first: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield first
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value
  } finally {
    await rest.return?.()
  }
}

async function* copies(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) yield Buffer.from(chunk)
}

async function* gunzip(chunks: AsyncIterable<Buffer>, { name, key }: TextOptions): AsyncGenerator<Buffer> {
  const unzipped = createGunzip({ chunkSize: CHUNK_BYTES })
  // The reader's one buffer is overwritten while the stream still holds the chunk before: hence the copies.
  const finished = pipeline(Readable.from(copies(chunks), { objectMode: false }), unzipped)
  finished.catch(() => {})
  try {
    for await (const chunk of unzipped) yield chunk as Buffer
    await finished
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'Z_BUF_ERROR') {
      throw sourceFault(name, `expected \`${key}\` to be whole gzip data, got a file that is cut short`, {
        cause: error,
      })
    }
    if (code?.startsWith('Z_')) {
      throw sourceFault(name, `expected \`${key}\` to be gzip data, got damaged bytes`, { cause: error })
    }
    throw error
  } finally {
    unzipped.destroy()
  }
}

function refuseOtherText(head: Buffer, { name, key, encoding }: TextOptions): void {
  if (head.subarray(0, 4).equals(Buffer.from('PK\u0003\u0004'))) {
    throw sourceFault(name, `expected \`${key}\` to be text, got a zip file (save an Excel workbook as CSV)`)
  }
  const found = utf16Of(head)
  if (found !== null && !encoding.startsWith('utf-16')) {
    throw sourceFault(name, `expected \`encoding\` to be ${found}, as the file's first bytes say, got ${encoding}`)
  }
}

/** UTF-16 by its byte order mark, or by two characters of ASCII with a zero byte each. */
function utf16Of(head: Buffer): string | null {
  const [a, b, c, d] = head
  if (a === 0xff && b === 0xfe) return 'utf-16le'
  if (a === 0xfe && b === 0xff) return 'utf-16be'
  if (head.length < HEAD_BYTES) return null
  if (a !== 0 && b === 0 && c !== 0 && d === 0) return 'utf-16le'
  return a === 0 && b !== 0 && c === 0 && d !== 0 ? 'utf-16be' : null
}
