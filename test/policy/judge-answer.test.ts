import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ANSWER_MEANINGS, type AnswerMeaning } from '../../src/campaign/campaign.ts'
import type { Outcome, ReceiverWords } from '../../src/campaign/outcome.ts'
import { judgeAnswer, valueAt } from '../../src/policy/policy.ts'
import { NOTHING_SAID, POINTERS, SENT, answered, context, stopOutcome, unanswered } from './answers.ts'

const REFUSAL = {
  success: false,
  errors: [{ code: 1004, description: 'SMS message too long. Limit is 160 characters.' }],
}

describe('a 2xx', () => {
  it.each([
    ['an empty body', answered(200)],
    ['no content at all', answered(204)],
    ['plain text', answered(200, { contentType: 'text/plain', body: '{"success":false}' })],
    ['HTML', answered(200, { contentType: 'text/html', body: '<html>false</html>' })],
    ['JSON without a type', answered(200, { body: '{"success":false}' })],
    [
      'a JSON type that is not application',
      answered(200, { contentType: 'image/svg+json', body: '{"success":false}' }),
    ],
    ['broken JSON', answered(200, { contentType: 'application/json', body: '{"success":false' })],
    ['NaN in it', answered(200, { contentType: 'application/json', body: '{"success":false,"n":NaN}' })],
    ['a cut body', answered(200, { json: REFUSAL, isTruncated: true })],
    ['success: true', answered(201, { json: { success: true } })],
    ['success: null', answered(200, { json: { success: null, x: false } })],
    ['success: "false"', answered(299, { json: { success: 'false' } })],
    ['success: 0', answered(207, { json: { success: 0, x: false } })],
    ['a list', answered(200, { json: [false] })],
    ['false alone, where the pointer leads inside', answered(200, { json: false })],
  ])('is sent with %s', (_, answer) => {
    expect(judgeAnswer(answer, context())).toEqual(SENT)
  })

  it.each(['application/json', 'application/problem+json', 'application/vnd.acme.v1+json'])(
    'is refused for this customer when %s says success: false',
    (contentType) => {
      expect(judgeAnswer(answered(200, { json: REFUSAL, contentType }), context())).toEqual({
        kind: 'refused',
        reason: 'refused',
        words: { ...NOTHING_SAID, errorCode: '1004', message: 'SMS message too long. Limit is 160 characters.' },
      })
    },
  )

  it('is refused when a byte order mark stands before the JSON', () => {
    const answer = answered(200, { contentType: 'application/json', body: `\uFEFF${JSON.stringify(REFUSAL)}` })
    expect(judgeAnswer(answer, context())).toMatchObject({ kind: 'refused', words: { errorCode: '1004' } })
  })

  it('is refused by the pointer that the campaign names', () => {
    const response = { success: '/ok', code: '/why', message: '/text' }
    const answer = answered(200, { json: { ok: false, why: 'E7', text: 'no' } })
    expect(judgeAnswer(answer, context({ response }))).toMatchObject({ words: { errorCode: 'E7', message: 'no' } })
    expect(judgeAnswer(answer, context())).toEqual(SENT)
  })

  it('is refused by a pointer to the whole body', () => {
    const response = { ...POINTERS, success: '' }
    expect(judgeAnswer(answered(200, { json: false }), context({ response })).kind).toBe('refused')
  })

  it('keeps what a success calls its result', () => {
    const json = { success: true, result: { code: 1, status: 'sent', message: 'SMS message sent successfully' } }
    expect(judgeAnswer(answered(200, { json }), context())).toEqual({
      kind: 'sent',
      alreadyAccepted: false,
      words: { ...NOTHING_SAID, resultCode: '1', resultStatus: 'sent' },
    })
  })

  it('finds success: false and the result however the JSON is spelled', () => {
    const refused = answered(200, { contentType: 'application/json', body: '{"succ\\u0065ss" :\n false}' })
    expect(judgeAnswer(refused, context()).kind).toBe('refused')
    const result = answered(200, { contentType: 'application/json', body: '{"r\\u0065sult":{"code":"A"}}' })
    expect(judgeAnswer(result, context())).toMatchObject({ words: { resultCode: 'A' } })
  })

  it('means the same for any JSON as a plain reading of it', () => {
    const key = fc.constantFrom('success', 'result', 'code', 'status', 'x')
    const leaf = fc.oneof(fc.constantFrom(true, false, null, 'false', 'sent', ''), fc.integer())
    const json = fc.letrec((tie) => ({
      value: fc.oneof({ depthSize: 'small' }, leaf, fc.dictionary(key, tie('value')), fc.array(tie('value'))),
    })).value
    fc.assert(
      fc.property(json, (document) => {
        const outcome = judgeAnswer(answered(200, { json: document }), context())
        expect(outcome.kind).toBe(valueAt(document, '/success') === false ? 'refused' : 'sent')
        if (outcome.kind !== 'sent') return
        const code = valueAt(document, '/result/code')
        const isWord = code !== '' && ['string', 'number', 'boolean'].includes(typeof code)
        expect(outcome.words.resultCode).toBe(isWord ? String(code) : null)
      }),
    )
  })
})

