import { createHash } from 'node:crypto'
import { html, raw } from 'hono/html'
import { ERROR_CODES } from '../errors.ts'
import { openApi } from './document.ts'
import type { Operation } from './operation.ts'

type Html = ReturnType<typeof html>

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 64rem; margin: 2rem auto; padding: 0 1rem }
code, pre { font-family: ui-monospace, monospace; font-size: .9em }
pre { overflow-x: auto; padding: .75rem; border: 1px solid #8886; border-radius: .4rem }
details { border: 1px solid #8886; border-radius: .4rem; margin: .5rem 0; padding: .5rem .75rem }
summary { cursor: pointer } summary b { display: inline-block; min-width: 4.5rem }
table { border-collapse: collapse } td, th { text-align: left; padding: .25rem 1rem .25rem 0; vertical-align: top }
`

const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64')

/** Nothing is fetched, nothing is run; the one style is known by its hash. */
export const PAGE_POLICY = `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; frame-ancestors 'none'`

interface Schemas {
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> }
}

/** The documentation as one page without scripts: each operation with a call to copy, every schema, every code. */
export function docsPage(operations: readonly Operation[], version: string): Html {
  const { components } = openApi(operations, version) as unknown as Schemas
  const tags = Array.from(new Set(operations.map(({ tag }) => tag)))
  return html`<!doctype html>
    <html lang="en">
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width" />
      <title>hookcast control API</title>
      ${raw(`<style>${STYLE}</style>`)}
      <h1>hookcast control API</h1>
      <p>
        JSON in, JSON out; <code>Authorization: Bearer …</code> with a token. For programs:
        <a href="/openapi.json">openapi.json</a> (OpenAPI 3.1).
      </p>
      ${tags.map(
        (tag) =>
          html`<h2>${tag}</h2>
            ${operations.filter((operation) => operation.tag === tag).map(section)}`,
      )}
      <h2>Errors</h2>
      <p>
        <code>application/problem+json</code> (RFC 9457): match on <code>code</code>; <code>problems</code> lists each
        thing wrong.
      </p>
      <table>
        ${Object.entries(ERROR_CODES).map(
          ([code, { means, todo }]) =>
            html`<tr id="${code}">
              <th><code>${code}</code></th>
              <td>${means}</td>
              <td>${todo}</td>
            </tr>`,
        )}
      </table>
      <h2>Schemas</h2>
      ${Object.entries(components.schemas).map(
        ([name, schema]) =>
          html`<details id="${name}">
            <summary><code>${name}</code></summary>
            <pre>${JSON.stringify(schema, null, 2)}</pre>
          </details>`,
      )}
    </html>`
}

function section(operation: Operation): Html {
  const { path, summary, description, roles, isPersonal, isSigned, body, answer, query, stream } = operation
  const verb = operation.method.toUpperCase()
  const parameters = Object.entries(query.shape)
  return html`<details>
    <summary><b>${verb}</b> <code>${path}</code> ${summary}</summary>
    ${description === undefined ? '' : html`<p>${description}</p>`}
    <p>
      ${isSigned === true ? 'A signature in place of a token' : `Roles: ${roles.join(', ')}`}${isPersonal === true ? '; shows customers, so a viewer needs the grant' : ''}
    </p>
    <pre>${isSigned === true ? signedCall(operation) : call(operation)}</pre>
    ${
      parameters.length === 0
        ? ''
        : html`<table>
            ${parameters.map(
              ([name, schema]) =>
                html`<tr>
                  <th><code>${name}</code></th>
                  <td>${schema.meta()?.description ?? ''}</td>
                </tr>`,
            )}
          </table>`
    }
    <p>
      ${body === null ? '' : html`Body: ${named(body)}. `}Answer:
      ${answer === null ? html`<code>${(stream ?? []).join(', ')}</code>` : named(answer)}
    </p>
  </details>`
}

function call({ method, path, body, uploads }: Operation): string {
  const verb = method.toUpperCase()
  const media = body === null ? '' : ` \\\n  -H 'Content-Type: application/json' --data '{}'`
  const upload =
    uploads === undefined
      ? ''
      : `\n\ncurl -H "Authorization: Bearer $TOKEN" -X ${verb} \\\n  -H 'Content-Type: ${Object.keys(uploads)[0]}' -T customers.ndjson \\\n  "$HOOKCAST${path}"`
  return `curl -H "Authorization: Bearer $TOKEN" -X ${verb}${media} \\\n  "$HOOKCAST${path}"${upload}`
}

function signedCall({ method, path }: Operation): string {
  const verb = method.toUpperCase()
  const headers = ['id: msg_1', 'timestamp: 1795000000', 'signature: v1,…'].map((header) => ` -H 'webhook-${header}'`)
  return `curl -X ${verb}${headers.join('')} \\\n  -H 'Content-Type: application/json' --data @message.json \\\n  "$HOOKCAST${path}"`
}

function named(schema: NonNullable<Operation['body']>): Html {
  const name = schema.meta()?.id ?? ''
  return html`<a href="#${name}"><code>${name}</code></a>`
}
