import { readFileSync, writeFileSync } from 'node:fs'
import { z } from 'zod'
import { campaignSchema } from './campaign-schema.ts'
import { formatKeyTable, type SchemaNode } from './key-table.ts'

/*
 * `npm run schema` writes what is made from the schema of a campaign file: schemas/campaign.schema.json, with which
 * editors complete one, and the tables of docs/campaigns.md; `npm run schema:check` fails when they are not current.
 */

const PAGE = 'docs/campaigns.md'
const MARKS = /(?<=<!-- keys: npm run schema -->\n)[^]*(?=<!-- end of keys -->)/

const pages = { 'schemas/campaign.schema.json': schemaText(), [PAGE]: pageText() }
for (const [file, text] of Object.entries(pages)) {
  if (!process.argv.includes('--check')) {
    writeFileSync(place(file), text)
  } else if (readCurrent(file) !== text) {
    process.stderr.write(`${file} is not current: npm run schema\n`)
    process.exitCode = 1
  }
}

/** Draft 7 is the one that the YAML extensions of editors know. */
function schemaText(): string {
  const { $schema, ...rest } = z.toJSONSchema(campaignSchema, {
    target: 'draft-7',
    io: 'input',
    override: ({ jsonSchema }) => {
      const { trap } = jsonSchema as SchemaNode
      if (trap !== undefined) jsonSchema.description = `${jsonSchema.description} Trap: ${trap}`
      delete jsonSchema['trap']
      delete jsonSchema['values']
    },
  })
  const schema = { $schema, title: 'hookcast campaign', description: 'What to call, for whom and when.', ...rest }
  return `${JSON.stringify(schema, null, 2)}\n`
}

function pageText(): string {
  const schema = z.toJSONSchema(campaignSchema, { target: 'draft-7', io: 'input' }) as SchemaNode
  return (readCurrent(PAGE) ?? '').replace(MARKS, () => `\n${formatKeyTable(schema)}\n`)
}

function readCurrent(file: string): string | null {
  try {
    return readFileSync(place(file), 'utf8')
  } catch {
    return null
  }
}

function place(file: string): URL {
  return new URL(`../../${file}`, import.meta.url)
}
