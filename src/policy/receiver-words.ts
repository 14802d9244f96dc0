import type { ResponsePointers } from '../campaign/campaign.ts'
import type { Answer, ReceiverWords } from '../campaign/outcome.ts'
import { valueAt } from './json-pointer.ts'

type Answered = Extract<Answer, { kind: 'answered' }>

export const NO_WORDS: ReceiverWords = Object.freeze({
  errorCode: null,
  resultCode: null,
  resultStatus: null,
  message: null,
})

/** Where a success body says what was done: the contract's own names. */
const RESULT_CODE = '/result/code'
const RESULT_STATUS = '/result/status'

/** A row of the ledger holds the message of each customer, so a receiver's novel is cut. */
const MESSAGE_CHARS = 500
const CODE_CHARS = 100

/** True for `application/json` and `application/*+json`: the only bodies that are parsed. */
export function isJson(contentType: string): boolean {
  return contentType === 'application/json' || (contentType.startsWith('application/') && contentType.endsWith('+json'))
}

/** The parsed body; undefined when it is no JSON, broken JSON, or cut: then it counts as text. */
export function parseBody(answer: Answered): unknown {
  if (answer.body === '' || answer.isTruncated || !isJson(answer.contentType)) return undefined
  try {
    // A byte order mark may be ignored (RFC 8259 §8.1); JSON.parse does not, and a refusal would pass for text.
    return JSON.parse(answer.body.charCodeAt(0) === 0xfeff ? answer.body.slice(1) : answer.body)
  } catch {
    return undefined
  }
}

/** The words of a success: what it calls the result. */
export function wordsOfSuccess(document: unknown): ReceiverWords {
  const resultCode = codeAt(document, RESULT_CODE)
  const resultStatus = codeAt(document, RESULT_STATUS)
  return resultCode === null && resultStatus === null ? NO_WORDS : { ...NO_WORDS, resultCode, resultStatus }
}

/** Code and message of the first error; the message goes on with all further ones, as nothing else keeps them for each customer. */
export function wordsOfErrors(document: unknown, pointers: ResponsePointers): ReceiverWords {
  return { ...NO_WORDS, errorCode: codeAt(document, pointers.code), message: errorsAt(document, pointers) }
}

/** The words of an answer that is no success. Of plain text the first line is the message; an HTML error page has no words. */
export function wordsOfRefusal(answer: Answered, pointers: ResponsePointers): ReceiverWords {
  const document = parseBody(answer)
  if (document !== undefined) return wordsOfErrors(document, pointers)
  if (answer.contentType !== 'text/plain') return NO_WORDS
  const line = answer.body.trim().split('\n', 1)[0]!.trim()
  return line === '' ? NO_WORDS : { ...NO_WORDS, message: shorten(line, MESSAGE_CHARS) }
}

/** A pointer into the first entry of a list: what comes before the `/0`, and what after it. */
const FIRST_OF_LIST = /^(?<list>.*?)\/0(?<rest>(?:\/.*)?)$/s

function errorsAt(document: unknown, pointers: ResponsePointers): string | null {
  const texts = [wordAt(document, pointers.message)]
  const place = FIRST_OF_LIST.exec(pointers.message)?.groups
  const list = place === undefined ? undefined : valueAt(document, String(place['list']))
  if (place !== undefined && Array.isArray(list)) {
    const first = `${place['list']}/0`
    for (let index = 1, chars = 0; index < list.length && chars < MESSAGE_CHARS; index++) {
      const entry = `${place['list']}/${index}`
      const code = pointers.code.startsWith(`${first}/`) ? entry + pointers.code.slice(first.length) : null
      const text = [code === null ? null : wordAt(document, code), wordAt(document, `${entry}${place['rest']}`)]
        .filter((word) => word !== null)
        .join(' ')
      if (text !== '') texts.push(text)
      chars += text.length
    }
  }
  const message = texts.filter((text) => text !== null).join('; ')
  return message === '' ? null : shorten(message, MESSAGE_CHARS)
}

function codeAt(document: unknown, pointer: string): string | null {
  const word = wordAt(document, pointer)
  return word === null ? null : shorten(word, CODE_CHARS)
}

function wordAt(document: unknown, pointer: string): string | null {
  const value = valueAt(document, pointer)
  if (typeof value === 'string') return value === '' ? null : value
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : null
}

function shorten(text: string, chars: number): string {
  if (text.length <= chars) return text.toWellFormed()
  const isPairCut = (text.charCodeAt(chars - 2) & 0xfc00) === 0xd800
  return `${text.slice(0, isPairCut ? chars - 2 : chars - 1)}…`.toWellFormed()
}
