import { array, assert, constantFrom, property, string } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Document, Scalar } from 'yaml'
import { placeAt, placesFrom, placesOf } from '../../src/campaign/text-places.ts'
import { readYaml } from '../../src/campaign/yaml-text.ts'

const STYLES = ['PLAIN', 'QUOTE_SINGLE', 'QUOTE_DOUBLE', 'BLOCK_LITERAL', 'BLOCK_FOLDED'] as const

/** A file with the text somewhere inside, in that style, its lines broken early. */
function write(text: string, style: Scalar.Type): string {
  const scalar = new Scalar(text)
  scalar.type = style
  return new Document({ a: 1, ž: { body: scalar }, b: 2 }).toString({ lineWidth: 24, minContentWidth: 0 })
}

function written(file: string): {
  value: string
  at: NonNullable<ReturnType<NonNullable<ReturnType<typeof readYaml>['text']>['writtenAt']>>
} {
  const { text } = readYaml(Buffer.from(file), 'c.yaml')
  const value = (text!.value as { ž: { body: string } }).ž.body
  return { value, at: text!.writtenAt(['ž', 'body'])! }
}

const piece = constantFrom(
  '{{ a }}',
  '{"k": "v"}',
  "it's",
  'word ',
  ' ',
  '  ',
  '\n',
  '\n\n',
  '\t',
  'č',
  '\\',
  '"',
  '#',
  ': ',
  '- x',
)

describe('the places of a text', () => {
  it.each(STYLES)('are where its characters stand in the file: %s', (style) => {
    let aligned = 0
    assert(
      property(
        array(piece, { minLength: 1, maxLength: 25 }).map((list) => `x${list.join('')}`),
        (text) => {
          const file = write(text, style)
          const { value, at } = written(file)
          const places = placesOf(at, value)
          expect(places).not.toBeNull()
          const lines = file.split('\n').map((line) => Array.from(line))
          let offset = 0
          for (const character of value) {
            const { line, column } = placeAt(places!, value, offset)
            const found = lines[line - 1]?.[column - 1]
            if (/\S/u.test(character) && found !== '\\')
              expect([value, offset, found]).toEqual([value, offset, character])
            offset += character.length
            aligned += 1
          }
        },
      ),
      { numRuns: 300 },
    )
    expect(aligned).toBeGreaterThan(1000)
  })

  it('are those of a part of it too', () => {
    const file = 'ž: { body: "https://a.example/x\\ty/{{ a|nope }}" }'
    const { value, at } = written(file)
    const places = placesFrom(placesOf(at, value)!, value, value.indexOf('/x'))
    expect(placeAt(places, '/x\ty/{{ a|nope }}', 10)).toEqual({ line: 1, column: file.indexOf('nope') + 1 })
  })

  it('pass over a doubled dollar sign', () => {
    const { at } = written('ž: { body: "$${A} $${B} {{ x }}" }')
    expect(placeAt(placesOf(at, '${A} ${B} {{ x }}')!, '${A} ${B} {{ x }}', 13)).toEqual({ line: 1, column: 28 })
  })

  it('count a character beyond the basic plane as one, escaped or not', () => {
    const { value, at } = written(String.raw`ž: { body: "😀\U0001F600\x41b" }`.replaceAll('\\\\', '\\'))
    expect(value).toBe('😀😀Ab')
    expect(placeAt(placesOf(at, value)!, value, 5)).toEqual({ line: 1, column: 28 })
  })

  it('are not told of another text', () => {
    const { at } = written('ž: { body: "abc" }')
    expect(placesOf(at, 'abd')).toBeNull()
    expect(placesOf(at, 'abcd')).toBeNull()
    assert(property(string(), (text) => void placesOf(at, text)))
  })
})
