import type { StopDecision, StopRule } from './stop-decision.ts'

/** A stop as it is stored, and what became of the run. */
export interface StopStory {
  readonly rule: StopRule
  readonly httpStatus: number | null
  /** What `describeStop` said when it happened. */
  readonly description: string
  readonly runId: string
  readonly failed: number
  readonly aborted: number
  /** The campaign whose events are on hold; null, or left out, for a run that simply ended. */
  readonly heldCampaign?: string | null
}

/**
 * Tells in a phrase what was stopped and by what; stored with the stop.
 *
 * `target` is printed as it is: hand in a URL without user-info and without a customer's data.
 */
export function describeStop(decision: StopDecision, target: string): string {
  const what = decision.chunk === null ? 'the webhook' : `chunk ${decision.chunk}`
  // A receiver's words may repeat a customer's data: only our own are told. The samples beside the stop hold the answer.
  const said = decision.message === null || decision.httpStatus !== null ? '' : ` (${decision.message})`
  return `Stopped ${what} ${TRIPPED[decision.rule](decision, target)}${said}`
}

/**
 * Explains a stop in one sentence with its numbers, and says what to do and what to type.
 *
 * What lies in the campaign file is pinned with the run, so mending it helps a replay only; what lies outside (the
 * receiver, credentials in the environment, certificates) helps a resume.
 */
export function explainStop(story: StopStory): string {
  return story.heldCampaign == null ? explainEnd(story) : explainHold(story, story.heldCampaign)
}

/** Events go on coming: they wait for the release, with those who were not called. */
function explainHold({ rule, httpStatus, description, runId, failed, aborted }: StopStory, campaign: string): string {
  const name = /^[\w.-]+$/.test(campaign) ? campaign : `'${campaign.replaceAll("'", String.raw`'\''`)}'`
  const counts = `${description}: ${number(failed)} failed, ${number(aborted)} on hold.`
  const { todo, isInCampaign } = BY_RULE[rule] ?? adviceFor(httpStatus)
  const goOn = `\`hookcast release ${name}\`${replayOfFailed(runId, failed)}.`
  if (isInCampaign) {
    return `${counts} ${todo}, activate the campaign, then \`hookcast release ${name} --discard\` and \`hookcast replay ${runId} --status failed,aborted\`; if it was mended on the receiver's side, ${goOn}`
  }
  return `${counts} ${todo}, then ${goOn}`
}

function explainEnd({ rule, httpStatus, description, runId, failed, aborted }: StopStory): string {
  const counts = `${description}: ${number(failed)} failed, ${number(aborted)} aborted.`
  const { todo, isInCampaign } = BY_RULE[rule] ?? adviceFor(httpStatus)
  // Everybody else was done already: there is nobody left for a resume.
  if (aborted === 0) return `${counts} ${todo}, then \`hookcast replay ${runId} --status failed\`.`
  const goOn = `\`hookcast resume ${runId}\`${replayOfFailed(runId, failed)}.`
  if (isInCampaign) {
    return `${counts} ${todo}, then \`hookcast replay ${runId} --status failed,aborted\`; if it was mended on the receiver's side, ${goOn}`
  }
  return `${counts} ${todo}, then ${goOn}`
}

/** Going on calls those without a result alone. */
function replayOfFailed(runId: string, failed: number): string {
  if (failed === 0) return ''
  const who = failed === 1 ? 'the one that failed' : `the ${number(failed)} that failed`
  return `; ${who}: \`hookcast replay ${runId} --status failed\``
}

