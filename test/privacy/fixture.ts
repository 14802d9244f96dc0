import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** All the spellings in which a value may lie in a file. */
function spellingsOf(value: string): readonly Buffer[] {
  const json = JSON.stringify(value).slice(1, -1)
  const ascii = json.replaceAll(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
  const url = encodeURIComponent(value)
  const base64 = Buffer.from(value).toString('base64').replace(/=+$/, '')
  const texts = [value, json, ascii, ascii.toUpperCase(), url, url.toLowerCase(), url.replaceAll('%20', '+'), base64]
  return [...texts.map((text) => Buffer.from(text)), Buffer.from(value, 'utf16le')]
}

/** The files below a folder that hold a value, in whatever spelling, anywhere in their bytes; as `name: value`. */
export function filesHolding(folder: string, values: readonly string[]): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .flatMap((entry) => {
      const bytes = readFileSync(join(entry.parentPath, entry.name))
      return values.flatMap((value) =>
        spellingsOf(value).some((spelling) => holds(bytes, spelling)) ? [`${entry.name}: ${value}`] : [],
      )
    })
}

/** Whether bytes hold a spelling that no digit follows: `c-1` is not in `c-17`. */
function holds(bytes: Buffer, spelling: Buffer): boolean {
  for (let at = bytes.indexOf(spelling); at !== -1; at = bytes.indexOf(spelling, at + 1)) {
    const next = bytes[at + spelling.length] ?? 0
    if (next < 48 || next > 57) return true
  }
  return false
}
