import { RenderFault } from './fault.ts'
import { Float } from './value.ts'

/** A whole number, or a float in whatever form. */
export type NumberValue = number | bigint | Float

export function isNumber(value: unknown): value is NumberValue {
  return typeof value === 'number' || typeof value === 'bigint' || value instanceof Float
}

/** Reads a number or boolean as arithmetic does: true is 1. Null when it is neither. */
export function numberFrom(value: unknown): NumberValue | null {
  if (typeof value === 'boolean') return value ? 1 : 0
  return isNumber(value) ? value : null
}

export function isWhole(value: NumberValue): value is number | bigint {
  return typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value))
}

export function floatFrom(value: number): number | Float {
  return Number.isInteger(value) ? new Float(value) : value
}

/** Python has no whole numbers that lose digits, so neither have we; the cap is its own for printing one. */
const DIGITS_LIMIT = 4300
const BIG_LIMIT = 10n ** BigInt(DIGITS_LIMIT)

export function wholeFrom(value: bigint): number | bigint {
  if (value >= BIG_LIMIT || value <= -BIG_LIMIT) {
    throw new RenderFault(`expected a number of at most ${DIGITS_LIMIT} digits, got a longer one`)
  }
  const asNumber = Number(value)
  return Number.isSafeInteger(asNumber) ? asNumber : value
}

export function toDouble(value: NumberValue): number {
  if (typeof value === 'number') return value
  return typeof value === 'bigint' ? Number(value) : value.value
}

/** Whole-number look of a value: list indexes and counts. Null when it is none. */
export function indexFrom(value: unknown): number | null {
  if (typeof value === 'number') return Number.isInteger(value) ? value : null
  if (typeof value === 'boolean') return value ? 1 : 0
  return typeof value === 'bigint' ? Number(value) : null
}

/** Prints a whole number with all its digits. */
function wholeText(value: number | bigint): string {
  if (typeof value === 'bigint' || Number.isSafeInteger(value)) return String(value)
  return String(BigInt(value))
}

/** Prints a float as Python's `repr` does: `1.0`, `1e-05`, `1e+16`. */
export function floatText(value: number): string {
  if (Number.isNaN(value)) return 'nan'
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf'
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0'
  const [digits, exponentText] = value.toExponential().split('e') as [string, string]
  const exponent = Number(exponentText)
  if (exponent >= 16 || exponent < -4) {
    return `${digits}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`
  }
  const plain = String(value)
  return plain.includes('.') ? plain : `${plain}.0`
}

export function numberText(value: NumberValue): string {
  if (value instanceof Float) return floatText(value.value)
  return isWhole(value) ? wholeText(value) : floatText(value)
}
