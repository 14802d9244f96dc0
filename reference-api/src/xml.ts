import { isUtf8 } from 'node:buffer'
import { SaxesParser } from 'saxes'
import { CODES, Refusal } from './answer.ts'

/**
 * Reads a document of one level: `<message><to>…</to><text>…</text></message>` is `{ to: '…', text: '…' }`. Every value is a
 * text; white space between the elements is nothing.
 *
 * A document type is refused: entities are how a small document grows without end, or reads a file (CWE-776, CWE-611).
 * @throws {Refusal} 400: what is not XML, or of another shape, is the campaign's fault.
 */
export function parseXml(raw: Buffer): Readonly<Record<string, string>> {
  if (!isUtf8(raw)) throw new Refusal(400, { code: CODES.bodyEncoding, description: 'The body is not UTF-8.' })
  const fields: [string, string][] = []
  const parser = new SaxesParser()
  let depth = 0
  let text = ''
  const refuse = (description: string): never => {
    throw new Refusal(400, { code: CODES.brokenBody, description })
  }
  parser.on('error', () => refuse('The body is not XML.'))
  parser.on('doctype', () => refuse('A document type is not accepted.'))
  parser.on('opentag', ({ attributes }) => {
    if (++depth > 2) refuse('An element of the body has elements of its own.')
    if (Object.keys(attributes).length > 0) refuse('An element of the body has attributes.')
    if (depth === 2 && text.trim() !== '') refuse('There is text between the elements of the body.')
    text = ''
  })
  const add = (part: string): void => void (text += part)
  parser.on('text', add)
  parser.on('cdata', add)
  parser.on('closetag', ({ name }) => {
    if (depth-- === 1) return text.trim() === '' ? undefined : refuse('There is text between the elements of the body.')
    if (fields.some(([known]) => known === name)) refuse('An element of the body comes twice.')
    fields.push([name, text])
    text = ''
  })
  parser.write(raw.toString('utf8')).close()
  return Object.fromEntries(fields)
}