const TRIPPED: Readonly<Record<StopRule, (decision: StopDecision, target: string) => string>> = {
  hard_stop: (decision, target) => `after the first ${answerOf(decision)} from ${target}`,
  client_error: (decision, target) =>
    decision.count === 1
      ? `after the first ${answerOf(decision)} from ${target}`
      : `after ${number(decision.count)} client errors${isOfAll(decision) ? ' in a row' : ''}, the last a ${answerOf(decision)} from ${target}`,
  tls: (_, target) => `after a call to ${target} failed in TLS before any had succeeded`,
  blocked: (_, target) => `after the network guard refused the address of ${target}`,
  proxy: (_, target) => `after the egress proxy refused a call to ${target}`,
  exhausted: (decision, target) =>
    `after ${ofWindow(decision, 'last')} deliveries to ${target} ran out of retries, the last with ${answerOf(decision)}`,
  connection: (decision, target) =>
    `after ${span(decision.silentMs)} without an answer from ${target}, ${number(decision.count)} connection issues in a row`,
  render: (decision) =>
    decision.of === null
      ? `after the template failed for ${number(decision.count)} customers in a row`
      : `after the template failed for ${ofWindow(decision, isOfAll(decision) ? 'last' : 'first')} customers`,
  chunks: (decision, target) =>
    `after ${number(decision.count)} chunks were stopped by ${decision.chunksRule}, the last with ${answerOf(decision)} from ${target}`,
}

interface Advice {
  readonly todo: string
  /** What is to be mended is pinned with the run. */
  readonly isInCampaign: boolean
}

const WAIT: Advice = { todo: 'Wait until the receiver is well', isInCampaign: false }

/** What is wrong, by status: the receiver's side or credentials unless the campaign file or its templates are named. */
const BY_STATUS: Readonly<Record<number, Advice>> = {
  400: { todo: 'Mend the template or the headers so that the receiver accepts the request', isInCampaign: true },
  401: { todo: 'Fix the credentials', isInCampaign: false },
  403: {
    todo: 'Have the receiver allow these credentials and the addresses that `hookcast egress` lists',
    isInCampaign: false,
  },
  404: { todo: 'Mend the URL', isInCampaign: true },
  405: { todo: 'Mend the method', isInCampaign: true },
  406: { todo: 'Have the receiver answer in JSON or plain text', isInCampaign: false },
  408: { todo: 'Have the receiver read requests faster', isInCampaign: false },
  409: { todo: 'Have the receiver accept a key that it has not seen before', isInCampaign: false },
  410: { todo: 'Take the URL of a receiver that is in use', isInCampaign: true },
  412: { todo: 'Mend the conditional headers', isInCampaign: true },
  413: { todo: 'Make the body smaller', isInCampaign: true },
  415: { todo: 'Mend the payload or the Content-Type header', isInCampaign: true },
  422: { todo: 'Mend the template so that the receiver accepts the body', isInCampaign: true },
  429: WAIT,
}

/** What is wrong, by rule; a status says more where there is one. */
const BY_RULE: Readonly<Partial<Record<StopRule, Advice>>> = {
  tls: {
    todo: "Have the receiver's certificate mended (or name its CA under `tls:` and start a new run)",
    isInCampaign: false,
  },
  blocked: { todo: 'Allow the address under `network.campaigns.allow` in hookcast.yaml', isInCampaign: false },
  proxy: { todo: 'Have the egress proxy allow the receiver', isInCampaign: false },
  render: { todo: 'Mend the template', isInCampaign: true },
  exhausted: WAIT,
  connection: { todo: 'Bring the receiver back', isInCampaign: false },
}

function adviceFor(httpStatus: number | null): Advice {
  if (httpStatus === null) return { todo: 'Mend what stopped the chunks', isInCampaign: false }
  if (httpStatus >= 500) return WAIT
  if (httpStatus < 400) return { todo: 'Take the URL that the receiver redirects to', isInCampaign: true }
  return BY_STATUS[httpStatus] ?? { todo: "See the receiver's words, and mend what they name", isInCampaign: false }
}

/** The counts are the webhook's, as customers enter one by one; else these rules stop chunks. */
function isOfAll({ chunk }: StopDecision): boolean {
  return chunk === null
}

function answerOf({ httpStatus }: StopDecision): string {
  return httpStatus === null ? 'no answer' : String(httpStatus)
}

function ofWindow({ count, of }: StopDecision, which: 'first' | 'last'): string {
  return `${number(count)} of the ${which} ${number(of ?? count)}`
}

function number(value: number): string {
  return value.toLocaleString('en-US')
}

function span(ms: number | null): string {
  const seconds = Math.round((ms ?? 0) / 1000)
  return seconds >= 120 ? `${Math.round(seconds / 60)} min` : `${seconds} s`
}
