// `node load/render.ts`: what rendering a typical 300-byte JSON body costs, beside plain nunjucks with the same template.
import nunjucks from 'nunjucks'
import { compileTemplate } from '../src/template/template.ts'

const TEMPLATE = `{
  "customer_id": "{{ customer.id }}",
  "to": "{{ customer.phone }}",
  "name": "{{ customer.first_name }} {{ customer.last_name }}",
  "language": "{{ customer.language | default('en') }}",
  "vip": {% if customer.vip %}true{% else %}false{% endif %},
  "tags": [{% for tag in customer.tags %}"{{ tag }}"{% if not loop.last %}, {% endif %}{% endfor %}],
  "text": "Hello {{ customer.first_name }}, you have {{ customer.points }} points with {{ params.shop }}."
}`
const RENDERS = 100_000
const ROUNDS = 5

const rows = Array.from({ length: 1000 }, (_, i) => ({
  customer: {
    id: `c-${i}`,
    phone: `+4207770${String(i).padStart(5, '0')}`,
    first_name: i % 10 === 0 ? 'Ann "Annie"' : 'Ann',
    last_name: 'Example',
    language: 'cs',
    vip: i % 3 === 0,
    tags: ['new', 'spring'],
    points: i,
  },
  params: { shop: 'Acme' },
}))

const ours = compileTemplate(TEMPLATE, { payload: 'json' })
const environment = new nunjucks.Environment(null, { autoescape: true })
const theirs = nunjucks.compile(TEMPLATE, environment)

const contenders: readonly (readonly [string, (row: (typeof rows)[number]) => string])[] = [
  ['hookcast, JSON-aware and checked to be JSON', (row) => ours.render(row)],
  ['plain nunjucks, HTML autoescape', (row) => theirs.render(row)],
]
const costs = new Map<string, number[]>(contenders.map(([name]) => [name, []]))
for (let round = 0; round <= ROUNDS; round++) {
  for (const [name, render] of contenders) {
    const startedAt = process.cpuUsage()
    for (let i = 0; i < RENDERS; i++) render(rows[i % rows.length]!)
    const { user, system } = process.cpuUsage(startedAt)
    // The first round warms up.
    if (round > 0) costs.get(name)!.push((user + system) / RENDERS)
  }
}
const bytes = Buffer.byteLength(ours.render(rows[0]!))
console.log(
  `A body of ${bytes} bytes, CPU µs a render, the median of ${ROUNDS} rounds of ${RENDERS.toLocaleString('en-US')}:`,
)
for (const [name, figures] of costs) {
  const median = figures.toSorted((a, b) => a - b)[Math.floor(figures.length / 2)]!
  console.log(`${median.toFixed(2).padStart(8)}  ${name}`)
}
