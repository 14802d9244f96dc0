import { contains, isEqual, order } from './compare.ts'
import { defineMethod, type Methods } from './define-method.ts'
import { isMapping } from './dict.ts'
import { numberFrom, isWhole, isNumber } from './number.ts'
import { itemsOf, plainText, textOf } from './print.ts'
import { operate } from './operator.ts'
import { isLowerText, isUpperText } from './text-case.ts'
import { Callable, Markup, Range, Tuple, Undefined, isText, rawText } from './value.ts'

function check(test: (value: unknown) => boolean): Methods[string] {
  return defineMethod('', test)
}

function compare(test: (value: unknown, other: unknown) => boolean): Methods[string] {
  return defineMethod('other', (value, { values: [other] }) => test(value, other))
}

function isSame(left: unknown, right: unknown): boolean {
  if (isText(left)) return isText(right) && rawText(left) === rawText(right)
  // Each look-up of what is not there makes another undefined value, as in Jinja2.
  return Object.is(left, right) && !(left instanceof Undefined)
}

const equal = compare(isEqual)
const unequal = compare((value, other) => !isEqual(value, other))
const less = compare((value, other) => order(value, other) < 0)
const lessOrEqual = compare((value, other) => order(value, other) <= 0)
const greater = compare((value, other) => order(value, other) > 0)
const greaterOrEqual = compare((value, other) => order(value, other) >= 0)

/** The tests behind `is`, but for `filter` and `test`, which need the tables themselves. */
export const TESTS: Methods = {
  defined: check((value) => !(value instanceof Undefined)),
  undefined: check((value) => value instanceof Undefined),
  none: check((value) => value === null),
  boolean: check((value) => typeof value === 'boolean'),
  true: check((value) => value === true),
  false: check((value) => value === false),
  number: check((value) => numberFrom(value) !== null),
  integer: check((value) => isNumber(value) && isWhole(value)),
  float: check((value) => isNumber(value) && !isWhole(value)),
  string: check(isText),
  mapping: check(isMapping),
  sequence: check((value) => {
    return isText(value) || Array.isArray(value) || isMapping(value) || isSequence(value)
  }),
  iterable: check((value) => itemsOf(value) !== null),
  callable: check((value) => value instanceof Callable || value instanceof Undefined),
  escaped: check((value) => value instanceof Markup),
  odd: check((value) => isEqual(operate('%', value, 2), 1)),
  even: check((value) => isEqual(operate('%', value, 2), 0)),
  divisibleby: defineMethod('num', (value, { values: [divisor] }) => isEqual(operate('%', value, divisor), 0)),
  lower: check((value) => isLowerText(value instanceof Markup ? plainText(value) : textOf(value))),
  upper: check((value) => isUpperText(value instanceof Markup ? plainText(value) : textOf(value))),
  sameas: compare(isSame),
  in: defineMethod('seq', (value, { values: [sequence] }) => contains(sequence, value)),
  '==': equal,
  eq: equal,
  equalto: equal,
  '!=': unequal,
  ne: unequal,
  '<': less,
  lt: less,
  lessthan: less,
  '<=': lessOrEqual,
  le: lessOrEqual,
  '>': greater,
  gt: greater,
  greaterthan: greater,
  '>=': greaterOrEqual,
  ge: greaterOrEqual,
}

function isSequence(value: unknown): boolean {
  return value instanceof Tuple || value instanceof Range || value instanceof Undefined
}
