import type { Endpoint } from './endpoint.ts'
import { cannotTell, fail, pass, warn, type Finding } from './finding.ts'
import { CONSEQUENCES, evidenceOf, jsonOf, meaningOf, memberOf, statusOf, wordsOf } from './reading.ts'
import type { Seen, SpoiledReply } from './seen.ts'

const SHAPE = '{"success": false, "errors": [{"code": 1004, "description": "…"}]}'
const BATCH_SHAPE = '{"success": true, "results": [{"customer_id": "…", "success": false, "errors": [{…}]}, …]}'

/** What became of one body with a wrong value. */
type Verdict =
  /** As the contract has it. */
  | 'told'
  /** Refused, but without saying why, or with another status than 200. */
  | 'unclear'
  /** The whole batch is refused for one message. */
  | 'whole_batch'
  | 'taken'
  | 'stopped'
  | 'retried'
  | 'silent'
  | 'unknown'

/** The worst that can become of a customer's own value comes first. */
const ORDER: readonly Verdict[] = ['stopped', 'silent', 'retried', 'whole_batch', 'unclear', 'told', 'taken', 'unknown']

/** Is a wrong value of one customer told as that, and stops nobody else? */
export function gradeFailureBody({ spoiled }: Pick<Seen, 'spoiled'>, { payload }: Endpoint): Finding {
  if (spoiled.length === 0) {
    return cannotTell('The payload has no value that could be spoiled', 'Give a body with a text by --payload')
  }
  const judged = spoiled.map((each) => ({ ...each, verdict: verdictOf(each, payload.isBatch) }))
  const isTold = judged.some(({ verdict }) => verdict === 'told')
  const worst = judged.toSorted((a, b) => ORDER.indexOf(a.verdict) - ORDER.indexOf(b.verdict))[0]!
  const { body, reply, verdict } = worst
  const evidence = { value: body.pointer, was: body.how, ...evidenceOf(reply) }
  const message = `A body with ${body.pointer} ${body.how} was ${wordsOf(reply)}`
  const fix = `Answer with 200 and ${payload.isBatch ? BATCH_SHAPE : SHAPE} when a value of one customer is wrong`
  switch (verdict) {
    case 'stopped':
      // Somebody else's payload: what holds for all customers may be refused for all of them.
      if (isTold && !body.isPersonal) {
        const doubt = `${message}, ${CONSEQUENCES[meaningOf(reply) ?? 'stops_all']}`
        return warn(doubt, `${fix}; leave it so if that value is the same for every customer`, evidence)
      }
      return fail(`${message}, ${CONSEQUENCES[meaningOf(reply) ?? 'stops_all']}`, fix, evidence)
    case 'silent':
      return fail(message, fix, evidence)
    case 'retried':
      return fail(`${message}, ${CONSEQUENCES.retried}`, fix, evidence)
    case 'whole_batch':
      return warn(`${message}, and all of the batch was refused for one message`, fix, evidence)
    case 'unclear':
      return warn(`${message}, and not in the shape that says why`, fix, evidence)
    case 'told':
      return pass('A wrong value is told as that, and stops nobody else', evidence)
    case 'taken':
      return cannotTell('Every value was taken, also those that were spoiled', null, evidence)
    case 'unknown':
      return cannotTell(message, null, evidence)
  }
}

function verdictOf({ reply }: SpoiledReply, isBatch: boolean): Verdict {
  const meaning = meaningOf(reply)
  if (meaning === null) return 'silent'
  if (meaning === 'redirect' || statusOf(reply) === 429) return 'unknown'
  if (meaning === 'retried') return 'retried'
  if (meaning !== 'success') return 'stopped'
  const body = jsonOf(reply)
  const items = memberOf(body, 'results')
  const isRefused = memberOf(body, 'success') === false
  if (!isBatch) return isRefused ? clarityOf(reply, body) : 'taken'
  if (isRefused) return 'whole_batch'
  const refused = Array.isArray(items) ? items.find((item) => memberOf(item, 'success') === false) : undefined
  return refused === undefined ? 'taken' : clarityOf(reply, refused)
}

/** Errors that a report can show: a code for programs, a description for people. */
function clarityOf(reply: SpoiledReply['reply'], refusal: unknown): Verdict {
  const errors = memberOf(refusal, 'errors')
  const [first] = Array.isArray(errors) ? (errors as readonly unknown[]) : []
  const hasCode = ['number', 'string'].includes(typeof memberOf(first, 'code'))
  const hasWords = typeof memberOf(first, 'description') === 'string'
  return hasCode && hasWords && statusOf(reply) === 200 ? 'told' : 'unclear'
}
