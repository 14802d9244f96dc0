import type { CheckedInput } from './given.ts'

const url = (text: string): Pick<CheckedInput, 'webhook'> => ({ webhook: `url: ${JSON.stringify(text)}` })
const headers = (...lines: readonly string[]): Pick<CheckedInput, 'webhook'> => ({
  webhook: ['headers:', ...lines.map((line) => `  - { ${line} }`)].join('\n'),
})
const urls = (row: number, texts: readonly string[]): readonly CheckedInput[] =>
  texts.map((text) => ({ rows: [row], what: `\`${text}\``, end: 'refused', ...url(text) }))

export const URLS: readonly CheckedInput[] = [
  {
    rows: [10],
    what: '`https://acme:hunter2@api.example.com/`',
    end: 'refused',
    ...url('https://acme:hunter2@api.example.com/'),
  },
  ...urls(46, ['ftp://api.example.com/', 'file:///etc/passwd', 'javascript:alert(1)', 'http+unix://%2Fvar%2Frun%2Fx/']),
  { rows: [47], what: '`http://api.example.com/`', end: 'refused', ...url('http://api.example.com/') },
  ...urls(48, ['//api.example.com/', 'http://', 'https://a b/', 'https://[::1', 'https://api.example.com:65536/']),
  ...urls(49, [
    'https://api.example.com:0/',
    'https://api.example.com:22/',
    'https://api.example.com:25/',
    'https://api.example.com:6379/',
  ]),
  ...urls(50, [
    'https://167772165/',
    'https://0xa.5/',
    'https://①⓪.⓪.⓪.⑤/',
    'https://[::ffff:10.0.0.5]/',
    'https://10.0.0.5/',
    'https://0/',
  ]),
  {
    rows: [50],
    what: '`https://${HOST}/` with `HOST=localhost.`',
    end: 'refused',
    ...url('https://${HOST}/'),
    env: { HOST: 'localhost.' },
  },
  ...urls(51, [
    'https://169.254.169.254/',
    'https://[fd00:ec2::254]/',
    'https://168.63.129.16/',
    'https://100.100.100.200/',
  ]),
  { rows: [53], what: '`https://{{ customer.host }}/`', end: 'refused', ...url('https://{{ customer.host }}/') },
  { rows: [55], what: 'a tab in the URL', end: 'refused', ...url('https://api.example.com/a\tb') },
  { rows: [55], what: 'a line break in the URL', end: 'refused', ...url('https://api.example.com/a\r\nX-Evil: 1') },
  { rows: [55], what: 'a backslash in the URL', end: 'refused', ...url('https://api.example.com\\a') },
  {
    rows: [56],
    what: 'a URL of 9,000 characters',
    end: 'refused',
    ...url(`https://api.example.com/${'x'.repeat(9000)}`),
  },
  {
    rows: [57],
    what: '`https://аpi.example.com/` with a Cyrillic а',
    end: 'warned',
    ...url('https://аpi.example.com/'),
  },
]

export const HEADERS: readonly CheckedInput[] = [
  ...['Host', 'Content-Length', 'Transfer-Encoding', 'Connection', 'Proxy-Authorization'].map((name): CheckedInput => ({
    rows: [59],
    what: `a header \`${name}\``,
    end: 'refused',
    ...headers(`name: ${name}, value: "1"`),
  })),
  { rows: [60], what: 'a header name with a space', end: 'refused', ...headers('name: "X Name", value: "1"') },
  { rows: [60], what: 'a header name with a colon', end: 'refused', ...headers('name: "X-Name:", value: "1"') },
  { rows: [60], what: 'an empty header name', end: 'refused', ...headers('name: "", value: "1"') },
  { rows: [60], what: 'a header name `X-Größe`', end: 'refused', ...headers('name: X-Größe, value: "1"') },
  { rows: [61], what: 'a header value `č€😀`', end: 'refused', ...headers('name: X-Name, value: "č€😀"') },
  {
    rows: [62],
    what: '200 headers',
    end: 'refused',
    ...headers(...Array.from({ length: 200 }, (_, i) => `name: X-${i}, value: "1"`)),
  },
  {
    rows: [62],
    what: '20 KB of headers',
    end: 'refused',
    ...headers(...Array.from({ length: 5 }, (_, i) => `name: X-${i}, value: "${'x'.repeat(4000)}"`)),
  },
  {
    rows: [63],
    what: 'two headers `Content-Type`',
    end: 'refused',
    ...headers('name: Content-Type, value: text/plain', 'name: content-type, value: text/html'),
  },
  { rows: [63], what: 'a header `Idempotency-Key`', end: 'refused', ...headers('name: Idempotency-Key, value: "1"') },
  { rows: [63], what: 'a literal key in `X-Api-Key`', end: 'refused', ...headers('name: X-Api-Key, value: hunter2') },
]
