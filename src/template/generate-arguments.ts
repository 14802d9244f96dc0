import type { CodeWriter } from './code-writer.ts'
import type { Arguments, Expression } from './node.ts'
import { bindArguments, shownName, type Signature } from './runtime/signature.ts'
import { invalidTemplate, type Source } from './template-problem.ts'

export interface GenerateArgument {
  readonly writer: CodeWriter
  readonly generate: (node: Expression) => string
}

/** Code for the arguments of a call, whose callee is known while rendering only. */
export function generateArguments(list: Arguments, { writer, generate }: GenerateArgument): string {
  const positional = `[${list.positional.map(generate).join(', ')}]`
  const pairs = list.keywords.map(({ name, value }) => `[${JSON.stringify(name)}, ${generate(value)}]`)
  const keywords = pairs.length === 0 ? writer.use('noKeywords') : `new ${writer.use('Map')}([${pairs.join(', ')}])`
  if (list.rest === null && list.restKeywords === null) return `{positional: ${positional}, keywords: ${keywords}}`
  const [rest, names] = [list.rest, list.restKeywords].map((part) => (part === null ? 'undefined' : generate(part)))
  return `${writer.use('spreadArguments')}([${positional}, ${rest!}], [${keywords}, ${names!}])`
}

/** Code for the arguments of a filter or test: put in order and checked now, unless `*` or `**` hides them. */
export function generateBound(
  node: { readonly name: string; readonly nameStart: number; readonly arguments: Arguments },
  signature: Signature,
  scope: GenerateArgument & { readonly source: Source },
): string {
  const { writer, generate, source } = scope
  const list = node.arguments
  if (list.rest !== null || list.restKeywords !== null) {
    const known = writer.constant(`${writer.use('signature')}(${JSON.stringify(signature)})`)
    return `${writer.use('bindValues')}(${known}, ${generateArguments(list, scope)})`
  }
  const pairs = list.keywords.map(({ name, value }) => [name, generate(value)] as const)
  const bound = bindArguments(signature, { positional: list.positional.map(generate), keywords: pairs }, shownName)
  if (typeof bound === 'string') throw invalidTemplate(source, node.nameStart, `${bound} for \`${node.name}\``)
  const values = bound.values.map((code) => code ?? 'undefined')
  while (values.at(-1) === 'undefined') values.pop()
  const keywords = bound.keywords.map(([name, code]) => `[${JSON.stringify(name)}, ${code}]`)
  const code = `{values: [${values.join(', ')}], rest: [${bound.rest.join(', ')}], keywords: [${keywords.join(', ')}]}`
  const isConstant = [...values, ...bound.rest, ...bound.keywords.map(([, inner]) => inner)].every((part) =>
    writer.isConstant(part),
  )
  return isConstant ? writer.constant(code) : code
}
