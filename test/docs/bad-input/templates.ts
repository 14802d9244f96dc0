import type { CheckedInput } from './given.ts'

const body = (text: string): Pick<CheckedInput, 'webhook' | 'files'> => ({
  webhook: 'body: { file: body.j2 }',
  files: { 'body.j2': text },
})

export const TEMPLATES: readonly CheckedInput[] = [
  { rows: [33], what: '`{{ customer.name`', end: 'refused', ...body('{\n  "a": "{{ customer.name"\n}\n') },
  { rows: [33], what: '`{% if customer.vip %}` without its end', end: 'refused', ...body('{% if customer.vip %}{}\n') },
  { rows: [33], what: '`{% foo %}`', end: 'refused', ...body('{% foo %}\n') },
  {
    rows: [34],
    what: '`{{ customer.name | tojsn }}`',
    end: 'refused',
    ...body('{"a": {{ customer.name | tojsn }}}\n'),
  },
  {
    rows: [35],
    what: '`{{ "".constructor }}`',
    end: 'refused',
    ...body('{"a": "{{ "".constructor.constructor("return 1")() }}"}\n'),
  },
  {
    rows: [35],
    what: '`{{ range.constructor }}`',
    end: 'refused',
    ...body('{"a": "{{ range.constructor("return 1")() }}"}\n'),
  },
  { rows: [37], what: '`{% include "x.j2" %}`', end: 'refused', ...body('{% include "x.j2" %}\n') },
  { rows: [37], what: '`{% extends "x.j2" %}`', end: 'refused', ...body('{% extends "x.j2" %}\n') },
  { rows: [37], what: '`{% import "x.j2" as x %}`', end: 'refused', ...body('{% import "x.j2" as x %}\n') },
  { rows: [42], what: 'a template of 2 MB', end: 'refused', ...body('x'.repeat(2_000_000)) },
  {
    rows: [42],
    what: '5,000 brackets',
    end: 'refused',
    ...body(`{"a": {{ ${'('.repeat(5000)}1${')'.repeat(5000)} }}}`),
  },
  {
    rows: [42],
    what: '3,000 `{% if %}` in one another',
    end: 'refused',
    ...body(`${'{% if 1 %}'.repeat(3000)}{}${'{% endif %}'.repeat(3000)}`),
  },
  { rows: [42], what: 'a template that is not there', end: 'refused', webhook: 'body: { file: nobody.j2 }' },
  {
    rows: [42],
    what: 'a template outside the campaign’s folder',
    end: 'refused',
    webhook: 'body: { file: ../other/body.j2 }',
  },
]
