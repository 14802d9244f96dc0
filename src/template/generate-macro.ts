import { generateExpression } from './generate-expression.ts'
import { checkLength } from './generate-print.ts'
import type { StatementScope } from './generate-statement.ts'
import type { Body, Parameter } from './node.ts'
import { Frame, collectBody, declareParameters, mentions } from './scope.ts'

export interface MacroSource {
  /** Null for the body of a call block. */
  readonly name: string | null
  readonly parameters: readonly Parameter[]
  readonly body: Body
  /** It is called on both sides of the quotes, so it asks where it stands. */
  readonly isDynamic: boolean
}

/** Handed in by the statements, which stand above this file. */
export interface MacroParts {
  readonly body: (scope: StatementScope, body: Body) => void
  readonly open: (scope: StatementScope, frame: Frame) => void
}

/** Code that makes a macro. Its lines are written where it stands; the code returned is the variable that holds it. */
export function generateMacroValue(
  scope: StatementScope,
  { name, parameters, body, isDynamic }: MacroSource,
  parts: MacroParts,
): string {
  const { writer, isLegacy } = scope
  const frame = new Frame(scope.frame, () => writer.newName('v'))
  const names = parameters.map((parameter) => parameter.name)
  const uses = (special: string): boolean => mentions(body, special) && !names.includes(special)
  const specials = ['caller', 'kwargs', 'varargs'].filter(uses)
  declareParameters(frame, parameters)
  for (const special of specials) frame.declareParameter(special)
  collectBody(frame, body, isLegacy)
  const [made, values, text, side] = [
    writer.newName('m'),
    writer.newName('a'),
    writer.newName('o'),
    writer.newName('q'),
  ]
  const shape = {
    name,
    parameters: names,
    usesCaller: names.includes('caller') || specials.includes('caller'),
    usesKwargs: specials.includes('kwargs'),
    usesVarargs: specials.includes('varargs'),
  }
  writer.line(`const ${made} = new ${writer.use('Macro')}(${JSON.stringify(shape)}, (${values}) => {`)
  if (isDynamic) writer.line(`const ${side} = r.isInString;`)
  const target = { variable: text, isOutput: false, side: isDynamic ? side : scope.target.side }
  const inner = { ...scope, frame, target }
  const all = [...names, ...specials]
  all.forEach((parameter, index) => writer.line(`let ${frame.find(parameter)!} = ${values}[${index}];`))
  parts.open(inner, frame)
  for (const { name: parameter, fallback } of parameters) {
    const variable = frame.find(parameter)!
    const why = `expected the argument \`${parameter}\` to be given, got nothing`
    const value = fallback === null ? writer.missing(parameter, why) : generateExpression(inner, fallback)
    writer.line(`if (${variable} === undefined) ${variable} = ${value};`)
  }
  writer.line(`let ${text} = "";`)
  parts.body(inner, body)
  checkLength(inner)
  writer.line(`return ${text};`)
  writer.line('});')
  return made
}
