import { knownRun } from '../../api/api.ts'
import { mayReadPersonalData } from '../../access/access.ts'
import { isRunLocked } from '../../ledger/run-folder.ts'
import { readableCampaign, type KnownRun } from '../../library/library.ts'
import { campaignFacts, factList, html, readStory, replaysOf, type RunStory } from '../../report/report.ts'
import { liveResponse, type LiveParts } from '../frame/live.ts'
import { card, live } from '../frame/parts.ts'
import type { Page, PageRoute, Visit } from '../frame/visit.ts'
import { words } from '../words.ts'
import { chartData } from './chart-data.ts'
import { startedBy } from './origin.ts'
import { SeenPaces, type SeenPace } from './pace.ts'
import { answersPart, callsPart, failuresPart, overTimePart, warningsPart } from './run-numbers.ts'
import { headPart, nowPart, stopsPart } from './run-now.ts'

const LOOK_MS = 700
/** Of larger runs the groups of failures are those of the page's beginning until it ends: to find them every result is read. */
const MOST_GROUPED = 50_000

/** What the parts of a run's page are made of. */
export interface ShownRun {
  readonly visit: Visit
  readonly run: KnownRun
  readonly story: RunStory
  readonly by: string
  readonly replays: readonly string[]
  readonly pace: SeenPace | null
}

export const runPage: readonly PageRoute[] = [
  { method: 'get', path: '/runs/:run', handle: page },
  { method: 'get', path: '/runs/:run/live', handle: followed },
]

async function page(visit: Visit): Promise<Page> {
  // The API's own report is asked for first: whoever may not see it is refused.
  await visit.ask('getRun', { params: { run_id: visit.param('run') } })
  const shown = lookAt(visit, new SeenPaces())
  const { run, story } = shown
  const { report } = story
  const parts = partsOf(shown)
  const charts = chartData(story)
  const content = [
    live('head', parts.head),
    live('now', parts.now),
    live('stops', parts.stops),
    live('failures', parts.failures),
    overTimePart(charts, story),
    live('answers', parts.answers),
    live('rest', parts.rest),
    card(words.run.campaign, [
      factList(campaignFacts(readableCampaign(run, visit.services.surroundings), story)),
      html`<p><a href="/runs/${run.runId}/campaign">${words.run.asItWas}</a></p>`,
    ]),
  ]
  const isGoing = report.state === 'running'
  return {
    title: `${report.campaign}, ${report.state}`,
    place: 'runs',
    content,
    live: isGoing ? `/runs/${run.runId}/live` : null,
  }
}

async function followed(visit: Visit): Promise<Response> {
  await visit.ask('getRun', { params: { run_id: visit.param('run') } })
  const paces = new SeenPaces()
  let last: ShownRun | null = null
  const look = (): LiveParts => {
    const shown = lookAt(visit, paces, last)
    last = shown
    return { parts: partsOf(shown), charts: chartData(shown.story), isOver: shown.story.report.state !== 'running' }
  }
  return liveResponse(look, { clock: visit.services.clock, everyMs: LOOK_MS })
}

function lookAt(visit: Visit, paces: SeenPaces, last: ShownRun | null = null): ShownRun {
  const { services } = visit
  const run = last?.run ?? knownRun(visit.param('run'), services)
  const isLocked = isRunLocked(run.paths)
  const isKept = last !== null && isLocked && last.story.report.customers > MOST_GROUPED
  const kept = isKept ? { failureGroups: last.story.failureGroups } : {}
  const read = readStory(run.paths, { isLocked, clock: services.clock, ...kept })
  // What a receiver was sent, and said, may name customers.
  const story = mayReadPersonalData(visit.actor) ? read : withoutSamples(read)
  const isGoing = story.report.state === 'running'
  const pace = isGoing ? paces.look(run.runId, story.report, services.clock.now()) : null
  const by = last?.by ?? startedBy(run, services)
  const replays = last?.replays ?? replaysOf(services.settings.data, run.runId)
  return { visit, run, story, by, replays, pace }
}

function withoutSamples(story: RunStory): RunStory {
  const { report, failureGroups } = story
  const aborts = report.aborts.map((abort) => ({ ...abort, samples: [] }))
  const groups = failureGroups.map((group) => ({ ...group, message: null, error_code: null }))
  return { ...story, report: { ...report, aborts }, failureGroups: groups }
}

// oxlint-disable-next-line typescript/explicit-function-return-type -- The keys are the ids of the parts.
function partsOf(shown: ShownRun) {
  const { report } = shown.story
  return {
    head: headPart(shown),
    now: nowPart(shown),
    stops: stopsPart(report),
    failures: failuresPart(shown),
    answers: answersPart(report),
    rest: html`${callsPart(report)} ${warningsPart(report)}`,
  }
}
