import { readFileSync, readdirSync } from 'node:fs'
import { expect, it } from 'vitest'
import * as policy from '../../src/policy/policy.ts'

const FOLDER = new URL('../../src/policy/', import.meta.url)

/** `@example <expression> // <its value>`, as the docstrings of this room write it. */
const EXAMPLE = /^ \* @example (?<call>.+?) \/\/ (?<value>.+)$/gm

const examples = readdirSync(FOLDER).flatMap((file) => {
  const text = readFileSync(new URL(file, FOLDER), 'utf8')
  const found = [...text.matchAll(EXAMPLE)].map(({ groups }) => [file, groups?.['call'] ?? '', groups?.['value'] ?? ''])
  expect(found.length, `${file}: an @example in another form`).toBe(text.split('@example').length - 1)
  return found
})

function evaluate(expression: string): unknown {
  // oxlint-disable-next-line no-implied-eval -- the examples of our own docstrings are code, and are run as such
  return new Function(...Object.keys(policy), `return (${expression})`)(...Object.values(policy))
}

it('finds examples', () => {
  expect(examples.length).toBeGreaterThan(5)
})

it.each(examples)('%s: %s gives %s', (_, call, value) => {
  expect(evaluate(call)).toEqual(evaluate(value))
})
