import type { Endpoint } from './endpoint.ts'
import { cannotTell, fail, pass, warn, type Finding } from './finding.ts'
import { evidenceOf, isJsonType, isTaken, jsonOf, meaningOf, memberOf, redirected, wordsOf } from './reading.ts'
import type { Seen } from './seen.ts'

const SUCCESS_SHAPE = '{"success": true, "result": {"code": 1, "status": "sent", "message": "…"}}'
const BATCH_SHAPE = '{"success": true, "results": [{"customer_id": "…", "success": true, "result": {…}}, …]}'

/** Is a call that is right answered with 200 and JSON? */
export function gradeValidCall({ valid }: Pick<Seen, 'valid'>, { credentials }: Endpoint): Finding {
  const { answer } = valid
  const evidence = evidenceOf(valid)
  const message = `A valid call was ${wordsOf(valid)}`
  if (answer.kind === 'failed') {
    if (answer.code === 'tls') return cannotTell('No connection was made: see https')
    return fail(message, FIXES_OF_SILENCE[answer.code] ?? START_IT, evidence)
  }
  const meaning = meaningOf(valid)
  if (meaning !== 'success') {
    return redirected(valid) ?? fail(message, fixOfStatus(answer.httpStatus, credentials.kind), evidence)
  }
  const body = jsonOf(valid)
  if (memberOf(body, 'success') === false) {
    return fail(`${message}, and refused for what is in it`, 'Give a body that your API takes by --payload', evidence)
  }
  const json = 'Answer with Content-Type application/json, and a body that is JSON'
  if (answer.body === '') return warn(`${message}, and no body`, json, evidence)
  if (isJsonType(answer) && body === undefined) return fail(`${message}, and a body that is not JSON`, json, evidence)
  if (!isJsonType(answer)) {
    const type = answer.contentType === '' ? 'a body of no type' : answer.contentType
    if (answer.contentType !== '' && answer.contentType !== 'text/plain') {
      return fail(`${message}, and ${type}: whatever it says counts as sent`, json, evidence)
    }
    return warn(`${message}, and ${type}: only JSON can say what was done`, json, evidence)
  }
  if (answer.httpStatus === 200) return pass(`${message} and JSON`, evidence)
  return warn(message, 'Answer with 200, also when you only take the work over', evidence)
}

const START_IT = 'Start it, and let this machine reach its port'

/** By how a call ended without an answer. */
const FIXES_OF_SILENCE: Readonly<Record<string, string>> = {
  blocked: 'Write its address under network.campaigns.allow in hookcast.yaml, if a private address is what you mean',
  dns: 'Correct the name, or add it to your DNS',
  timeout: 'Answer within a second, and do the work afterwards',
  local: 'Raise the limit of this machine that is named',
  reset: 'Look into its log, and that of what stands before it, why it breaks the connection',
  invalid_response: 'Answer in whole messages of HTTP/1.1 at this port',
}

function fixOfStatus(status: number, credentials: Endpoint['credentials']['kind']): string {
  if (status === 401 || status === 403) {
    return credentials === 'none'
      ? 'Name credentials: --user with --password-env, --bearer-env, or --header'
      : 'Let these credentials in, or name others'
  }
  if (status === 404 || status === 405) return 'Give the whole URL of a route that takes POST'
  if (status === 429 || status >= 500) return 'Find the cause in the log of your API, and check again'
  return 'Give a body that your API takes by --payload, or take this one'
}

/** Does success look as the contract has it? */
export function gradeSuccessBody({ valid }: Pick<Seen, 'valid'>, { payload }: Endpoint): Finding {
  if (!isTaken(valid)) return cannotTell('No valid call was taken: see valid_call')
  const body = jsonOf(valid)
  const evidence = evidenceOf(valid)
  const shape = payload.isBatch ? BATCH_SHAPE : SUCCESS_SHAPE
  const fix = `Answer with ${shape}`
  if (body === undefined) return cannotTell('The body is not JSON: see valid_call', null, evidence)
  const success = memberOf(body, 'success')
  if (success === undefined) return warn('The body has no "success", so it could not say that it failed', fix, evidence)
  if (success !== true) return fail('"success" is neither true nor false, and counts as sent', fix, evidence)
  if (payload.isBatch) return gradeResults(memberOf(body, 'results'), { size: payload.batchSize, fix, evidence })
  const result = memberOf(body, 'result')
  if (memberOf(result, 'code') === undefined && memberOf(result, 'status') === undefined) {
    return warn('The body has no "result" with a code or a status for the report', fix, evidence)
  }
  return pass('Success is told as the contract has it', evidence)
}

function gradeResults(
  results: unknown,
  {
    size,
    fix,
    evidence,
  }: { readonly size: number | null; readonly fix: string; readonly evidence: Finding['evidence'] },
): Finding {
  if (!Array.isArray(results)) {
    return warn('The body has no "results", so one failure is a failure of the whole batch', fix, evidence)
  }
  const isWhole = results.every((item) => typeof memberOf(item, 'success') === 'boolean')
  if (!isWhole) return fail('An item of "results" does not say whether it succeeded', fix, evidence)
  if (size !== null && results.length !== size) {
    return fail(`"results" has ${results.length} items for ${size} messages`, fix, evidence)
  }
  const isNamed = results.every((item) => memberOf(item, 'customer_id') !== undefined)
  if (!isNamed) return warn('Items of "results" do not say whose they are, only by their place', fix, evidence)
  return pass('Success is told for each message of the batch', evidence)
}
