import type { Exchange } from '../campaign/delivery.ts'
import type { SenderSetup } from '../sender/sender.ts'

/** A request as people may see it: secrets are masked. */
export interface ShownRequest {
  readonly method: string
  readonly url: string
  readonly headers: readonly { readonly name: string; readonly value: string }[]
  readonly body: string | null
}

const MASK = '***'

export function shownRequest(
  { method, path, headers, body }: Exchange['request'],
  { origin, secretHeaders }: SenderSetup,
): ShownRequest {
  const secret = new Set(secretHeaders.map(({ name }) => name.toLowerCase()))
  const shown: { name: string; value: string }[] = []
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at]!
    const value = headers[at + 1]!
    if (secret.has(name.toLowerCase())) shown.push({ name, value: MASK })
    else if (name === 'Authorization') shown.push({ name, value: `${value.split(' ', 1)[0]} ${MASK}` })
    else shown.push({ name, value })
  }
  return { method, url: origin + path, headers: shown, body }
}
