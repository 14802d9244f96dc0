import type { Campaign, TemplateText } from '../campaign/campaign.ts'
import type { ShownRequest } from '../trial/trial.ts'
import { bodyText, headLines } from './one-customer.ts'

/** Two columns with fewer than 58 characters each are harder to read than one below the other. */
const WIDE = 120
const GAP = ' │ '

/**
 * Shows a request beside the templates that made it; below them when there is no room for two columns.
 *
 * Head lines stand beside what made each of them, the body beside its template. Ends with a line break.
 */
export function besideText(
  { webhook }: Campaign,
  request: ShownRequest,
  { width }: { readonly width: number },
): string {
  const { path, headers, body: template, payload } = webhook
  const templates = new Map<number, TemplateText>()
  if (path.text.includes('{')) templates.set(0, path)
  request.headers.forEach(({ name }, at) => {
    const header = headers.find((header) => header.name === name)
    if (header?.kind === 'template' && header.value.text.includes('{')) templates.set(at + 1, header.value)
  })
  const head = headLines(request)
  const body = request.body === null ? [] : bodyText(request.body, payload).split('\n')
  const source = template === null || request.body === null ? [] : [template.file, ...numbered(template)]
  if (width < WIDE) {
    const above = [...[...templates.values()].flatMap((template) => [template.file, ...numbered(template)]), ...source]
    return `${[...above, ...(above.length > 0 ? [''] : []), ...head, ...(body.length > 0 ? ['', ...body] : [])].join('\n')}\n`
  }
  const half = Math.floor((width - GAP.length) / 2)
  const rows = [
    ...head.flatMap((line, at) => {
      const template = templates.get(at)
      return beside(template === undefined ? [] : numbered(template), [line], half)
    }),
    ...(body.length === 0 ? [] : ['', ...beside(source, ['', ...body], half)]),
  ]
  return `${rows.map((row) => row.trimEnd()).join('\n')}\n`
}

/** The lines of a template with their numbers in the file. */
function numbered({ text, line }: TemplateText): string[] {
  const lines = text.replace(/\n$/, '').split('\n')
  const digits = String(line + lines.length - 1).length
  return lines.map((source, at) => `${String(line + at).padStart(digits)}  ${source}`)
}

function beside(left: readonly string[], right: readonly string[], half: number): string[] {
  const [leftLines, rightLines] = [left, right].map((lines) => lines.flatMap((line) => folded(line, half)))
  const height = Math.max(leftLines!.length, rightLines!.length)
  return Array.from({ length: height }, (_, at) => {
    const text = leftLines![at] ?? ''
    return `${text}${' '.repeat(half - Array.from(text).length)}${GAP}${rightLines![at] ?? ''}`
  })
}

function folded(line: string, width: number): string[] {
  const characters = Array.from(line.replaceAll('\t', '  '))
  if (characters.length === 0) return ['']
  const lines: string[] = []
  for (let at = 0; at < characters.length; at += width) lines.push(characters.slice(at, at + width).join(''))
  return lines
}
