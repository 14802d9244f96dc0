import { NUMBER_OPERATORS, negate } from './arithmetic.ts'
import { RenderFault } from './fault.ts'
import { formatPercent } from './format-percent.ts'
import { indexFrom, numberFrom } from './number.ts'
import { dataText, textOf } from './print.ts'
import {
  Markup,
  Tuple,
  Undefined,
  checkedLength,
  checkedText,
  checkedTextLength,
  isText,
  kindOf,
  undefinedFault,
  type Dialect,
} from './value.ts'

/** `left operator right` as Python does it; a safe text takes in other text escaped and stays safe. */
export function operate(operator: string, left: unknown, right: unknown): unknown {
  const [a, b] = [numberFrom(left), numberFrom(right)]
  if (a !== null && b !== null) return NUMBER_OPERATORS[operator]!(a, b)
  if (left instanceof Undefined) throw undefinedFault(left)
  if (right instanceof Undefined && !(operator === '%' && isText(left))) throw undefinedFault(right)
  if (operator === '+') return join(left, right)
  if (operator === '*') return repeat(left, right)
  if (operator === '%' && isText(left)) return formatPercent(left, right)
  throw mismatch(operator, left, right)
}

export function add(left: unknown, right: unknown): unknown {
  if (typeof left === 'number' && typeof right === 'number') {
    const sum = left + right
    if (Number.isSafeInteger(left) && Number.isSafeInteger(right) && Number.isSafeInteger(sum)) return sum
  }
  return operate('+', left, right)
}

function mismatch(operator: string, left: unknown, right: unknown): RenderFault {
  const what = operator === '+' ? 'two numbers, two texts or two lists' : 'two numbers'
  return new RenderFault(`expected ${what} around \`${operator}\`, got ${kindOf(left)} and ${kindOf(right)}`)
}

function join(left: unknown, right: unknown): unknown {
  if (typeof left === 'string' && typeof right === 'string') return checkedText(left + right)
  if (isText(left) && isText(right)) {
    const { dialect } = left instanceof Markup ? left : (right as Markup)
    return concatSafe([left, right], dialect)
  }
  if (Array.isArray(left) && Array.isArray(right)) {
    checkedLength(left.length + right.length)
    return [...(left as unknown[]), ...(right as unknown[])]
  }
  if (left instanceof Tuple && right instanceof Tuple) return new Tuple([...left.items, ...right.items])
  throw mismatch('+', left, right)
}

function repeat(left: unknown, right: unknown): unknown {
  const [subject, times] = indexFrom(left) === null ? [left, right] : [right, left]
  const count = Math.max(0, indexFrom(times) ?? Number.NaN)
  if (Number.isNaN(count)) throw mismatch('*', left, right)
  if (isText(subject)) return repeatText(subject, count)
  const items = subject instanceof Tuple ? subject.items : Array.isArray(subject) ? (subject as unknown[]) : null
  if (items === null) throw mismatch('*', left, right)
  checkedLength(items.length * count)
  const repeated = Array.from({ length: count }).flatMap(() => items)
  return subject instanceof Tuple ? new Tuple(repeated) : repeated
}

function repeatText(subject: string | Markup, count: number): unknown {
  const text = textOf(subject)
  checkedTextLength(text.length * count)
  return subject instanceof Markup ? new Markup(text.repeat(count), subject.dialect) : text.repeat(count)
}

/** `a ~ b` where nothing is escaped: plain text. */
export function concat(values: readonly unknown[]): string {
  let text = ''
  for (const value of values) text += textOf(value)
  return checkedText(text)
}

/** `a ~ b` where text is escaped: with a safe text among them the others are escaped and the whole is safe. */
export function concatSafe(values: readonly unknown[], dialect: Dialect): string | Markup {
  if (!values.some((value) => value instanceof Markup)) {
    return dialect.name === 'html' ? concat(values) : checkedText(values.map(dataText).join(''))
  }
  let text = ''
  for (const value of values) text += escapedText(value, dialect)
  return new Markup(checkedText(text), dialect)
}

/** The text of a value, made safe; safe text stays as it is. */
export function escapedText(value: unknown, dialect: Dialect): string {
  if (value instanceof Markup) return value.text
  if (dialect.name === 'html') return dialect.escape(textOf(value))
  return dialect.escape(dataText(value))
}

export function negative(value: unknown): unknown {
  const number = numberFrom(value)
  if (number !== null) return negate(number)
  if (value instanceof Undefined) throw undefinedFault(value)
  throw new RenderFault(`expected a number behind \`-\`, got ${kindOf(value)}`)
}

export function positive(value: unknown): unknown {
  const number = numberFrom(value)
  if (number !== null) return number
  if (value instanceof Undefined) throw undefinedFault(value)
  throw new RenderFault(`expected a number behind \`+\`, got ${kindOf(value)}`)
}
