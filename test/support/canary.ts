import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'

/** A secret that nothing else looks like, in every writing that it could leak in. */
export interface Canary {
  readonly name: string
  readonly form: string
  readonly text: string
}

/** Every writing of these secrets; of `pairs`, what Basic authentication makes of them. */
export function canariesOf(
  secrets: Readonly<Record<string, string>>,
  pairs: readonly (readonly [user: string, secret: string])[] = [],
): readonly Canary[] {
  const forms = Object.entries(secrets).flatMap(([name, text]) => {
    const bytes = Buffer.from(text)
    const writings = {
      raw: text,
      base64: bytes.toString('base64'),
      base64url: bytes.toString('base64url'),
      hex: bytes.toString('hex'),
      url: encodeURIComponent(text),
      form: new URLSearchParams({ a: text }).toString().slice(2),
      json: JSON.stringify(text).slice(1, -1),
      'json in json': JSON.stringify(JSON.stringify(text)).slice(3, -3),
      html: text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;'),
    }
    return Object.entries(writings).map(([form, text]) => ({ name, form, text }))
  })
  const basic = pairs.map(([user, name]) => {
    const text = Buffer.from(`${user}:${secrets[name]!}`).toString('base64')
    return { name, form: 'base64 of user:secret', text }
  })
  const seen = new Set<string>()
  return [...forms, ...basic].filter(({ text }) => !seen.has(text) && seen.add(text))
}

export interface Searched {
  /** Where which secret was found, and how written: none is as it should be. */
  readonly hits: readonly string[]
  readonly files: number
  readonly bytes: number
}

/** Searches every file of a folder, and texts, for every writing of the secrets. */
export function searchFor(
  canaries: readonly Canary[],
  { folder, texts }: { readonly folder: string; readonly texts: Readonly<Record<string, string>> },
): Searched {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
  const places: (readonly [string, Buffer])[] = [
    ...files.map((file) => [relative(folder, file), readFileSync(file)] as const),
    ...Object.entries(texts).map(([name, text]) => [name, Buffer.from(text)] as const),
  ]
  const hits = places.flatMap(([place, bytes]) =>
    canaries.filter(({ text }) => bytes.includes(text)).map(({ name, form }) => `${place}: ${name} (${form})`),
  )
  return { hits, files: files.length, bytes: places.reduce((sum, [, bytes]) => sum + bytes.length, 0) }
}
