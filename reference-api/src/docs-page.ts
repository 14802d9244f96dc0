import { html, raw } from 'hono/html'
import { mediaTypeOf, STATUSES } from './openapi.ts'
import type { Route } from './route.ts'

type Html = ReturnType<typeof html>

const STYLE = `
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
  body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
  code, pre { font-family: ui-monospace, monospace; font-size: .9em }
  pre { overflow-x: auto; padding: .75rem; border: 1px solid #8886; border-radius: .4rem }
  details { border: 1px solid #8886; border-radius: .4rem; margin: .5rem 0; padding: .5rem .75rem }
  summary { cursor: pointer } summary b { display: inline-block; min-width: 4.5rem }
  table { border-collapse: collapse } td, th { text-align: left; padding: .25rem .75rem .25rem 0; vertical-align: top }`

/** The documentation as one page without scripts: each route with its body's schema and a call to copy. */
export function docsPage(routes: readonly Route[], specification: Readonly<Record<string, unknown>>): Html {
  const paths = specification['paths'] as Readonly<Record<string, Readonly<Record<string, Operation>>>>
  return html`<!doctype html>
    <html lang="en">
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width" />
      <title>Receiving API</title>
      <style>
        ${raw(STYLE)}
      </style>
      <h1>Receiving API</h1>
      <p>JSON in, JSON out, HTTP Basic. The specification: <a href="/openapi.json">openapi.json</a>.</p>
      <h2>Routes</h2>
      ${routes.map((route) => section(route, paths[route.path.replaceAll(/:(\w+)/g, '{$1}')]?.[route.method.toLowerCase()]))}
      <h2>Answers</h2>
      <table>
        ${Object.entries(STATUSES).map(
          ([status, meaning]) =>
            html`<tr>
              <th>${status}</th>
              <td>${meaning}</td>
            </tr>`,
        )}
      </table>
    </html>`
}

interface Operation {
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: unknown }>> }
}

function section(route: Route, operation: Operation | undefined): Html {
  const schema = operation?.requestBody?.content[mediaTypeOf(route)]?.schema
  const body =
    schema === undefined
      ? ''
      : ` \\\n  -H 'Content-Type: ${mediaTypeOf(route)}' --data-binary @body.${route.format ?? 'json'}`
  const key = route.method === 'GET' ? '' : ` -H 'Idempotency-Key: 0192f3c4-1'`
  const call = `curl -u "$API_USER" -X ${route.method}${key}${body} \\\n  "$API_URL${route.path}"`
  return html`<details>
    <summary><b>${route.method}</b> <code>${route.path}</code> ${route.summary}</summary>
    <pre>${call}</pre>
    ${
      schema === undefined
        ? ''
        : html`<p>Body:</p>
            <pre>${JSON.stringify(schema, null, 2)}</pre>`
    }
  </details>`
}
