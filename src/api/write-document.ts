import { readFileSync, writeFileSync } from 'node:fs'
import { clientTypes } from './client-types.ts'
import { openApi } from './document.ts'
import { OPERATIONS } from './operations.ts'

/*
 * `npm run schema` writes schemas/openapi.json, the document of the control API, and schemas/openapi.d.ts, its types for
 * clients in TypeScript; `npm run schema:check` fails when they are not current.
 */

const SCHEMAS = new URL('../../schemas/', import.meta.url)
const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string
}

const document = openApi(OPERATIONS, version)
const files = { 'openapi.json': `${JSON.stringify(document, null, 2)}\n`, 'openapi.d.ts': clientTypes(document) }
for (const [name, text] of Object.entries(files)) {
  const file = new URL(name, SCHEMAS)
  if (!process.argv.includes('--check')) {
    writeFileSync(file, text)
  } else if (readCurrent(file) !== text) {
    process.stderr.write(`schemas/${name} is not current: npm run schema\n`)
    process.exitCode = 1
  }
}

function readCurrent(file: URL): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return null
  }
}