function wordsOf(json: unknown, response = POINTERS): ReceiverWords | null {
  const outcome = judgeAnswer(answered(403, { json }), context({ response }))
  return outcome.kind === 'stop' ? outcome.words : null
}

function messageOf(contentType: string, body: string): string | null {
  const outcome = judgeAnswer(answered(500, { contentType, body }), context())
  return outcome.kind === 'retry' ? outcome.message : null
}

describe('the words of a refusal', () => {
  it('keep all errors behind the first', () => {
    const errors = [
      { code: 1, description: 'first' },
      { code: 2, description: 'second' },
      { code: 3 },
      { description: 'fourth' },
      {},
      null,
    ]
    expect(wordsOf({ errors })).toEqual({ ...NOTHING_SAID, errorCode: '1', message: 'first; 2 second; 3; fourth' })
    expect(wordsOf({ errors: [{ code: 1 }, { code: 2 }] })).toMatchObject({ errorCode: '1', message: '2' })
  })

  it('leave out codes that stand elsewhere, and follow a list at the top', () => {
    const response = { success: '/ok', code: '/status', message: '/0/text' }
    expect(wordsOf([{ text: 'a' }, { text: 'b' }], response)).toEqual({ ...NOTHING_SAID, message: 'a; b' })
    const apart = { ...POINTERS, code: '/outcome1/code' }
    const errors = [
      { code: 1, description: 'a' },
      { code: 2, description: 'b' },
    ]
    expect(wordsOf({ outcome1: { code: 'E' }, errors }, apart)).toMatchObject({ errorCode: 'E', message: 'a; b' })
  })

  it('take one message where the pointer leads into no list', () => {
    const response = { success: '/ok', code: '/errors/0', message: '/errors/0' }
    expect(wordsOf({ errors: { 0: 'only', 1: 'no' } }, response)).toMatchObject({ errorCode: 'only', message: 'only' })
    expect(wordsOf({ detail: 'x' }, { ...response, message: '/detail' })).toMatchObject({ message: 'x' })
    expect(wordsOf({ detail: 'x' })).toEqual(NOTHING_SAID)
  })

  it('take numbers and booleans as text, and nothing else', () => {
    expect(wordsOf({ errors: [{ code: 1.5, description: true }] })).toMatchObject({ errorCode: '1.5', message: 'true' })
    expect(wordsOf({ errors: [{ code: { a: 1 }, description: ['x'] }] })).toEqual(NOTHING_SAID)
    expect(wordsOf({ errors: [{ code: '', description: null }] })).toEqual(NOTHING_SAID)
  })

  it('are the first line of plain text, and none of HTML', () => {
    expect(messageOf('text/plain', '\n  Overloaded \r\nat worker 3')).toBe('Overloaded')
    expect(messageOf('text/plain', ' \n ')).toBe(null)
    expect(messageOf('text/html', '<h1>Overloaded</h1>')).toBe(null)
  })

  it('are at most 500 characters of message and 100 of code, and well-formed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 1200 }), fc.array(fc.string()), (text, more) => {
        const errors = [{ code: text, description: text }, ...more.map((description) => ({ description }))]
        const words = wordsOf({ errors })
        expect(words?.message?.length ?? 0).toBeLessThanOrEqual(500)
        expect(words?.errorCode?.length ?? 0).toBeLessThanOrEqual(100)
        expect(`${words?.message}${words?.errorCode}`.isWellFormed()).toBe(true)
      }),
    )
    expect(wordsOf({ errors: [{ description: 'x'.repeat(501) }] })?.message).toBe(`${'x'.repeat(499)}…`)
    expect(wordsOf({ errors: [{ description: 'x'.repeat(500) }] })?.message).toBe('x'.repeat(500))
    const pair = wordsOf({ errors: [{ description: `${'x'.repeat(498)}😀😀` }] })?.message
    expect(pair).toBe(`${'x'.repeat(498)}…`)
    expect(wordsOf({ errors: [{ description: 'lone \uD800' }] })?.message).toBe('lone \uFFFD')
  })
})

