import { z } from 'zod'
import {
  BYTES_PATTERN,
  DURATION_PATTERN,
  RATE_PATTERN,
  formatDuration,
  parseDurationMs,
  parsePerSecond,
} from './unit.ts'

/*
 * The vocabulary of both schemas. A schema's `error` is no sentence but the words after "expected <key> to be":
 * shape-problem.ts makes the sentence. A mapping's `error` for unknown keys is the list of its known ones.
 */

/** A mapping with a fixed set of keys: any other key is refused with the nearest of these. */
export function mapping<S extends z.core.$ZodLooseShape>(
  shape: S,
  expected = 'a mapping of keys',
): z.ZodObject<S, z.core.$strict> {
  const known = Object.keys(shape).join(' ')
  return z.strictObject(shape, { error: (issue) => (issue.code === 'unrecognized_keys' ? known : expected) })
}

/** What a key means, for `schemas/` and the documentation made from it. */
export interface KeyNotes {
  /** Meaning and unit. */
  readonly description: string
  /** What goes wrong with it if one does not know. */
  readonly trap?: string
  /** As it would be written in the file. */
  readonly default?: unknown
  readonly examples?: readonly unknown[]
}

export function required<T extends z.ZodType>(schema: T, notes: KeyNotes): T {
  return schema.meta({ ...notes, ...(notes.examples && { examples: [...notes.examples] }) })
}

/** As `meta`, which copies what it is called on: half of what schemas cost at each start. For what was just made. */
function noted<T extends z.ZodType>(made: T, notes: z.GlobalMeta): T {
  z.globalRegistry.add(made, notes)
  return made
}

/** A key that may be left out; an empty value (`headers:` with nothing below) is the same as leaving it out. */
export function optional<T extends z.ZodType>(schema: T, notes: KeyNotes): z.ZodOptional<z.ZodNullable<T>> {
  return noted(schema.nullish(), { ...notes, ...(notes.examples && { examples: [...notes.examples] }) })
}

export function text(
  expected: string,
  { most = 1000, pattern }: { most?: number; pattern?: RegExp } = {},
): z.ZodString {
  return z
    .string({ error: expected })
    .check(
      z.minLength(1, { error: expected, abort: true }),
      z.maxLength(most, { error: `${expected} (at most ${most} characters)` }),
      ...(pattern === undefined ? [] : [z.regex(pattern, { error: expected })]),
    )
}

export const flag = (): z.ZodBoolean => z.boolean({ error: 'true or false' })

export function choice<const V extends readonly [string, ...string[]]>(values: V): z.ZodEnum<{ [K in V[number]]: K }> {
  return z.enum(values, { error: `${values.slice(0, -1).join(', ')} or ${values.at(-1)}` })
}

export function wholeNumber(least: number, most: number): z.ZodNumber {
  const error = `a whole number from ${least} to ${most}`
  return z
    .number({ error })
    .int({ error, abort: true })
    .check(z.gte(least, { error, abort: true }), z.lte(most, { error }))
}

export function share(least: number, most: number): z.ZodNumber {
  const error = `a number from ${least} to ${most}`
  return z.number({ error }).check(z.gte(least, { error, abort: true }), z.lte(most, { error }))
}

/** A written span between two others; the limits are part of the message only when they are what is wrong. */
export function duration({ least, most, example }: { least: string; most: string; example: string }): z.ZodString {
  const leastMs = parseDurationMs(least) ?? 0
  const mostMs = parseDurationMs(most) ?? 0
  const error = `a duration such as "${example}"`
  const schema = z.string({ error }).check(
    z.regex(DURATION_PATTERN, { error, abort: true }),
    z.refine((value) => isWithin(parseDurationMs(value), leastMs, mostMs), {
      error: `a duration from ${formatDuration(leastMs)} to ${formatDuration(mostMs)}`,
    }),
  )
  return noted(schema, { values: `duration, \`${least}\` to \`${most}\`` })
}

export function rate(): z.ZodString {
  const error = 'a rate such as "100/s"'
  return z
    .string({ error })
    .regex(RATE_PATTERN, { error, abort: true })
    .refine((value) => isWithin(parsePerSecond(value), 1 / 3600, 100_000), { error: 'a rate from 1/h to 100000/s' })
    .meta({ values: 'rate, `1/h` to `100000/s`' })
}

/** A written size on the disk. */
export function bytes(): z.ZodString {
  const error = 'a size such as "20GiB"'
  return z
    .string({ error })
    .regex(BYTES_PATTERN, { error, abort: true })
    .meta({ values: 'size: `MiB`, `GiB` or `TiB`' })
}

function isWithin(value: number | null, least: number, most: number): boolean {
  return value !== null && value >= least && value <= most
}

/** `never`, or something else. */
export function orNever<T extends z.ZodType>(schema: T, expected: string): z.ZodUnion<[T, z.ZodLiteral<'never'>]> {
  return z.union([schema, z.literal('never', { error: 'never' })], { error: expected })
}

/** A list. */
export function list<T extends z.ZodType>(item: T, { most, of }: { most: number; of: string }): z.ZodArray<T> {
  return z.array(item, { error: `a list of ${of}` }).max(most, { error: `a list of at most ${most} ${of}` })
}

/** Names that the writer chooses, each with a value. */
export function record<T extends z.ZodType>(
  value: T,
  { key, of }: { key?: z.ZodString; of: string },
): z.ZodRecord<z.ZodString, T> {
  return z.record(key ?? text('a name'), value, { error: `a mapping of ${of}` })
}

/** JSON Pointer (RFC 6901): empty for the whole body, else steps that begin with a slash. */
export function pointer(): z.ZodString {
  const error = 'a JSON pointer such as "/errors/0/code"'
  return z
    .string({ error })
    .regex(/^(\/([^~/]|~[01])*)*$/, { error })
    .max(500, { error })
    .meta({ values: 'JSON pointer' })
}
