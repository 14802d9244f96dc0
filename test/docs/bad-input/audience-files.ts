import { spawnSync } from 'node:child_process'
import { appendFileSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { type CheckedInput } from './given.ts'

const csv = (text: string | Uint8Array): Pick<CheckedInput, 'audience' | 'files'> => ({
  audience: 'customers.csv',
  files: { 'customers.csv': text },
})
const ndjson = (text: string): Pick<CheckedInput, 'audience' | 'files'> => ({
  audience: 'people.ndjson',
  files: { 'people.ndjson': text },
})

export const AUDIENCE_FILES: readonly CheckedInput[] = [
  { rows: [17], what: 'an empty file', end: 'warned', ...csv('') },
  { rows: [17], what: 'a header and no rows', end: 'warned', ...csv('id,name\n') },
  { rows: [18], what: 'UTF-16', end: 'refused', ...csv(Buffer.from('\uFEFFid\nc-0\n', 'utf16le')) },
  { rows: [18], what: 'Latin-1', end: 'refused', ...csv(Buffer.from('id,name\nc-0,Zoë\n', 'latin1')) },
  {
    rows: [18],
    what: 'an encoding that nobody knows: `audience: { file: …, encoding: latin-99 }`',
    end: 'refused',
    ...csv('id\nc-0\n'),
    audience: '{ file: customers.csv, encoding: latin-99 }',
  },
  {
    rows: [19],
    what: 'a byte order mark before UTF-8',
    end: 'sent',
    note: 'It is taken away',
    ...csv('\uFEFFid\nc-0\n'),
  },
  { rows: [20], what: 'too few cells in a row', end: 'refused', ...csv('id,name\nc-0\n') },
  { rows: [20], what: 'too many cells in a row', end: 'refused', ...csv('id,name\nc-0,Ada,x\n') },
  { rows: [20], what: 'a quote that is never closed', end: 'refused', ...csv('id,name\nc-0,"Ada\n') },
  { rows: [20], what: 'text behind a closing quote', end: 'refused', ...csv('id,name\nc-0,"A" b\n') },
  { rows: [20], what: 'a column twice in the header', end: 'refused', ...csv('id,name,id\nc-0,1,2\n') },
  { rows: [20], what: 'a line of NDJSON that is broken', end: 'refused', ...ndjson('{"id":1}\n{"id":\n') },
  { rows: [20], what: 'a line of NDJSON that is no object', end: 'refused', ...ndjson('{"id":1}\n[1]\n') },
  {
    rows: [20],
    what: 'a value that does not fit its column: `columns: { points: int }`',
    end: 'refused',
    top: 'columns: { points: int }',
    ...csv('id,points\nc-0,many\n'),
  },
  {
    rows: [21],
    what: 'a line of 3 MB',
    end: 'refused',
    audience: 'people.ndjson',
    files: { 'people.ndjson': (path) => writeFileSync(path, `{"id":"c-0"}\n{"id":"${'x'.repeat(3_000_000)}"}\n`) },
  },
  { rows: [22], what: 'a customer twice', end: 'warned', ...csv('id\na\na\nb\n') },
  {
    rows: [23],
    what: 'a customer without an id, where the campaign says `customer_id: id`',
    end: 'refused',
    top: 'customer_id: id',
    ...ndjson('{"id":"a"}\n{"name":"Bob"}\n'),
  },
  { rows: [23], what: 'customers without any id', end: 'warned', ...csv('name\nAda\nBob\n') },
  { rows: [24], what: 'an id with a line break in it', end: 'refused', ...ndjson('{"id":"a\\nb"}\n') },
  { rows: [24], what: 'an id that turns the direction of text', end: 'refused', ...ndjson('{"id":"a\\u202eb"}\n') },
  { rows: [24], what: 'an id of 10 KB', end: 'refused', ...ndjson(`{"id":"${'x'.repeat(10_240)}"}\n`) },
  { rows: [25], what: 'the key `__proto__`', end: 'refused', ...ndjson('{"id":"a","__proto__":{"admin":true}}\n') },
  { rows: [25], what: 'a column named `__proto__`', end: 'refused', ...csv('id,__proto__\na,1\n') },
  {
    rows: [26],
    what: 'a number too long to be exact',
    end: 'refused',
    ...ndjson('{"id":"a","n":12345678901234567890}\n'),
  },
  {
    rows: [27],
    what: '10,000 columns',
    end: 'refused',
    ...csv(`id,${Array.from({ length: 10_000 }, (_, i) => `c${i}`).join(',')}\n`),
  },
  {
    rows: [27],
    what: 'lists 1,000 deep',
    end: 'refused',
    ...ndjson(`{"id":"a","x":${'['.repeat(1000)}${']'.repeat(1000)}}\n`),
  },
  {
    rows: [28],
    what: 'a name that ends in `.gz` on something else',
    end: 'refused',
    audience: 'customers.csv.gz',
    files: { 'customers.csv.gz': 'id\na\n' },
  },
  {
    rows: [28],
    what: 'gzip data that is cut short',
    end: 'refused',
    audience: 'customers.csv.gz',
    files: { 'customers.csv.gz': gzipSync(`id\n${'a\n'.repeat(1000)}`).subarray(0, 20) },
  },
  {
    rows: [28],
    what: '20 KB of gzip that hold a line of 20 MB',
    end: 'refused',
    audience: 'people.ndjson.gz',
    files: { 'people.ndjson.gz': gzipSync(`{"id":"${'x'.repeat(20_000_000)}"}\n`) },
  },
  {
    rows: [28],
    what: 'an Excel workbook',
    end: 'refused',
    ...csv(new Uint8Array([0x50, 0x4b, 0x03, 0x04, 0x14, 0x00])),
  },
  {
    rows: [30],
    what: 'a folder',
    end: 'refused',
    audience: 'customers.csv',
    files: { 'customers.csv': (path) => mkdirSync(path) },
  },
  {
    rows: [30],
    what: 'a pipe',
    end: 'refused',
    audience: 'customers.csv',
    files: { 'customers.csv': (path) => void spawnSync('mkfifo', [path]) },
  },
  {
    rows: [30],
    what: 'a link to a file outside the campaign’s folder',
    end: 'refused',
    audience: 'customers.csv',
    files: { 'customers.csv': (path) => symlinkSync('/etc/passwd', path) },
  },
  { rows: [30], what: 'a device: `/dev/zero`', end: 'refused', audience: '/dev/zero' },
  { rows: [30], what: 'a file that is not there', end: 'refused', audience: 'nobody.csv' },
  {
    rows: [17],
    what: 'more customers than `max_customers: 1`',
    end: 'refused',
    top: 'max_customers: 1',
    ...csv('id\na\nb\n'),
  },
  {
    rows: [29],
    what: 'a file that somebody goes on writing',
    end: 'refused',
    audience: 'people.ndjson',
    files: {
      'people.ndjson': (path) => {
        writeFileSync(path, '{"id":1}\n'.repeat(200_000))
        const goOn = (): void => {
          // Until it is removed.
          if (!existsSync(path)) return
          appendFileSync(path, '{"id":2}\n')
          setImmediate(goOn)
        }
        setImmediate(goOn)
      },
    },
  },
]