describe('a 4xx', () => {
  it('stops the webhook on 400, 404, 410, 412, 413 and 418, and the chunk on any other but 429', () => {
    for (let status = 400; status < 500; status++) {
      if (status === 429) continue
      const outcome = judgeAnswer(answered(status), context())
      expect(outcome).toEqual(
        stopOutcome([400, 404, 410, 412, 413, 418].includes(status) ? 'hard_stop' : 'client_error'),
      )
    }
  })

  it('brings the words of its body', () => {
    const outcome = judgeAnswer(answered(401, { json: { errors: [{ code: 'auth', description: 'Who?' }] } }), context())
    expect(outcome).toMatchObject({ reason: 'client_error', words: { errorCode: 'auth', message: 'Who?' } })
  })

  it('is a client error as a 408 on a new connection, and a connection issue on a reused one', () => {
    expect(judgeAnswer(answered(408), context())).toEqual(stopOutcome('client_error'))
    expect(judgeAnswer(answered(408), context({ wasReusedConnection: true }))).toMatchObject({
      kind: 'retry',
      cause: 'stale_connection',
      isConnectionIssue: true,
      isInDoubt: false,
    })
  })
})

describe('a 409', () => {
  const inDoubt = { attempt: 2, isInDoubt: true }

  it('is a client error to a first send', () => {
    expect(judgeAnswer(answered(409), context())).toEqual(stopOutcome('client_error'))
    expect(judgeAnswer(answered(409, { retryAfter: '5' }), context())).toEqual(stopOutcome('client_error'))
  })

  it.each([1, 2])('says already accepted when an earlier send is in doubt (attempt %i)', (attempt) => {
    expect(judgeAnswer(answered(409), context({ attempt, isInDoubt: true }))).toEqual({
      kind: 'sent',
      alreadyAccepted: true,
      words: { ...NOTHING_SAID, message: 'already accepted' },
    })
  })

  it('is still in progress with Retry-After, and stays in doubt', () => {
    expect(judgeAnswer(answered(409, { retryAfter: '5' }), context(inDoubt))).toMatchObject({
      kind: 'retry',
      cause: 'in_progress',
      retryAfterMs: 5000,
      isInDoubt: true,
      isConnectionIssue: false,
    })
  })

  it('is already accepted when Retry-After cannot be read', () => {
    expect(judgeAnswer(answered(409, { retryAfter: 'soon' }), context(inDoubt))).toMatchObject({
      alreadyAccepted: true,
    })
  })

  it('is a conflict on a retry when every earlier send was answered', () => {
    const outcome = judgeAnswer(answered(409, { json: { errors: [{ code: 9 }] } }), context({ attempt: 2 }))
    expect(outcome).toEqual({ kind: 'refused', reason: 'conflict', words: { ...NOTHING_SAID, errorCode: '9' } })
  })

  it('is a conflict to a send in doubt where the campaign says so', () => {
    for (const retryAfter of [null, '5']) {
      const outcome = judgeAnswer(answered(409, { retryAfter }), context({ ...inDoubt, conflict: 'failed' }))
      expect(outcome).toEqual({ kind: 'refused', reason: 'conflict', words: NOTHING_SAID })
    }
    const first = context({ attempt: 1, isInDoubt: true, conflict: 'failed' })
    expect(judgeAnswer(answered(409), first)).toMatchObject({ reason: 'conflict' })
    expect(judgeAnswer(answered(409), context({ conflict: 'failed' }))).toEqual(stopOutcome('client_error'))
  })
})

