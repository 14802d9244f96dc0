import { FAILED_REASONS, ABORTED_REASONS } from '../../campaign/result.ts'
import type { Asked } from '../../api/api.ts'
import { formatNumber, html, type Part } from '../../report/report.ts'
import { card, facts, head, select, type Shown } from '../frame/parts.ts'
import { seeOther } from '../frame/page-request.ts'
import type { Page, PageRoute, Visit } from '../frame/visit.ts'
import { words } from '../words.ts'

const { replay: say } = words

export const runActions: readonly PageRoute[] = [
  ...(['pauseRun', 'resumeRun', 'cancelRun'] as const).map((id): PageRoute => ({
    method: 'post',
    path: `/runs/:run/${id.replace('Run', '')}`,
    handle: async (visit) => {
      const run_id = visit.param('run')
      await visit.ask(id, { params: { run_id } })
      return seeOther(`/runs/${run_id}`)
    },
  })),
  { method: 'get', path: '/runs/:run/replay', handle: replayPage },
  { method: 'post', path: '/runs/:run/replay', handle: replay },
]

type Filter = NonNullable<Asked<'replayRun'>['body']>

/** Which customers, as the query or the form names them. */
function filterFrom(read: (name: string) => string | null): Filter {
  const status = read('status')
  const reason = [...FAILED_REASONS, ...ABORTED_REASONS].find((one) => one === read('reason'))
  const [from, to = from] = (read('http_status') ?? '').split('-').map(Number)
  return {
    ...(status === 'failed' || status === 'aborted' ? { status: [status] } : {}),
    ...(reason === undefined ? {} : { reason: [reason] }),
    ...(from === undefined || from === 0 ? {} : { http_status: [{ from, to: to ?? from }] }),
    new_keys: read('new_keys') === 'on',
  }
}

/** Says how many it would be before anybody presses. */
async function replayPage(visit: Visit): Promise<Page> {
  const run_id = visit.param('run')
  const read = (name: string): string | null => visit.query(name)
  const filter = filterFrom(read)
  const counts = await visit.ask('replayRun', { params: { run_id }, body: { ...filter, count_only: true } })
  const rows = Object.entries(counts.by_reason).map(([reason, count]): Shown => [reason, formatNumber(count)])
  const hidden = ['status', 'reason', 'http_status', 'new_keys'].map(
    (name) => html`<input type="hidden" name="${name}" value="${read(name) ?? ''}" />`,
  )
  const label = say.start(counts.customers)
  const content: Part = [
    head({
      path: [
        [words.runs.title, '/runs'],
        [run_id, `/runs/${run_id}`],
      ],
      title: say.title,
      below: html`<p>${say.what}</p>`,
    }),
    card(say.who, filterForm(read)),
    card(say.counts, [
      html`<p class="verdict">${say.verdict(counts.customers)}</p>`,
      rows.length === 0 ? '' : facts(rows),
      html`<p class="note">${say.kept(counts.kept)} ${say.sentSince(counts.sent_since)}</p>`,
      counts.customers === 0
        ? ''
        : visit.post(`/runs/${run_id}/replay`, [hidden, html`<button class="main-action">${label}</button>`]),
    ]),
  ]
  return { title: say.title, place: 'runs', content }
}

function filterForm(read: (name: string) => string | null): Part {
  const reasons = [...FAILED_REASONS, ...ABORTED_REASONS].map((reason): [string, string] => [reason, reason])
  const statuses: readonly [string, string][] = [
    ['', say.both],
    ['failed', 'failed'],
    ['aborted', 'aborted'],
  ]
  return html`<form class="line">
    <label>${say.status} ${select('status', statuses, read('status'))}</label>
    <label>${say.reason} ${select('reason', [['', words.runs.filter.all], ...reasons], read('reason'))}</label>
    <label
      >${say.httpStatus}
      <input
        name="http_status"
        value="${read('http_status') ?? ''}"
        placeholder="500-599"
        pattern="[1-5]\\d\\d(-[1-5]\\d\\d)?"
      />
    </label>
    <label class="check"
      ><input type="checkbox" name="new_keys" ${read('new_keys') === 'on' ? 'checked' : ''} /> ${say.newKeys}</label
    >
    <button>${say.count}</button>
  </form>`
}

async function replay(visit: Visit): Promise<Response> {
  const run_id = visit.param('run')
  const { run_id: begun } = await visit.ask('replayRun', {
    params: { run_id },
    body: filterFrom((name) => visit.field(name)),
  })
  return seeOther(`/runs/${begun ?? run_id}`)
}
