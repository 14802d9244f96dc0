import type { Endpoint, EventType } from '../../events/events.ts'
import type { Profile } from '../../profile/profile.ts'
import { html, sentence, type Markup, type Part } from '../../report/report.ts'
import { head } from '../frame/parts.ts'
import { seeOther } from '../frame/page-request.ts'
import {
  fieldsFrom,
  NEW_ENDPOINT,
  offeredTypes,
  problemOfForm,
  valuesFrom,
  valuesOf,
  type EndpointValues,
} from './endpoint-values.ts'
import { appOf, endpointOf, pathTo, refuseUnless } from './desk.ts'
import type { PortalPage, PortalRoute, PortalVisit } from './portal-visit.ts'
import { portalWords } from './words.ts'

const { form: say } = portalWords
const EDIT = '/endpoints/:endpoint/edit'

export const endpointFormPages: readonly PortalRoute[] = [
  { method: 'get', path: '/endpoints/new', handle: newPage },
  { method: 'post', path: '/endpoints', handle: create },
  { method: 'get', path: EDIT, handle: editPage },
  { method: 'post', path: EDIT, handle: change },
]

function newPage(visit: PortalVisit): PortalPage {
  refuseUnless(appOf(visit), 'manage')
  return formPage(visit, { endpoint: null, values: NEW_ENDPOINT })
}

function editPage(visit: PortalVisit): PortalPage {
  const view = endpointOf(visit)
  refuseUnless(view, 'manage')
  const { endpoint } = view
  return formPage(visit, { endpoint, values: valuesOf(endpoint, offeredTypes(visit.events)) })
}

async function create(visit: PortalVisit): Promise<PortalPage | Response> {
  const view = appOf(visit)
  refuseUnless(view, 'manage')
  const values = valuesFrom(visit.form)
  return await orFormAgain(visit, { endpoint: null, values }, async () => {
    const fields = { ...fieldsFrom(values), headers: {}, metadata: {} }
    const secret = values.secret === '' ? null : values.secret
    const endpoint = await view.events.endpoints.create(view.app, fields, { secret })
    await view.note('endpoint.created', endpoint.id)
    return endpoint
  })
}

async function change(visit: PortalVisit): Promise<PortalPage | Response> {
  const view = endpointOf(visit)
  refuseUnless(view, 'manage')
  const { endpoint, events, app } = view
  const values = valuesFrom(visit.form)
  return await orFormAgain(visit, { endpoint, values }, async () => {
    const { uid: _, ...fields } = fieldsFrom(values)
    const changed = await events.endpoints.update(app, endpoint.id, fields)
    await view.note('endpoint.changed', endpoint.id)
    return changed
  })
}

interface Filled {
  /** Null for one that is to be made. */
  readonly endpoint: Endpoint | null
  readonly values: EndpointValues
}

/** What is wrong is said above the form, which keeps what was typed. */
async function orFormAgain(
  visit: PortalVisit,
  filled: Filled,
  act: () => Promise<Endpoint>,
): Promise<PortalPage | Response> {
  try {
    const { id } = await act()
    return seeOther(visit.at(`/endpoints/${id}`))
  } catch (error) {
    const problem = problemOfForm(error)
    if (problem === null) throw error
    return { ...formPage(visit, filled, problem), status: 422 }
  }
}

function formPage(visit: PortalVisit, filled: Filled, problem: string | null = null): PortalPage {
  const { events, app } = visit
  const { endpoint } = filled
  const profile = endpoint === null ? events.endpoints.profileOfApp(app) : events.endpoints.profileOf(endpoint)
  const title = endpoint === null ? say.add : say.edit
  const action = endpoint === null ? '/endpoints' : `/endpoints/${endpoint.id}/edit`
  const content = [
    head({ path: pathTo(visit, endpoint), title }),
    problem === null
      ? ''
      : html`<div class="alarm" role="alert">
          ${problem.split('\n').map((line) => html`<p>${sentence(line)}</p>`)}
        </div>`,
    html`<section class="card">
      ${visit.post(visit.at(action), fields(filled, { profile, offered: offeredTypes(events) }), 'fields')}
    </section>`,
  ]
  return { title, place: 'endpoints', content }
}

