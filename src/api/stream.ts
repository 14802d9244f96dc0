import { setImmediate as afterOthers } from 'node:timers/promises'

const PIECE_CHARACTERS = 65_536

/**
 * Answers with a text that is made while it is read, as fast as it is read and no faster.
 *
 * The first piece is made before the answer begins, so that what hinders it is still told as a problem.
 */
export function streamResponse(pieces: Iterable<string>, headers: Readonly<Record<string, string>>): Response {
  const iterator = pieces[Symbol.iterator]()
  let next = iterator.next()
  const encoder = new TextEncoder()
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      let text = ''
      while (next.done !== true && text.length < PIECE_CHARACTERS) {
        text += next.value
        next = iterator.next()
      }
      if (text !== '') controller.enqueue(encoder.encode(text))
      if (next.done === true) controller.close()
      // Reading is synchronous: others have their turn between two pieces.
      await afterOthers()
    },
    cancel: () => void iterator.return?.(),
  })
  return new Response(body, { headers })
}