describe('answers that are tried again', () => {
  it('are 429 and every 5xx, with what the receiver asks for', () => {
    for (const status of [429, ...Array.from({ length: 100 }, (_, i) => 500 + i)]) {
      expect(judgeAnswer(answered(status, { retryAfter: '120' }), context())).toEqual({
        kind: 'retry',
        cause: status === 429 ? 'pressure' : 'server_error',
        retryAfterMs: 120_000,
        isInDoubt: false,
        isConnectionIssue: false,
        message: null,
      })
    }
  })

  it('count a Retry-After date from the end of the answer', () => {
    const answer = answered(503, { retryAfter: 'Sun, 22 Nov 2026 10:01:30 GMT' })
    expect(judgeAnswer(answer, context())).toMatchObject({ retryAfterMs: 90_000 })
  })

  it('stay in doubt once an earlier send was', () => {
    expect(judgeAnswer(answered(503), context({ isInDoubt: true }))).toMatchObject({ isInDoubt: true })
    expect(judgeAnswer(unanswered('connect'), context({ isInDoubt: true }))).toMatchObject({ isInDoubt: true })
  })
})

it('does not follow a 3xx: it stops the chunk', () => {
  for (const status of [300, 301, 302, 304, 307, 399]) {
    const outcome = judgeAnswer(answered(status), context())
    expect(outcome).toEqual(stopOutcome('redirect', `Redirect not followed: ${status}`))
  }
  const said = answered(301, { contentType: 'text/plain', body: 'Moved' })
  expect(judgeAnswer(said, context())).toEqual(stopOutcome('redirect', 'Moved'))
})

it.each([0, 100, 199, 600, 999])('takes a status that HTTP does not have for an invalid response: %i', (status) => {
  expect(judgeAnswer(answered(status), context())).toMatchObject({
    kind: 'retry',
    cause: 'invalid_response',
    isInDoubt: true,
    isConnectionIssue: false,
    message: `Answer has no HTTP status: ${status}`,
  })
})

describe('no answer', () => {
  it.each([
    ['connect', false, true],
    ['dns', false, true],
    ['reset', true, true],
    ['reset', false, true],
    ['invalid_response', true, false],
    ['timeout', true, false],
    ['timeout', false, true],
  ] as const)('is tried again after %s (may have arrived: %s), a connection issue: %s', (code, arrived, isIssue) => {
    expect(judgeAnswer(unanswered(code, arrived), context())).toEqual({
      kind: 'retry',
      cause: code,
      retryAfterMs: null,
      isInDoubt: arrived,
      isConnectionIssue: isIssue,
      message: `No answer: ${code}`,
    })
  })

  it('stops the webhook by a TLS failure, until a call of the run has succeeded', () => {
    expect(judgeAnswer(unanswered('tls'), context())).toEqual(stopOutcome('tls', 'No answer: tls'))
    expect(judgeAnswer(unanswered('tls'), context({ hasRunSucceeded: true }))).toMatchObject({
      kind: 'retry',
      cause: 'tls',
      isConnectionIssue: true,
    })
  })

  it.each(['blocked', 'proxy'] as const)('stops the webhook when it was %s', (code) => {
    const outcome = judgeAnswer(unanswered(code), context({ hasRunSucceeded: true }))
    expect(outcome).toEqual(stopOutcome(code, `No answer: ${code}`))
  })

  it('is our own trouble when it was local', () => {
    expect(judgeAnswer(unanswered('local'), context())).toEqual({ kind: 'local', message: 'No answer: local' })
  })
})

