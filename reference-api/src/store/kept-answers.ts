/** What was answered, and to which body. */
export interface KeptAnswer {
  readonly digest: string
  readonly status: number
  readonly text: string
}

const NONE = 0
/** Records lie behind one another in pieces of memory of this size; a larger one has a piece of its own. */
const PIECE_BYTES = 1024 * 1024

/**
 * The answers of the last days, as bytes outside the heap: a garbage collector that had to walk over millions of
 * objects, and to move each of them twice, would cost more than all the rest of a request.
 *
 * All live equally long, so that the oldest always goes first: records are a ring, numbered from 1, and the memory
 * behind the oldest is given back piece by piece. They are found by their keys' hash: `newest` knows the last record of each
 * bucket, `older` the one before it in the same bucket.
 */
export class KeptAnswers {
  readonly #capacity: number
  readonly #newest: Uint32Array
  readonly #older: Uint32Array
  readonly #hashes: Uint32Array
  readonly #expiresAtS: Uint32Array
  readonly #pieceOf: Uint32Array
  readonly #starts: Uint32Array
  readonly #lengths: Uint32Array
  readonly #pieces = new Map<number, Buffer>()
  #oldestPiece = 0
  #piece = 0
  #used = PIECE_BYTES
  #first = 1
  #count = 0
  #bytes = 0

  /** Room for as many records; the tables take memory only as they fill. */
  constructor(capacity: number) {
    this.#capacity = capacity
    this.#newest = new Uint32Array(2 ** Math.ceil(Math.log2(capacity)))
    const table = (): Uint32Array => new Uint32Array(capacity + 1)
    this.#older = table()
    this.#hashes = table()
    this.#expiresAtS = table()
    this.#pieceOf = table()
    this.#starts = table()
    this.#lengths = table()
  }

  get count(): number {
    return this.#count
  }

  /** Of all pieces; the tables come on top, 28 bytes a record. */
  get bytes(): number {
    return this.#bytes
  }

  find(key: string): KeptAnswer | null {
    const hash = hashOf(key)
    for (let record = this.#newest[this.#bucketOf(hash)]; record; record = this.#older[record]) {
      if (this.#hashes[record] !== hash) continue
      const [itsKey, digest = '', status, ...text] = this.#read(record).split('\0')
      if (itsKey === key) return { digest, status: Number(status), text: text.join('\0') }
    }
    return null
  }

  /** The key must not be kept already, nor hold a NUL; there must be room. */
  add(key: string, { digest, status, text }: KeptAnswer, expiresAtS: number): void {
    const record = ((this.#first + this.#count - 1) % this.#capacity) + 1
    const content = `${key}\0${digest}\0${status}\0${text}`
    const length = Buffer.byteLength(content)
    const piece = this.#pieceFor(length)
    piece.write(content, this.#used)
    this.#pieceOf[record] = this.#piece
    this.#starts[record] = this.#used
    this.#lengths[record] = length
    this.#used += length
    this.#expiresAtS[record] = expiresAtS
    const hash = hashOf(key)
    const bucket = this.#bucketOf(hash)
    this.#hashes[record] = hash
    this.#older[record] = this.#newest[bucket] ?? NONE
    this.#newest[bucket] = record
    this.#count += 1
  }

  /** Forgets what is too old. */
  expire(nowS: number): void {
    while (this.#count > 0 && (this.#expiresAtS[this.#first] ?? 0) <= nowS) {
      this.#unlink(this.#first)
      this.#first = (this.#first % this.#capacity) + 1
      this.#count -= 1
      this.#giveBack(this.#count === 0 ? this.#piece : (this.#pieceOf[this.#first] ?? 0))
    }
  }

  /** The oldest of all is the oldest of its bucket: the last of that chain. */
  #unlink(record: number): void {
    const bucket = this.#bucketOf(this.#hashes[record] ?? 0)
    let at = this.#newest[bucket] ?? NONE
    if (at === record) this.#newest[bucket] = NONE
    else {
      while (this.#older[at] !== record) at = this.#older[at] ?? NONE
      this.#older[at] = NONE
    }
  }

  #giveBack(upTo: number): void {
    for (; this.#oldestPiece < upTo; this.#oldestPiece += 1) {
      this.#bytes -= this.#pieces.get(this.#oldestPiece)?.length ?? 0
      this.#pieces.delete(this.#oldestPiece)
    }
  }

  #pieceFor(length: number): Buffer {
    const current = this.#pieces.get(this.#piece)
    if (current && this.#used + length <= current.length) return current
    const piece = Buffer.allocUnsafeSlow(Math.max(PIECE_BYTES, length))
    this.#piece += 1
    this.#used = 0
    this.#pieces.set(this.#piece, piece)
    this.#bytes += piece.length
    return piece
  }

  #read(record: number): string {
    const start = this.#starts[record] ?? 0
    const piece = this.#pieces.get(this.#pieceOf[record] ?? 0)
    return piece?.toString('utf8', start, start + (this.#lengths[record] ?? 0)) ?? ''
  }

  #bucketOf(hash: number): number {
    return hash & (this.#newest.length - 1)
  }
}

/** FNV-1a, with its upper bits mixed into the lower ones, which choose the bucket. */
function hashOf(key: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < key.length; at += 1) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193)
  return (hash ^ (hash >>> 15)) >>> 0
}
