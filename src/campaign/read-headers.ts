import type { Header } from './campaign.ts'
import { headerNameRefusal, headerValueRefusal, isLiteralCredential } from './header-rule.ts'
import { type KeyPath, formatKey } from './key-path.ts'
import { suggestedVariable } from './read-credentials.ts'
import { placeholderNames } from './secret-text.ts'
import type { Repaired } from './shape-problem.ts'
import type { WebhookInput } from './webhook-schema.ts'
import type { YamlReader } from './yaml-reader.ts'

type HeaderInput = NonNullable<NonNullable<Repaired<WebhookInput>['headers']>[number]>

/** Many servers refuse more than 8 to 16 KiB of headers. */
const MOST_HEADER_BYTES = 16_384

/** Reads `headers:`, and reports each that may not be set or whose value is none. */
export function readHeaders(
  reader: YamlReader,
  inputs: readonly (HeaderInput | undefined)[],
  surroundings: { path: KeyPath; hasAuth: boolean; idempotencyHeader: string },
): readonly Header[] {
  const headers: Header[] = []
  const places = new Map<string, number>()
  let bytes = 0
  for (const [index, input] of inputs.entries()) {
    const path = [...surroundings.path, index]
    const { name, value } = input ?? {}
    if (name !== undefined) {
      checkName(reader, name, { ...surroundings, path, first: places.get(name.toLowerCase()) })
      places.set(name.toLowerCase(), places.get(name.toLowerCase()) ?? index)
    }
    if (name === undefined || value === undefined) continue
    bytes += name.length + Buffer.byteLength(value) + 4
    headers.push(readHeader(reader, { name, value, type: input?.type ?? null }, path))
  }
  if (bytes > MOST_HEADER_BYTES)
    reader.report(
      surroundings.path,
      `expected ${formatKey(surroundings.path)} to be at most 16 KiB, got ${bytes} bytes`,
    )
  return headers
}

function checkName(
  reader: YamlReader,
  name: string,
  at: { path: KeyPath; hasAuth: boolean; idempotencyHeader: string; first: number | undefined },
): void {
  const refusal = headerNameRefusal(name, at)
  if (refusal !== null) reader.report([...at.path, 'name'], `header not allowed: ${name} ${refusal}`)
  if (at.first !== undefined) {
    reader.report(
      [...at.path, 'name'],
      `duplicate header: ${name}, first at ${formatKey([...at.path.slice(0, -1), at.first])}`,
    )
  }
}

interface WrittenHeader {
  readonly name: string
  readonly value: string
  readonly type: 'public' | 'secret' | null
}

function readHeader(reader: YamlReader, header: WrittenHeader, path: KeyPath): Header {
  const { name, value, type } = header
  const place = [...path, 'value']
  const isLiteral = placeholderNames(value).length === 0
  if (isLiteral && (type === 'secret' || isLiteralCredential(header))) {
    const line = `{ name: ${name}, value: "\${${suggestedVariable('', name)}}", type: secret }`
    const orPublic = type === null && name.toLowerCase() !== 'authorization' ? ' (or state type: public)' : ''
    reader.report(place, `literal secret: ${formatKey(place)}, write ${line} and set that variable${orPublic}`)
    return { name, kind: 'secret', value: { text: '', file: reader.file, line: 1 } }
  }
  if (type !== 'secret') {
    reportRefusal(reader, place, headerValueRefusal(value))
    return { name, kind: 'template', value: reader.textAt(place, value, value.trim()) }
  }
  const secret = reader.secretAt(place, value)
  const resolved = reader.valueAt(place, secret)
  reportRefusal(reader, place, resolved === null ? null : headerValueRefusal(resolved))
  return { name, kind: 'secret', value: secret }
}

function reportRefusal(reader: YamlReader, place: KeyPath, refusal: string | null): void {
  if (refusal !== null) reader.report(place, `expected ${formatKey(place)} to ${refusal}`)
}