function judgeAs(meaning: AnswerMeaning, status = 400, changes = {}): Outcome {
  return judgeAnswer(
    answered(status, {
      json: { success: false, errors: [{ code: 7, description: 'no' }], result: { code: 3 } },
      retryAfter: '9',
    }),
    context({ answers: { [status]: meaning }, ...changes }),
  )
}

describe('the answers of a campaign', () => {
  const words = { ...NOTHING_SAID, errorCode: '7', message: 'no' }

  it('give a status another meaning', () => {
    expect(judgeAs('sent')).toEqual({
      kind: 'sent',
      alreadyAccepted: false,
      words: { ...NOTHING_SAID, resultCode: '3' },
    })
    expect(judgeAs('failed')).toEqual({ kind: 'refused', reason: 'refused', words })
    expect(judgeAs('chunk')).toEqual({ kind: 'stop', scope: 'chunk', reason: 'client_error', words })
    expect(judgeAs('webhook')).toEqual({ kind: 'stop', scope: 'webhook', reason: 'hard_stop', words })
    expect(judgeAs('retry')).toMatchObject({ kind: 'retry', cause: 'overridden', retryAfterMs: 9000, message: 'no' })
  })

  it('win over every other rule of that status and over no other status', () => {
    for (const status of [200, 302, 404, 408, 409, 429, 500]) {
      for (const meaning of ANSWER_MEANINGS) {
        expect(judgeAs(meaning, status, { attempt: 2, isInDoubt: true, wasReusedConnection: true })).toEqual({
          ...judgeAs(meaning, status),
          ...(meaning === 'retry' ? { isInDoubt: true } : {}),
        })
      }
    }
    expect(judgeAnswer(answered(401), context({ answers: { 400: 'sent' } }))).toEqual(stopOutcome('client_error'))
  })

  it('take an empty body for sent, too', () => {
    expect(judgeAnswer(answered(404), context({ answers: { 404: 'sent' } }))).toEqual(SENT)
  })
})

it('never throws, whatever comes back', () => {
  const anyAnswer = fc.record({
    httpStatus: fc.integer({ min: 0, max: 999 }),
    contentType: fc.constantFrom('', 'application/json', 'application/x+json', 'text/plain', 'text/html'),
    body: fc.oneof(fc.string({ unit: 'binary' }), fc.json(), fc.constant('['.repeat(60_000))),
    retryAfter: fc.option(fc.string()),
    isTruncated: fc.boolean(),
  })
  const pointer = fc
    .array(fc.oneof(fc.string(), fc.constantFrom('0', '-', 'errors', 'length', '__proto__')))
    .map((tokens) => tokens.map((token) => `/${token}`).join(''))
  fc.assert(
    fc.property(anyAnswer, fc.record({ success: pointer, code: pointer, message: pointer }), (answer, response) => {
      expect(judgeAnswer({ kind: 'answered', ...answer }, context({ response })).kind).toMatch(
        /^(sent|refused|retry|stop)$/,
      )
    }),
  )
})

describe('valueAt', () => {
  it('finds every place of a document by the pointer that names it', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const visit = (value: unknown, pointer: string, document: unknown): void => {
          expect(valueAt(document, pointer)).toBe(value)
          if (typeof value !== 'object' || value === null) return
          for (const [key, child] of Object.entries(value)) {
            visit(child, `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`, document)
          }
        }
        const document: unknown = JSON.parse(text)
        visit(document, '', document)
      }),
    )
  })

  it.each([
    '/constructor',
    '/list/length',
    '/list/-',
    '/list/01',
    '/list/9',
    '/list/0/x',
    '/missing/x',
    '/text/0',
    '/__proto__',
  ])('finds nothing at %s', (pointer) => {
    expect(valueAt({ list: [null], text: 'abc' }, pointer)).toBeUndefined()
  })
})