interface Choice {
  readonly profile: Profile
  readonly offered: readonly EventType[]
}

function fields({ endpoint, values }: Filled, choice: Choice): Markup {
  const { url, description, secret } = values
  const { kind } = choice.profile.proof
  return html`<label
      >${say.url} <span class="note">${say.urlHint}</span>
      <input name="url" value="${url}" required maxlength="8000" placeholder="https://" inputmode="url" class="mono"
    /></label>
    <label
      >${say.description} <span class="note">${say.optional}</span>
      <input name="description" value="${description}" maxlength="4096"
    /></label>
    ${typesPart(values, choice)}
    ${
      endpoint === null && (kind === 'hmac' || kind === 'basic')
        ? html`<label
            >${say.secret} <span class="note">${say.secretHint[kind]}</span>
            <input name="secret" value="${secret}" maxlength="8192" autocomplete="off" spellcheck="false" class="mono"
          /></label>`
        : ''
    }
    ${morePart(values)}
    <div><button class="main-action">${endpoint === null ? say.create : say.save}</button></div>`
}

function typesPart(values: EndpointValues, { profile, offered }: Choice): Markup {
  const isOne = profile.limits.eventTypes === 1
  const all = html`<label class="check"
      ><input type="radio" name="hears" value="all" ${values.isForAll ? 'checked' : ''} /> ${say.all}</label
    >
    <label class="check"
      ><input type="radio" name="hears" value="some" ${values.isForAll ? '' : 'checked'} /> ${say.some}</label
    >`
  return html`<fieldset class="hears">
    <legend>${say.types}</legend>
    ${isOne ? html`<input type="hidden" name="hears" value="some" /><span class="note">${say.one}</span>` : all}
    <div class="some">
      ${groupsOf(offered).map((group) => groupPart(group, { isOne, types: values.types }))}
      <label
        >${say.others} <span class="note">${sentence(say.othersHint)}</span>
        <input name="others" value="${values.others}" class="mono"
      /></label>
    </div>
  </fieldset>`
}

interface Group {
  readonly name: string | null
  readonly types: readonly EventType[]
}

/** Types by the group that they were given; those without one come first. */
function groupsOf(offered: readonly EventType[]): readonly Group[] {
  const names = [...new Set(offered.map(({ groupName }) => groupName))].toSorted((a, b) =>
    (a ?? '').localeCompare(b ?? '', 'en'),
  )
  return names.map((name) => ({ name, types: offered.filter(({ groupName }) => groupName === name) }))
}

function groupPart(
  { name, types }: Group,
  { isOne, types: chosen }: { readonly isOne: boolean; readonly types: ReadonlySet<string> },
): Part {
  const options = types.map(
    ({ name: type, description, isDeprecated }) =>
      html`<label class="check"
        ><input
          type="${isOne ? 'radio' : 'checkbox'}"
          name="type"
          value="${type}"
          ${chosen.has(type) ? 'checked' : ''}
        />
        <span
          ><code>${type}</code>
          <span class="note">${description} ${isDeprecated ? html`<em>${say.deprecated}</em>` : ''}</span></span
        ></label
      >`,
  )
  return name === null
    ? options
    : html`<fieldset>
        <legend>${name}</legend>
        ${options}
      </fieldset>`
}

function morePart({ channels, filter, throttle }: EndpointValues): Markup {
  const isUsed = channels !== '' || filter !== '' || throttle !== ''
  return html`<details class="more" ${isUsed ? 'open' : ''}>
    <summary>${say.more}</summary>
    <div class="fields">
      <label
        >${say.channels} <span class="note">${say.channelsHint}</span>
        <input name="channels" value="${channels}" class="mono"
      /></label>
      <label
        >${say.filter} <span class="note">${sentence(say.filterHint)}</span>
        <textarea name="filter" rows="3" spellcheck="false">${filter}</textarea>
      </label>
      <label
        >${say.throttle} <span class="note">${say.throttleHint}</span>
        <input name="throttle" value="${throttle}" inputmode="numeric" pattern="[0-9]*"
      /></label>
    </div>
  </details>`
}
