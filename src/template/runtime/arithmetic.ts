import { RenderFault } from './fault.ts'
import { floatFrom, isWhole, toDouble, wholeFrom, type NumberValue } from './number.ts'

/** `+ - * / // % **` on two numbers: whole numbers stay whole and exact, `/` always yields a float, `//` and `%` floor. */
export const NUMBER_OPERATORS: Readonly<Record<string, (left: NumberValue, right: NumberValue) => NumberValue>> = {
  '+': (left, right) => exact(left, right, { fast: (a, b) => a + b, big: (a, b) => a + b }),
  '-': (left, right) => exact(left, right, { fast: (a, b) => a - b, big: (a, b) => a - b }),
  '*': (left, right) => exact(left, right, { fast: (a, b) => a * b, big: (a, b) => a * b }),
  '/': divide,
  '//': (left, right) => exact(left, nonZero(right), { fast: floorQuotient, big: floorDivide, isDivision: true }),
  '%': (left, right) => exact(left, nonZero(right), { fast: floorModulo, big: bigModulo, isDivision: true }),
  '**': power,
}

interface Ways {
  readonly fast: (left: number, right: number) => number
  readonly big: (left: bigint, right: bigint) => bigint
  /** The quotient of two big doubles may be rounded before it is floored. */
  readonly isDivision?: boolean
}

function exact(left: NumberValue, right: NumberValue, { fast, big, isDivision }: Ways): NumberValue {
  if (!isWhole(left) || !isWhole(right)) return floatFrom(fast(toDouble(left), toDouble(right)))
  if (typeof left === 'number' && typeof right === 'number') {
    const result = fast(left, right)
    const isSure = isDivision ? Math.abs(left) < 2 ** 51 && Math.abs(right) < 2 ** 51 : Number.isSafeInteger(result)
    // Python's whole numbers have no negative zero.
    if (isSure) return result + 0 === 0 ? 0 : result
  }
  return wholeFrom(big(BigInt(left), BigInt(right)))
}

function nonZero(value: NumberValue): NumberValue {
  if (toDouble(value) === 0) throw new RenderFault('expected a divisor other than zero, got zero')
  return value
}

function divide(left: NumberValue, right: NumberValue): NumberValue {
  const divisor = nonZero(right)
  const isBig = typeof left === 'bigint' || typeof divisor === 'bigint'
  if (isBig && isWhole(left) && isWhole(divisor)) return floatFrom(bigQuotient(BigInt(left), BigInt(divisor)))
  return floatFrom(toDouble(left) / toDouble(divisor))
}

/** More than a double has, so that one bit which says that there is a rest makes the one rounding right. */
const QUOTIENT_BITS = 66

/** To within four. */
function bits(value: bigint): number {
  return value.toString(16).length * 4
}

/** The nearest double to a quotient of whole numbers that doubles cannot hold. */
function bigQuotient(left: bigint, right: bigint): number {
  const [dividend, divisor] = [left < 0n ? -left : left, right < 0n ? -right : right]
  const shift = Math.max(0, bits(divisor) - bits(dividend) + QUOTIENT_BITS)
  const scaled = dividend << BigInt(shift)
  const quotient = Number((scaled / divisor) | (scaled % divisor === 0n ? 0n : 1n))
  if (!Number.isFinite(quotient)) throw new RenderFault('expected a quotient that a float can hold, got a larger one')
  // In two steps: 2 ** -shift alone may be too small for a double.
  const half = Math.floor(shift / 2)
  const result = quotient * 2 ** -half * 2 ** -(shift - half)
  return left < 0n === right < 0n ? result : -result
}

function floorDivide(left: bigint, right: bigint): bigint {
  const quotient = left / right
  return left % right !== 0n && left < 0n !== right < 0n ? quotient - 1n : quotient
}

/** The sign of the result is the divisor's: `-7 % 3` is 2. */
function floorModulo(left: number, right: number): number {
  const rest = left % right
  if (rest === 0) return right < 0 ? -0 : 0
  return rest < 0 === right < 0 ? rest : rest + right
}

/** Python's way to a quotient that fits the remainder: `1234567 // 0.1` is 12345669.0, and not 12345670.0. */
function floorQuotient(left: number, right: number): number {
  const rest = left % right
  const isBehind = rest !== 0 && rest < 0 !== right < 0
  const quotient = (left - rest) / right - (isBehind ? 1 : 0)
  if (quotient === 0) return Math.sign(1 / (left / right)) * 0
  const floor = Math.floor(quotient)
  return quotient - floor > 0.5 ? floor + 1 : floor
}

function bigModulo(left: bigint, right: bigint): bigint {
  const rest = left % right
  return rest !== 0n && rest < 0n !== right < 0n ? rest + right : rest
}

const POWER_BITS_LIMIT = 15_000

function power(left: NumberValue, right: NumberValue): NumberValue {
  if (isWhole(left) && isWhole(right) && right >= 0) return wholePower(BigInt(left), BigInt(right))
  const [base, exponent] = [toDouble(left), toDouble(right)]
  if (base === 0 && exponent < 0) throw new RenderFault('expected zero not to be raised to a negative power, got one')
  const result = base ** exponent
  if (Number.isNaN(result) && !Number.isNaN(base) && !Number.isNaN(exponent)) {
    throw new RenderFault('expected a negative number to be raised to a whole power, got a fraction')
  }
  return floatFrom(result)
}

function wholePower(base: bigint, exponent: bigint): NumberValue {
  const bits = BigInt(base.toString(2).length)
  const isTrivial = base >= -1n && base <= 1n
  if (!isTrivial && bits * exponent > POWER_BITS_LIMIT * 4) {
    throw new RenderFault('expected a power of at most 4300 digits, got a longer one')
  }
  return isTrivial ? trivialPower(base, exponent) : wholeFrom(base ** exponent)
}

function trivialPower(base: bigint, exponent: bigint): number {
  if (exponent === 0n) return 1
  return base === -1n && exponent % 2n === 0n ? 1 : Number(base)
}

export function negate(value: NumberValue): NumberValue {
  if (typeof value === 'bigint') return wholeFrom(-value)
  if (isWhole(value)) return value === 0 ? 0 : -value
  return floatFrom(-toDouble(value))
}
