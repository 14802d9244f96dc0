import { ApiError } from '../../errors.ts'
import { html, type Part } from '../../report/report.ts'
import { card, facts, head } from '../frame/parts.ts'
import { seeOther } from '../frame/page-request.ts'
import type { Page, PageRoute, Visit } from '../frame/visit.ts'
import { words } from '../words.ts'
import { problemsCard } from './campaign-frame.ts'

const { start: say } = words

export const startPages: readonly PageRoute[] = [
  { method: 'get', path: '/campaigns/:campaign/run', handle: startPage },
  { method: 'post', path: '/campaigns/:campaign/run', handle: async (visit) => await start(visit, 'ask') },
  {
    method: 'post',
    path: '/campaigns/:campaign/run/upload',
    isUpload: true,
    handle: async (visit) => await start(visit, 'askWithFile'),
  },
]

async function startPage(visit: Visit): Promise<Page> {
  const campaign = visit.param('campaign')
  const { problems, webhook, audience } = await visit.ask('getCampaign', { params: { campaign } })
  const form: Part = html`<div class="fields">
    <label
      >${say.audience} <span class="note">${say.audienceHint(audience)}</span>
      <input name="audience" value="" placeholder="${audience ?? ''}" />
    </label>
    <label data-scripted hidden
      >${say.upload} <span class="note">${say.uploadHint}</span>
      <input type="file" data-upload="/campaigns/${campaign}/run/upload" accept=".csv,.tsv,.ndjson,.jsonl,.gz" />
    </label>
    <label
      >${say.limit} <span class="note">${say.limitHint}</span> <input name="limit" inputmode="numeric" pattern="[0-9]+"
    /></label>
    <label
      >${say.pauseAfter} <span class="note">${say.pauseHint}</span> <input name="pause_after" placeholder="1%"
    /></label>
    <label
      >${say.params} <span class="note">${say.paramsHint}</span>
      <textarea name="params" rows="3" spellcheck="false"></textarea>
    </label>
    <label class="check"><input type="checkbox" name="skip_bad_rows" /> ${say.skipBadRows}</label>
    <label class="check"><input type="checkbox" name="allow_static_ips" /> ${say.allowStaticIps}</label>
    <div><button class="main-action">${say.button}</button></div>
  </div>`
  const called = webhook === null ? '' : html`<code>${webhook.method} ${webhook.url}</code>`
  const content = [
    head({
      path: [
        [words.campaigns.title, '/campaigns'],
        [campaign, `/campaigns/${campaign}`],
      ],
      title: say.title(campaign),
      below: facts([[words.campaign.calls, called]]),
    }),
    problems.length > 0
      ? problemsCard(problems)
      : card(say.how, visit.may('startRun') ? visit.post(`/campaigns/${campaign}/run`, form) : say.denied),
  ]
  return { title: say.title(campaign), place: 'campaigns', content }
}

async function start(visit: Visit, how: 'ask' | 'askWithFile'): Promise<Response> {
  const campaign = visit.param('campaign')
  const [audience, limit, pauseAfter] = [visit.field('audience'), visit.field('limit'), visit.field('pause_after')]
  const params = paramsFrom(visit.field('params'))
  const { run_id: runId } = await visit[how]('startRun', {
    params: { campaign },
    body: {
      skip_bad_rows: visit.field('skip_bad_rows') !== null,
      allow_static_ips: visit.field('allow_static_ips') !== null,
      ...(audience === null ? {} : { audience }),
      ...(limit === null ? {} : { limit: Number(limit) }),
      ...(pauseAfter === null ? {} : { pause_after: /^\d+$/.test(pauseAfter) ? Number(pauseAfter) : pauseAfter }),
      ...(params === null ? {} : { params }),
    },
  })
  return seeOther(`/runs/${runId}`)
}

/** @throws {ApiError} HOOKCAST_API_REQUEST, when it is no JSON object. */
function paramsFrom(text: string | null): Record<string, unknown> | null {
  if (text === null) return null
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  } catch {
    // Told below, as anything else that is no object.
  }
  throw new ApiError('HOOKCAST_API_REQUEST', say.badParams, { status: 400 })
}
