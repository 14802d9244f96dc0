import { RenderFault } from './fault.ts'

/** A finite double as `mantissa × 2^exponent`, exactly. */
function exactParts(value: number): { mantissa: bigint; exponent: number } {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, Math.abs(value))
  const bits = view.getBigUint64(0)
  const biased = Number(bits >> 52n)
  const fraction = bits & 0xfffffffffffffn
  return biased === 0
    ? { mantissa: fraction, exponent: -1074 }
    : { mantissa: fraction | 0x10000000000000n, exponent: biased - 1075 }
}

function roundedQuotient(numerator: bigint, denominator: bigint): bigint {
  const quotient = numerator / denominator
  const twice = (numerator % denominator) * 2n
  const isUp = twice > denominator || (twice === denominator && quotient % 2n === 1n)
  return isUp ? quotient + 1n : quotient
}

/** `|value| × 10^places`, rounded half to even on the exact value, as C and Python do (`toFixed` rounds ties up). */
function scaledDigits(value: number, places: number): bigint {
  const { mantissa, exponent } = exactParts(value)
  let numerator = mantissa
  let denominator = 1n
  if (exponent >= 0) numerator <<= BigInt(exponent)
  else denominator <<= BigInt(-exponent)
  if (places >= 0) numerator *= 10n ** BigInt(places)
  else denominator *= 10n ** BigInt(-places)
  return roundedQuotient(numerator, denominator)
}

const PLACES_LIMIT = 1000

export function checkedPlaces(places: number): number {
  if (places < 0 || places > PLACES_LIMIT) {
    throw new RenderFault(`expected 0 to ${PLACES_LIMIT} digits behind the point, got another number`)
  }
  return places
}

/** Digits with a point: `|value|` to so many places, without a sign. */
export function fixedDigits(value: number, places: number): string {
  const digits = scaledDigits(value, places)
    .toString()
    .padStart(places + 1, '0')
  return places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`
}

/** `|value|` as `d.ddde+dd`, without a sign. */
export function exponentDigits(value: number, places: number): string {
  let exponent = value === 0 ? 0 : Number(value.toExponential().split('e')[1])
  let digits = scaledDigits(value, places - exponent).toString()
  if (digits.length > places + 1) {
    exponent += 1
    digits = scaledDigits(value, places - exponent).toString()
  }
  digits = digits.padEnd(places + 1, '0')
  const point = places === 0 ? '' : `.${digits.slice(1)}`
  return `${digits[0]!}${point}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`
}

export interface General {
  /** Significant digits. */
  readonly digits: number
  readonly isKeepingZeros: boolean
  /** From this exponent on it is written with one. */
  readonly exponentFrom: number
}

/** `%g`: so many significant digits, fixed or with an exponent, whichever is shorter. */
export function generalDigits(value: number, { digits, isKeepingZeros, exponentFrom }: General): string {
  const count = Math.max(1, digits)
  const scientific = exponentDigits(value, count - 1)
  const exponent = Number(scientific.split('e')[1])
  const isFixed = exponent >= -4 && exponent < exponentFrom
  const text = isFixed ? fixedDigits(value, Math.max(0, count - 1 - exponent)) : scientific
  if (isKeepingZeros || !text.includes('.')) return text
  return text.replace(/\.?0+(?=e|$)/, '')
}

/** Python's `round(value, places)` on a float. */
export function roundFloat(value: number, places: number): number {
  if (!Number.isFinite(value) || places > 323) return value
  if (places < -308) return 0
  const digits = scaledDigits(value, places)
  return Number(`${value < 0 ? '-' : ''}${digits}e${-places}`)
}

/** Python's `round(value, places)` on a whole number. */
export function roundWhole(value: bigint, places: number): bigint {
  if (places >= 0) return value
  const unit = 10n ** BigInt(Math.min(-places, 5000))
  const rounded = roundedQuotient(value < 0n ? -value : value, unit) * unit
  return value < 0n ? -rounded : rounded
}
