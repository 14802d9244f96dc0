import { sharedSecret } from '../../../profile/profile.ts'
import { html, type Markup, type Part } from '../../../report/report.ts'
import { card, code, select } from '../../frame/parts.ts'
import { eventWords } from '../words.ts'
import { spanText } from './settings.ts'
import { endpointPath, type EndpointView } from './view.ts'

const { secret: say } = eventWords

/** The secret of an endpoint, shown when somebody has pressed for it, and how it is rotated. */
export function secretCard(view: EndpointView, shown: string | null): Markup {
  const { events, endpoint, may } = view
  const { proof } = events.endpoints.profileOf(endpoint)
  const what = html`<p class="note">${say.what[proof.kind]}</p>`
  if (proof.kind === 'none') return card(say.title, what, 'secret')
  const at = endpointPath(view, endpoint)
  const reveal = may('reveal')
    ? view.post(`${at}/secret#secret`, html`<button>${say.show}</button>`)
    : html`<p class="note">${say.denied}</p>`
  return card(
    say.title,
    [
      what,
      shown === null
        ? reveal
        : html`<div class="secret">${code(shown)}</div>
            <p class="note">${say.shown}</p>`,
      may('rotate') ? rotation(view, at) : '',
    ],
    'secret',
  )
}

function rotation({ events, endpoint, post }: EndpointView, at: string): Part {
  const { rotation, proof } = events.endpoints.profileOf(endpoint)
  const { overlapMs, longestOverlapMs } = rotation
  const spans = [overlapMs, longestOverlapMs].filter((span, at, all) => span > 0 && all.indexOf(span) === at)
  const options = spans.map((span): [string, string] => [String(span), say.overlapSpan(spanText(span))])
  const form = html`<p>${say.rotateSure}</p>
    ${
      spans.length === 0
        ? html`<input type="hidden" name="overlap_ms" value="0" />`
        : html`<label
            >${say.overlap} ${select('overlap_ms', [...options, ['0', say.overlapNone]], String(overlapMs))}</label
          >`
    }
    ${
      proof.kind === 'hmac' || proof.kind === 'basic'
        ? html`<label
            >${say.own} <span class="note">${say.ownHint}</span>
            <input name="secret" maxlength="1000" autocomplete="off" spellcheck="false" class="mono"
          /></label>`
        : ''
    }
    <div><button class="danger">${say.rotateButton}</button></div>`
  return html`<details class="more" id="rotate">
    <summary>${say.rotate}</summary>
    ${post(`${at}/rotate`, form, 'fields')}
  </details>`
}

/** Gives the secret as whoever verifies needs it, and writes down who has seen it. */
export async function revealSecret({ events, endpoint, note }: EndpointView): Promise<string> {
  await note('secret.revealed', endpoint.id)
  return sharedSecret(events.endpoints.profileOf(endpoint), events.secrets.current(endpoint))
}
