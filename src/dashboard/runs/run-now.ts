import {
  formatNumber,
  formatSpan,
  html,
  Markup,
  resultBar,
  sentence,
  timeText,
  verdict,
  type AbortEntry,
  type Part,
  type RunReport,
} from '../../report/report.ts'
import { card, facts, head, stateMark, type Shown } from '../frame/parts.ts'
import { words } from '../words.ts'
import type { ShownRun } from './run-page.ts'

const { run: say } = words

/** Which run it is, how it stands, and what can be pressed. */
export function headPart({ visit, run, story, by, replays }: ShownRun): Markup {
  const { campaign, state, started_at: startedAt, duration_ms: durationMs, resumed } = story.report
  const shown: Shown[] = [[say.facts.run, html`<code>${run.runId}</code>`]]
  if (startedAt !== null) shown.push([say.facts.started, timeText(startedAt)])
  shown.push([say.facts.by, by])
  if (durationMs !== null) shown.push([state === 'running' ? say.facts.going : say.facts.took, formatSpan(durationMs)])
  if (resumed > 0) shown.push([say.facts.resumed, say.times(resumed)])
  if (story.replayOf !== null) {
    shown.push([say.facts.replayOf, html`<a href="/runs/${story.replayOf}">${story.replayOf}</a>`])
  }
  if (replays.length > 0) {
    shown.push([say.facts.replayedBy, replays.map((runId) => html`<a href="/runs/${runId}">${runId}</a> `)])
  }
  return head({
    path: [[words.runs.title, '/runs']],
    title: html`${campaign} ${stateMark(state)}`,
    below: facts(shown),
    actions: actionsOf({ visit, run, story }),
  })
}

function actionsOf({ visit, run, story }: Pick<ShownRun, 'visit' | 'run' | 'story'>): Part {
  const { state, failed, aborted } = story.report
  const at = `/runs/${run.runId}`
  const isEvents = run.snapshot.event !== undefined
  const actions: Part[] = []
  if (state === 'running') actions.push(visit.button('pauseRun', `${at}/pause`, { label: say.pause }))
  if (!isEvents && (state === 'paused' || state === 'interrupted' || state === 'aborted')) {
    actions.push(visit.button('resumeRun', `${at}/resume`, { label: say.resume, kind: 'main-action' }))
  }
  if (state !== 'running' && failed + aborted > 0 && visit.may('replayRun')) {
    actions.push(html`<a class="button" href="${at}/replay">${say.replay}</a>`)
  }
  if (state !== 'finished' && state !== 'cancelled' && visit.may('cancelRun')) {
    actions.push(
      html`<details class="confirm" id="cancel">
        <summary class="button danger">${say.cancel}</summary>
        <div>
          <p>${say.cancelSure}</p>
          ${visit.button('cancelRun', `${at}/cancel`, { label: say.cancelButton, kind: 'danger' })}
        </div>
      </details>`,
    )
  }
  if (visit.may('streamResults')) {
    actions.push(
      html`<a class="button" href="${at}/results.csv" download>${say.csv}</a>
        <a class="button" href="${at}/results.ndjson" download>${say.ndjson}</a>`,
    )
  }
  return actions
}

/** How far it is: everyone counted once, and what happens at this moment. */
export function nowPart({ story, pace, run, visit }: ShownRun): Markup {
  const { report, intervals, readAt } = story
  const moment: Shown[] = []
  if (pace !== null) {
    moment.push([say.facts.rate, pace.rate], [say.facts.left, pace.left])
    moment.push([say.facts.inFlight, formatNumber(intervals.at(-1)?.inFlight ?? 0)])
  }
  if (report.next_retry_at !== null) {
    const away = Date.parse(report.next_retry_at) - readAt
    const isSoon = report.state === 'running'
    moment.push([
      say.facts.nextRetry,
      isSoon ? say.soon(formatSpan(Math.max(0, away))) : timeText(report.next_retry_at),
    ])
  }
  return card(words.run.customers, [
    html`<p class="verdict">${verdict(report)}</p>`,
    resultBar(report),
    moment.length === 0 ? '' : html`<div class="big">${facts(moment)}</div>`,
    visit.may('streamResults') ? html`<p class="all"><a href="/runs/${run.runId}/customers">${say.seeAll}</a></p>` : '',
  ])
}

/** Why it stopped: one sentence for each stop, with the exchanges that led to it. */
export function stopsPart({ aborts }: RunReport): Markup {
  return aborts.length === 0 ? new Markup('') : card(say.stopped, aborts.map(stop), 'stops')
}

function stop({ message, rule, at, samples }: AbortEntry): Markup {
  return html`<article class="stop">
    <p>${sentence(message)}</p>
    ${
      samples.length === 0
        ? ''
        : html`<p class="note">${say.samples}</p>
            <ul class="samples">
              ${samples.map((sample) => html`<li><code>${sample}</code></li>`)}
            </ul>`
    }
    <p class="note">${say.rule} <code>${rule}</code>, ${timeText(at)}</p>
  </article>`
}
