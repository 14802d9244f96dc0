type Json = Readonly<Record<string, unknown>>

/**
 * Writes the types of an OpenAPI document as TypeScript, in the shape that `openapi-fetch` takes: `paths` and `components`.
 *
 * The usual generator needs the compiler's JavaScript interface, which TypeScript 7 does not have; of JSON Schema it does
 * what our document uses, and throws at anything else.
 */
export function clientTypes(document: Json): string {
  const { paths, components } = document as unknown as Document
  const schemas = Object.entries(components.schemas).map(([name, schema]) => `    ${name}: ${typeOf(schema, 4)}`)
  const routes = Object.entries(paths).map(([path, methods]) => {
    const operations = METHODS.map((method) => {
      const operation = methods[method]
      return operation === undefined ? `    ${method}?: never` : `    ${method}: ${operationType(operation, document)}`
    })
    return [`  '${path}': {`, '    parameters: {}', ...operations, '  }'].join('\n')
  })
  return [
    '// Made from the operations of the control API by `npm run schema`.',
    'export interface paths {',
    ...routes,
    '}',
    'export interface components {',
    '  schemas: {',
    ...schemas,
    '  }',
    '}',
    '',
  ].join('\n')
}

/** All that `openapi-fetch` asks about. */
const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'] as const

interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly required?: boolean
  readonly schema: Json
}

interface Operation {
  readonly summary: string
  readonly parameters?: readonly (Parameter | { readonly $ref: string })[]
  readonly requestBody?: { readonly required?: boolean; readonly content: Content }
  readonly responses: Readonly<Record<string, { readonly $ref: string } | { readonly content: Content }>>
}

type Content = Readonly<Record<string, { readonly schema: Json }>>

interface Document {
  readonly paths: Readonly<Record<string, Partial<Readonly<Record<(typeof METHODS)[number], Operation>>>>>
  readonly components: { readonly schemas: Readonly<Record<string, Json>> }
}

function operationType({ parameters = [], requestBody, responses }: Operation, document: Json): string {
  const own = parameters.map((parameter) =>
    '$ref' in parameter ? (found(parameter.$ref, document) as Parameter) : parameter,
  )
  const places = (['path', 'query', 'header'] as const).map((place) => {
    const here = own.filter((parameter) => parameter.in === place)
    if (here.length === 0) return `${place}?: never`
    const isNeeded = here.some(({ required }) => required === true)
    const fields = here.map(
      ({ name, required, schema }) => `'${name}'${required === true ? '' : '?'}: ${typeOf(schema, 10)}`,
    )
    return `${place}${isNeeded ? '' : '?'}: { ${fields.join('; ')} }`
  })
  const body =
    requestBody === undefined
      ? 'requestBody?: never'
      : `requestBody${requestBody.required === true ? '' : '?'}: { content: ${contentType(requestBody.content)} }`
  const answers = Object.entries(responses).map(([status, response]) => {
    const { content } = ('$ref' in response ? found(response.$ref, document) : response) as {
      readonly content: Content
    }
    return `        ${/^\d+$/.test(status) ? status : `'${status}'`}: { headers: { [name: string]: unknown }; content: ${contentType(content)} }`
  })
  return [
    '{',
    `      parameters: { ${places.join('; ')}; cookie?: never }`,
    `      ${body}`,
    '      responses: {',
    ...answers,
    '      }',
    '    }',
  ].join('\n')
}

function contentType(content: Content): string {
  const types = Object.entries(content).map(([mediaType, { schema }]) => `'${mediaType}': ${typeOf(schema, 10)}`)
  return `{ ${types.join('; ')} }`
}

function found(pointer: string, document: Json): unknown {
  return pointer
    .slice(2)
    .split('/')
    .reduce<unknown>((value, part) => (value as Json)[part], document)
}

function typeOf(schema: Json, indent: number): string {
  const { $ref, enum: values, const: constant, anyOf, type } = schema
  if (typeof $ref === 'string') return `components['schemas']['${$ref.split('/').at(-1)}']`
  if (constant !== undefined) return JSON.stringify(constant)
  if (Array.isArray(values)) return values.map((value) => JSON.stringify(value)).join(' | ')
  if (Array.isArray(anyOf)) return anyOf.map((part) => typeOf(part as Json, indent)).join(' | ')
  if (Array.isArray(type)) return type.map((one: unknown) => typeOf({ ...schema, type: one }, indent)).join(' | ')
  if (typeof type === 'string' && type in PLAIN) return PLAIN[type]!
  if (type === 'array') return `(${typeOf((schema['items'] ?? {}) as Json, indent)})[]`
  if (type === 'object') return objectType(schema, indent)
  if (type === undefined && Object.keys(schema).every((key) => key === 'description')) return 'unknown'
  throw new TypeError(`expected a schema that clients know, got ${JSON.stringify(schema)}`)
}

const PLAIN: Readonly<Record<string, string>> = {
  string: 'string',
  number: 'number',
  integer: 'number',
  boolean: 'boolean',
  null: 'null',
}

function objectType(schema: Json, indent: number): string {
  const { properties = {}, required = [], additionalProperties } = schema
  const names = Object.entries(properties as Readonly<Record<string, Json>>)
  if (names.length === 0) {
    return `{ [name: string]: ${typeof additionalProperties === 'object' ? typeOf(additionalProperties as Json, indent) : 'unknown'} }`
  }
  const pad = ' '.repeat(indent + 2)
  const fields = names.map(([name, part]) => {
    const notes = typeof part['description'] === 'string' ? `${pad}/** ${part['description']} */\n` : ''
    const mark = (required as readonly string[]).includes(name) ? '' : '?'
    return `${notes}${pad}${name}${mark}: ${typeOf(part, indent + 2)}`
  })
  return `{\n${fields.join('\n')}\n${' '.repeat(indent)}}`
}
