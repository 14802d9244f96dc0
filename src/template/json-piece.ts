import { jsonFaultOffset } from './json-fault-offset.ts'

/** What the piece of one customer may be within the JSON of a batch: a value, members of an object, items of a list. */
const SHAPES = [
  ['', ''],
  ['{', '}'],
  ['[', ']'],
] as const

/**
 * Finds the pieces to blame when the whole that they were put into is no JSON: those that are none where most are.
 *
 * Empty when there is no such majority, or it has no exception: then the fault lies around the pieces.
 *
 * Shape: a sentence for each, by the piece's index
 */
export function faultyJsonPieces(pieces: readonly string[]): ReadonlyMap<number, string> {
  for (const [open, close] of SHAPES) {
    const faulty = pieces.flatMap((piece, index) => (isJson(open + piece + close) ? [] : [index]))
    if (faulty.length * 2 >= pieces.length) continue
    return new Map(faulty.map((index) => [index, sentenceFor(open + pieces[index]! + close, open.length)]))
  }
  return new Map()
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function sentenceFor(text: string, before: number): string {
  const position = Math.max(0, jsonFaultOffset(text) - before)
  return `expected the piece that the customer template makes to be JSON, got something else at position ${position} of it`
}
