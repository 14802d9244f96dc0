import { html, type Markup } from '../../report/report.ts'
import type { ShownRequest } from '../../trial/trial.ts'
import { code } from '../frame/parts.ts'

/** A request as it goes out, with secrets masked. */
export function requestShown({ method, url, headers, body }: ShownRequest): Markup {
  const lines = [`${method} ${url}`, ...headers.map(({ name, value }) => `${name}: ${value}`)]
  return html`${code(`${lines.join('\n')}${body === null ? '' : `\n\n${indented(body)}`}`)}`
}

/** JSON is set out as people read it; anything else stays as it is. */
function indented(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2)
  } catch {
    return body
  }
}
