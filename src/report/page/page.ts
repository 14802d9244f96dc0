import type { Campaign } from '../../campaign/campaign.ts'
import { html, sentence, type Markup, type Part } from '../markup.ts'
import { nextSteps } from '../next-steps.ts'
import { latencyHistogram, picturesOverTime, resultBar } from '../picture/picture.ts'
import type { AbortEntry, RunReport } from '../read-report.ts'
import type { RunStory } from '../read-story.ts'
import { formatSpan, number } from '../text-layout.ts'
import { answersTable, callFacts, campaignFacts, failuresTable, factList, timeText } from './facts.ts'
import { pageStyle } from './page-style.ts'
import { verdict } from './verdict.ts'

export interface PageOptions {
  /** Seconds after which a browser loads the page again: for one that is rewritten while the run goes on. */
  readonly refreshSeconds?: number
  /** The campaign of a run of events. */
  readonly eventCampaign?: string | null
}

/**
 * Writes a run as one HTML page that stands alone: no script, nothing fetched from elsewhere.
 *
 * Its own policy forbids both, so that not even what a receiver wrote could change that.
 */
export function formatPage(story: RunStory, campaign: Campaign, options: PageOptions = {}): string {
  const { report } = story
  const { refreshSeconds } = options
  return `<!doctype html>\n${
    html`<html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta
          http-equiv="Content-Security-Policy"
          content="default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
        />
        <meta name="referrer" content="no-referrer" />
        <meta name="robots" content="noindex" />
        <meta name="color-scheme" content="light dark" />
        ${refreshSeconds === undefined ? '' : html`<meta http-equiv="refresh" content="${refreshSeconds}" />`}
        <title>${report.campaign}: ${report.state}</title>
        <link rel="icon" href="data:," />
        <style>
          ${pageStyle}
        </style>
      </head>
      <body>
        ${header(story)}
        <main>
          ${section('Customers', 'customers', [html`<p class="verdict">${verdict(report)}</p>`, resultBar(report)])}
          ${stops(report.aborts)} ${steps(report, options)} ${overTime(story)} ${answers(story)} ${failures(story)}
          ${warnings(report)} ${section('Calls', 'calls', factList(callFacts(report)))}
          ${section('Campaign', 'campaign', factList(campaignFacts(campaign, story)))}
        </main>
        <footer>
          <p>Written by hookcast at ${timeText(new Date(story.readAt).toISOString())}. Run ${report.run_id}.</p>
        </footer>
      </body>
    </html>`.text
  }\n`
}

function header({ report, readAt }: RunStory): Markup {
  const { campaign, state, run_id, started_at, duration_ms, resumed, next_retry_at } = report
  const facts: [string, Part][] = [['Run', html`<code>${run_id}</code>`]]
  if (started_at !== null) facts.push(['Started', timeText(started_at)])
  if (duration_ms !== null) facts.push([state === 'running' ? 'Going on for' : 'Took', formatSpan(duration_ms)])
  if (resumed > 0) facts.push(['Resumed', resumed === 1 ? 'once' : `${number(resumed)} times`])
  if (next_retry_at !== null && state === 'running') {
    facts.push(['Next retry', `in ${formatSpan(Math.max(0, Date.parse(next_retry_at) - readAt))}`])
  } else if (next_retry_at !== null) facts.push(['Next retry', timeText(next_retry_at)])
  return html`<header>
    <h1>${campaign} <span class="state state-${state}">${state}</span></h1>
    <dl class="facts">
      ${facts.map(
        ([name, value]) =>
          html`<div>
            <dt>${name}</dt>
            <dd>${value}</dd>
          </div>`,
      )}
    </dl>
    ${state === 'running' ? html`<p class="note">The run goes on: these are the numbers of ${timeText(new Date(readAt).toISOString())}.</p>` : ''}
  </header>`
}

function section(title: string, id: string, content: Part): Markup {
  return html`<section aria-labelledby="${id}">
    <h2 id="${id}">${title}</h2>
    ${content}
  </section>`
}

function stops(aborts: readonly AbortEntry[]): Part {
  if (aborts.length === 0) return ''
  const entries = aborts.map(({ message, rule, at, samples }) => {
    const answers =
      samples.length === 0
        ? ''
        : html`<p class="note">The last answers before it:</p>
            <ul class="samples">
              ${samples.map((sample) => html`<li><code>${sample}</code></li>`)}
            </ul>`
    return html`<article class="stop">
      <p>${sentence(message)}</p>
      ${answers}
      <p class="note">Rule <code>${rule}</code>, at ${timeText(at)}.</p>
    </article>`
  })
  return section(
    aborts.length === 1 ? 'Why it stopped' : `Why it stopped ${number(aborts.length)} times`,
    'stops',
    entries,
  )
}

function steps(report: RunReport, { eventCampaign }: PageOptions): Part {
  const all = nextSteps(report, eventCampaign)
  if (all.length === 0) return ''
  const items = all.map(
    ({ purpose, command }) =>
      html`<div>
        <dt>${purpose}</dt>
        <dd><code>${command}</code></dd>
      </div>`,
  )
  return section('What you can do', 'steps', html`<dl class="commands">${items}</dl>`)
}

function overTime({ report, intervals }: RunStory): Part {
  if (intervals.length === 0 || report.started_at === null) return ''
  return section('Over time', 'over-time', picturesOverTime(intervals, Date.parse(report.started_at)))
}

function answers({ report, latency }: RunStory): Part {
  const { attempts, deliveries, latency_ms } = report
  if (attempts === 0) return ''
  const { p50, p95, p99, max } = latency_ms
  const told = `${number(attempts)} calls for ${number(deliveries)} ${deliveries === 1 ? 'delivery' : 'deliveries'}`
  const table = section('Answers', 'answers', [html`<p class="note">${told}</p>`, answersTable(report)])
  if (p50 === null || p95 === null || p99 === null || max === null) return table
  const shares = Object.entries({ p50, p95, p99, max })
  return [
    table,
    section('Latency', 'latency-heading', [
      html`<dl class="facts">
        ${shares.map(
          ([name, ms]) =>
            html`<div>
              <dt>${name}</dt>
              <dd data-latency="${name}">${number(ms)} ms</dd>
            </div>`,
        )}
      </dl>`,
      html`<p class="note">
        Answers by the time from dispatch to the last byte; ${number(report.slow_responses)} took over a second.
      </p>`,
      latencyHistogram({ buckets: latency, marked: { p50, p95, p99 } }),
    ]),
  ]
}

function failures({ report, failureGroups }: RunStory): Part {
  if (report.failed === 0) return ''
  return section('Why customers failed', 'failures', failuresTable(report, failureGroups))
}

function warnings({ warnings }: RunReport): Part {
  if (warnings.length === 0) return ''
  const items = warnings.map(({ code, message, count }) => {
    const times = count > 1 ? html` <span class="note">${number(count)} times</span>` : ''
    return html`<li><code>${code}</code> ${message}${times}</li>`
  })
  return section(
    'Warnings',
    'warnings',
    html`<ul class="warnings">
      ${items}
    </ul>`,
  )
}
