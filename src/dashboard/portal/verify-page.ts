import { sharedSecret, verificationSamples, verifyRequest, type Profile } from '../../profile/profile.ts'
import { html, sentence, type Markup, type Part } from '../../report/report.ts'
import type { EndpointView } from '../events/parts/view.ts'
import { card, code, facts, head, preserved, type Shown } from '../frame/parts.ts'
import { endpointOf, pathTo, refuseUnless } from './desk.ts'
import type { PortalPage, PortalRoute, PortalVisit } from './portal-visit.ts'
import { portalWords } from './words.ts'

const { verify: say } = portalWords
const PATH = '/endpoints/:endpoint/verify'

export const verifyPages: readonly PortalRoute[] = [
  { method: 'get', path: PATH, handle: (visit) => page(visit, null) },
  { method: 'post', path: PATH, handle: check },
]

/** What somebody has pasted, and what became of it. */
interface Tried {
  readonly headers: string
  readonly body: string
  /** Null when the proof is good. */
  readonly problem: string | null
}

/** Every secret that signs now is tried: of several a receiver needs one. */
function check(visit: PortalVisit): PortalPage {
  const view = endpointOf(visit)
  // Whether a guess of a password is right is not for those who may not see it.
  refuseUnless(view, 'reveal')
  const { endpoint, events } = view
  const profile = events.endpoints.profileOf(endpoint)
  const [headers, body] = [visit.form.get('headers') ?? '', visit.form.get('body') ?? '']
  const problems = events.secrets.signing(endpoint).map((secret) => {
    // Browsers send every line break as two characters.
    const found = [body.replaceAll('\r\n', '\n'), body].map((text) =>
      verifyRequest(profile, {
        headers: headersFrom(headers),
        body: Buffer.from(text),
        secret: sharedSecret(profile, secret),
        now: events.now,
      }),
    )
    return found.includes(null) ? null : found[0]!
  })
  return page(visit, { headers, body, problem: problems.includes(null) ? null : (problems[0] ?? null) })
}

/** Lines as tools print them: `name: value`. */
function headersFrom(text: string): Readonly<Record<string, string>> {
  const entries = text.split('\n').flatMap((line): [string, string][] => {
    const [, name = '', value = ''] = /^[\s<>]*([\w-]+)\s*:\s*(.*?)\s*$/.exec(line) ?? []
    return name === '' ? [] : [[name.toLowerCase(), value]]
  })
  return Object.fromEntries(entries)
}

function page(visit: PortalVisit, tried: Tried | null): PortalPage {
  const view = endpointOf(visit)
  const profile = view.events.endpoints.profileOf(view.endpoint)
  const content = [
    head({
      path: pathTo(visit, view.endpoint),
      title: say.title,
      below: html`<p>${sentence(say.what[profile.proof.kind])}</p>`,
    }),
    proofPart(profile),
    profile.proof.kind === 'none' || !view.may('reveal')
      ? ''
      : checkPart(view, { tried, at: visit.at(`/endpoints/${view.endpoint.id}`) }),
    samplesPart(profile),
  ]
  return { title: say.title, place: 'endpoints', content }
}

function proofPart(profile: Profile): Part {
  const { proof } = profile
  if (proof.kind !== 'hmac') return ''
  const signed: Shown[] = [
    [say.header, html`<code>${proof.header}</code>`],
    [say.form, html`<code>${proof.prefix}${say.signature[proof.encoding]}</code>`],
    [say.signed, html`<code>${proof.content}</code>`],
    [say.algorithm, html`HMAC-${proof.hash.toUpperCase()}`],
    [say.key, sentence(say.keys[proof.keyEncoding])],
  ]
  const beside = Object.entries(proof.headers).map(([name, text]) => html`<code>${name}: ${text}</code> `)
  if (beside.length > 0) signed.push([say.beside, beside])
  return card(say.how, [
    facts(signed, 'rows'),
    proof.content.includes('{timestamp}') ? html`<p class="note">${say.old}</p>` : '',
  ])
}

function checkPart(view: EndpointView, { tried, at }: { readonly tried: Tried | null; readonly at: string }): Markup {
  const { headers = '', body = '' } = tried ?? {}
  const form = html`<label
      >${say.headers} <span class="note">${say.headersHint}</span>
      <textarea name="headers" rows="4" spellcheck="false" required>${preserved(headers)}</textarea>
    </label>
    <label
      >${say.body} <span class="note">${say.bodyHint}</span>
      <textarea name="body" rows="5" spellcheck="false" required>${preserved(body)}</textarea>
    </label>
    <div><button class="main-action">${say.check}</button></div>`
  return card(say.checkTitle, [
    tried === null ? '' : verdict(tried),
    html`<p class="note">${say.checkWhat}</p>`,
    view.post(`${at}/verify`, form, 'fields wide-fields'),
  ])
}

function verdict({ problem }: Tried): Markup {
  return problem === null
    ? html`<p class="notice is-good" role="status">${say.good}</p>`
    : html`<p class="alarm" role="alert">${say.bad} ${sentence(problem)}</p>`
}

/** What people need who write the receiver, in the languages that most of them write. */
function samplesPart(profile: Profile): Part {
  const samples = verificationSamples(profile)
  if (samples.length === 0) return ''
  const library = profile.proof.kind === 'hmac' ? say.libraries[profile.proof.header] : undefined
  return card(say.samples, [
    html`<p class="note">${sentence(say.raw)} ${library === undefined ? '' : sentence(library)}</p>`,
    samples.map(
      ({ language, text }, at) =>
        html`<details class="more sample" id="${language.toLowerCase()}" ${at === 0 ? 'open' : ''}>
          <summary>${language}</summary>
          ${code(text)}
        </details>`,
    ),
  ])
}
