import type { Endpoint } from '../../../events/events.ts'
import { html, type Markup } from '../../../report/report.ts'
import { eventWords } from '../words.ts'
import { lastAttempts, strip } from './health.ts'
import { eventTypesPart } from './settings.ts'
import { lifeMark } from './states.ts'
import { endpointPath, type AppView } from './view.ts'

const IN_STRIP = 20
const { app: say } = eventWords

/** The endpoints of an app, one a line, each with its last attempts. */
export function endpointsTable(view: AppView, endpoints: readonly Endpoint[]): Markup {
  return html`<table class="stacked">
    <thead>
      <tr>
        <th scope="col">${say.url}</th>
        <th scope="col">${say.state}</th>
        <th scope="col">${say.types}</th>
        <th scope="col">${say.last}</th>
      </tr>
    </thead>
    <tbody>
      ${endpoints.map((endpoint) => row(view, endpoint))}
    </tbody>
  </table>`
}

function row(view: AppView, endpoint: Endpoint): Markup {
  const last = lastAttempts({ events: view.events, endpoint }, IN_STRIP)
  return html`<tr>
    <th scope="row">
      <a href="${endpointPath(view, endpoint)}">${endpoint.url || endpoint.id}</a>
      ${endpoint.description === '' ? '' : html`<span class="note">${endpoint.description}</span>`}
    </th>
    <td>${lifeMark(endpoint)}</td>
    <td data-label="${say.types}">${eventTypesPart(endpoint)}</td>
    <td>${last.length === 0 ? html`<span class="note">${say.never}</span>` : strip(last)}</td>
  </tr>`
}
