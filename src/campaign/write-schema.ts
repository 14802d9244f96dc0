import { readFileSync, writeFileSync } from 'node:fs'
import { z } from 'zod'
import { campaignSchema } from './campaign-schema.ts'

/*
 * `npm run schema` writes schemas/campaign.schema.json, with which editors complete a campaign file;
 * `npm run schema:check` fails when it is not current.
 */

const FILE = new URL('../../schemas/campaign.schema.json', import.meta.url)

/** Draft 7 is the one that the YAML extensions of editors know. */
const { $schema, ...rest } = z.toJSONSchema(campaignSchema, { target: 'draft-7', io: 'input' })
const schema = { $schema, title: 'hookcast campaign', description: 'What to call, for whom and when.', ...rest }
const text = `${JSON.stringify(schema, null, 2)}\n`

if (!process.argv.includes('--check')) {
  writeFileSync(FILE, text)
} else if (readCurrent() !== text) {
  process.stderr.write('schemas/campaign.schema.json is not current: npm run schema\n')
  process.exitCode = 1
}

function readCurrent(): string | null {
  try {
    return readFileSync(FILE, 'utf8')
  } catch {
    return null
  }
}
