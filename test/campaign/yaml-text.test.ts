import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { formatProblem } from '../../src/errors.ts'
import { readYaml } from '../../src/campaign/yaml-text.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

function problemsOf(text: string | Uint8Array): readonly string[] {
  return readYaml(typeof text === 'string' ? bytes(text) : text, 'a.yaml').problems.map(formatProblem)
}

describe('readYaml', () => {
  it('gives back what was written, with places', () => {
    const written = fc.dictionary(
      fc.stringMatching(/^[a-z "#:-]{1,8}$/),
      fc.letrec((tie) => ({
        node: fc.oneof(
          { depthSize: 'small' },
          fc.string(),
          fc.string({ unit: 'grapheme' }),
          fc.integer(),
          fc.boolean(),
          fc.constant(null),
          fc.array(tie('node'), { maxLength: 3 }),
          fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), tie('node'), { maxKeys: 3 }),
        ),
      })).node,
    )
    fc.assert(
      fc.property(written, (value) => {
        const { text, problems } = readYaml(bytes(stringify(value)), 'a.yaml')
        expect(problems).toEqual([])
        expect(text?.value).toEqual(value)
        const lines = stringify(value).split('\n')
        for (const key of Object.keys(value)) {
          const place = text?.placeOf([key, 'no such key', 0])
          expect(place?.line).toBeGreaterThan(0)
          expect(lines[(place?.line ?? 0) - 1]).toBeDefined()
        }
      }),
    )
  })

  it('never throws, whatever it is given', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void readYaml(bytes, 'a.yaml')))
    fc.assert(
      fc.property(
        fc.stringMatching(/^[-a:&*!?|>{}[\],"'#%@` \n\t]{0,60}$/),
        (text) => void readYaml(bytes(text), 'a.yaml'),
      ),
    )
  })

  it('reads YAML 1.2: yes, off and on are texts, and << is a key like another', () => {
    expect(readYaml(bytes('a: yes\nb: off\nc: 010\nd: { <<: 1 }\n400: x'), 'a.yaml').text?.value).toEqual({
      a: 'yes',
      b: 'off',
      c: 10,
      d: { '<<': 1 },
      400: 'x',
    })
  })

  it('drops a byte order mark and reads Windows line ends', () => {
    const { text } = readYaml(bytes('\u{feff}a: 1\r\nb: |\r\n  x\r\n'), 'a.yaml')
    expect(text?.value).toEqual({ a: 1, b: 'x\n' })
    expect([text?.placeOf(['b']), text?.textLineOf(['b']), text?.textLineOf(['none'])]).toEqual([
      { line: 2, column: 1 },
      3,
      1,
    ])
  })

  it('resolves aliases', () => {
    expect(readYaml(bytes('a: &x [1]\nb: *x\nc: &x 2\nd: *x'), 'a.yaml').text?.value).toEqual({
      a: [1],
      b: [1],
      c: 2,
      d: 2,
    })
  })

  it.each([
    ['a: 1\nb:\n  c: 1\n  c: 2', ['a.yaml:4:3 duplicate key: b.c, first on line 3']],
    ['{"a": 1, "a": 2}', ['a.yaml:1:10 duplicate key: a, first on line 1']],
    ['__proto__: { canary: 1 }', ['a.yaml:1:1 key not allowed: __proto__']],
    ['a: *canary', ['a.yaml:1:4 not YAML: alias without an anchor']],
    ['a: b: canary', ['a.yaml:1:4 not YAML: a second colon on the line: put the value in quotes']],
    ['a: "canary', ['a.yaml:1:11 not YAML: a closing quote, bracket, comma or colon is missing']],
    ['a: !canary 1', ['a.yaml:1:4 not YAML: a tag (`!…`) that is not known']],
    ['a: 1\n---\nb: canary', ['a.yaml:2:1 not YAML: a second document in the file']],
    ['? [canary]\n: 1', ['a.yaml:1:3 not YAML: a key that is a list or a mapping']],
    ['a:\n\tb: canary', ['a.yaml:2:1 not YAML: a tab in the indentation: use spaces']],
    ['a: %canary', ['a.yaml:1:4 not YAML: something unexpected here: look for a missing quote or a wrong indentation']],
    ['a: 12345678901234567890', ['a.yaml:1:4 number too long to be exact: a, put it in quotes']],
    ['a: [.inf]', ['a.yaml:1:5 number too long to be exact: a[0], put it in quotes']],
    ['a: &x [*x]', ['a.yaml:1:8 nested more than 64 levels: a[0][0]']],
    ['['.repeat(100_000), ['a.yaml:1:774 not YAML: nested too deeply']],
  ])('says what is wrong without quoting the file: %s', (text, expected) => {
    // How deep the parser gets before it gives up depends on the stack that is left.
    const problems = problemsOf(text).map((problem) =>
      problem.replace(/1:\d+ not YAML: nested/, '1:774 not YAML: nested'),
    )
    expect(problems).toEqual(expected)
  })

  it('refuses a file that grows by aliases into more than 50000 values', () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]']
    for (let level = 1; level < 9; level++)
      lines.push(`a${level}: &a${level} [${Array.from({ length: 10 }, () => `*a${level - 1}`).join(', ')}]`)
    const problems = problemsOf(lines.join('\n'))
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatch(/expected the file to hold at most 50000 values, got more$/)
  })

  it('refuses a file of more than 1 MiB, or that is not UTF-8', () => {
    expect(problemsOf(`a: ${'x'.repeat(1_048_576)}`)).toEqual([
      'a.yaml expected the file to be at most 1 MiB, got more',
    ])
    expect(problemsOf(Uint8Array.of(0x61, 0x3a, 0x20, 0xe8))).toEqual([
      'a.yaml expected the file to be UTF-8, got other bytes',
    ])
  })

  it('says one thing about a line', () => {
    expect(problemsOf('a: b: c: d: [')).toHaveLength(1)
    expect(problemsOf('a: b: c\nd: e: f')).toHaveLength(2)
  })
})
