/** The part of JSON Schema that zod writes for a campaign file, with the notes of schema-part.ts. */
export interface SchemaNode {
  readonly type?: string | readonly string[]
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly minimum?: number
  readonly maximum?: number
  readonly anyOf?: readonly SchemaNode[]
  readonly oneOf?: readonly SchemaNode[]
  readonly items?: SchemaNode
  readonly properties?: Readonly<Record<string, SchemaNode>>
  readonly additionalProperties?: boolean | SchemaNode
  readonly required?: readonly string[]
  readonly description?: string
  readonly default?: unknown
  readonly values?: string
  readonly trap?: string
}

interface Mapping {
  /** With a dot behind it; empty for the file itself. */
  readonly path: string
  readonly forms: readonly SchemaNode[]
}

/** Where a key stands: in one form of a mapping, and not in its others. */
interface Place {
  readonly form: SchemaNode
  readonly others: readonly SchemaNode[]
}

/** Explains a schema key by key: a heading and a table for each of its mappings, in the order of the file. */
export function formatKeyTable(root: SchemaNode): string {
  const mappings: Mapping[] = [{ path: '', forms: [root] }]
  for (const { path, forms } of mappings) {
    for (const form of forms) {
      for (const [key, node] of Object.entries(form.properties ?? {})) {
        const inner = mappingsOf(node)
        if (inner.length > 0) mappings.push({ path: `${path}${key}.`, forms: inner })
      }
    }
  }
  return mappings.map((mapping) => `### ${headingOf(mapping)}\n\n${tableOf(mapping)}`).join('\n')
}

function headingOf({ path }: Mapping): string {
  return path === '' ? 'The file' : `\`${path.slice(0, -1)}\``
}

function tableOf({ path, forms }: Mapping): string {
  const rows = forms.flatMap((form) =>
    Object.entries(form.properties ?? {}).flatMap(([key, node]) =>
      rowsOf(node, `${path}${key}`, { form, others: forms.filter((other) => other.properties?.[key] === undefined) }),
    ),
  )
  const cells = rows.map((row) => `| ${row.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`)
  return `| Key | Value | Default | What it does |\n|---|---|---|---|\n${[...new Set(cells)].join('')}`
}

/** A mapping of one key has no table of its own: its key stands in the one above. */
function rowsOf(node: SchemaNode, path: string, { form, others }: Place): readonly (readonly string[])[] {
  const isRequired = form.required?.includes(path.slice(path.lastIndexOf('.') + 1)) === true
  const row = [
    `\`${path}\``,
    valueOf(node, path),
    isRequired ? requiredUnless(form, others) : defaultOf(node),
    sentence(node),
  ]
  const small = formsOf(node).filter((form) => form.properties !== undefined && !isMapping(form) && !isTemplate(form))
  const inner = small.flatMap((form) =>
    Object.entries(form.properties!).flatMap(([key, child]) => rowsOf(child, `${path}.${key}`, { form, others: [] })),
  )
  return [row, ...inner]
}

/** Of alternatives without a key, the one that has what they need has no need of it. */
function requiredUnless({ properties = {} }: SchemaNode, others: readonly SchemaNode[]): string {
  const instead = new Set(
    others.flatMap(({ required = [] }) => required).filter((key) => properties[key] === undefined),
  )
  return instead.size === 0 ? 'required' : `required, unless ${[...instead].map(code).join(', ')}`
}

/** Alternatives laid flat, without the `null` that every key may be. */
function formsOf(node: SchemaNode): readonly SchemaNode[] {
  const forms = node.anyOf ?? node.oneOf
  if (forms !== undefined) return forms.flatMap(formsOf).map((form) => ({ ...form, ...notesOf(node, form) }))
  return node.type === 'null' ? [] : [node]
}

/** What is said of a value holds for each of its forms that says nothing itself. */
function notesOf({ values }: SchemaNode, form: SchemaNode): { values?: string } {
  return values === undefined || form.values !== undefined ? {} : { values }
}

function isMapping(form: SchemaNode): boolean {
  return Object.keys(form.properties ?? {}).length > 1
}

function isTemplate(form: SchemaNode): boolean {
  return Object.keys(form.properties ?? {}).join() === 'file'
}

function mappingsOf(node: SchemaNode): SchemaNode[] {
  return formsOf(node).flatMap((form) => {
    if (isMapping(form)) return [form]
    return form.items === undefined ? [] : mappingsOf(form.items)
  })
}

function valueOf(node: SchemaNode, path: string): string {
  return [...new Set(formsOf(node).map((form) => wordsOf(form, path)))].join(', ')
}

function wordsOf(form: SchemaNode, path: string): string {
  if (form.values !== undefined) return form.values
  if (form.const !== undefined) return code(form.const)
  if (form.enum !== undefined) return form.enum.map(code).join(' ')
  if (isTemplate(form)) return '`{ file: … }`'
  if (isMapping(form)) return `[a mapping](#${path.replaceAll('.', '')})`
  if (form.properties !== undefined) return `\`{ ${Object.keys(form.properties).join(', ')} }\``
  if (form.items !== undefined) return `list of ${valueOf(form.items, path)}`
  if (typeof form.additionalProperties === 'object') return mapOf(form.additionalProperties, path)
  return plainWordsOf(form)
}

function mapOf(value: SchemaNode, path: string): string {
  const words = valueOf(value, path)
  return words === '' ? 'names with values' : `names with: ${words}`
}

function plainWordsOf({ type, minimum, maximum }: SchemaNode): string {
  const [name] = (typeof type === 'string' ? [type] : (type ?? [])).filter((known) => known !== 'null')
  if (name === 'boolean') return '`true` `false`'
  if (name === 'integer' || name === 'number') return `${minimum} to ${maximum}`
  return name === 'string' ? 'text' : ''
}

function defaultOf(node: SchemaNode): string {
  return node.default === undefined ? '–' : code(node.default)
}

/** As YAML would have it in one line. */
function code(value: unknown): string {
  return `\`${yamlOf(value)}\``
}

function yamlOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(yamlOf).join(', ')}]`
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).map(([key, part]) => `${key}: ${yamlOf(part)}`)
    return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`
  }
  return String(value)
}

function sentence({ description = '', trap }: SchemaNode): string {
  return trap === undefined ? description : `${description} **Trap:** ${trap}`
}
