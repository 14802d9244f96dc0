// `node load/render.ts`: what rendering a typical 300-byte JSON body costs, beside other engines on the same template and rows.
import { cpus, loadavg } from 'node:os'
import { Template as HuggingfaceTemplate } from '@huggingface/jinja'
import { Environment as Minijinja } from 'minijinja-js'
import nunjucks from 'nunjucks'
import { compileTemplate } from '../src/template/template.ts'

const TEMPLATE = `{
  "customer_id": "{{ customer.id }}",
  "to": "{{ customer.phone }}",
  "name": "{{ customer.first_name }} {{ customer.last_name }}",
  "language": "{{ customer.language | default('en') }}",
  "vip": {% if customer.vip %}true{% else %}false{% endif %},
  "tags": [{% for tag in customer.tags %}"{{ tag }}"{% if not loop.last %}, {% endif %}{% endfor %}],
  "text": "Hello {{ customer.first_name }}, you have {{ customer.points }} points with {{ params.shop }}. Show this message in any of our shops before the end of next month, or give us a call."
}`
const RENDERS = 100_000

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

/** Rounds in which each contender renders as often, one right after the other, in turned order in every second round. */
const ROUNDS = 9

const json = compileTemplate(TEMPLATE, { payload: 'json' })
const text = compileTemplate(TEMPLATE, { payload: 'text' })
const plain = nunjucks.compile(TEMPLATE, new nunjucks.Environment(null, { autoescape: true }))
const huggingface = new HuggingfaceTemplate(TEMPLATE)
const minijinja = new Minijinja()
minijinja.addTemplate('body.txt', TEMPLATE)

type Row = (typeof rows)[number]

const contenders: readonly (readonly [name: string, render: (row: Row) => string, renders: number])[] = [
  ['**hookcast**, `json`: escaped for JSON, checked to be JSON', (row) => json.render(row), RENDERS],
  ['hookcast, `text`: no escaping, as the two below', (row) => text.render(row), RENDERS],
  ['nunjucks 3.2.4, escaping for HTML', (row) => plain.render(row), RENDERS],
  ['@huggingface/jinja 0.5.11, no escaping', (row) => huggingface.render(row), RENDERS / 10],
  ['minijinja-js 2.11.0 (WebAssembly), no escaping', (row) => minijinja.renderTemplate('body.txt', row), RENDERS / 10],
]

function cpuUs(render: (row: Row) => string, renders: number): number {
  const startedAt = process.cpuUsage()
  for (let i = 0; i < renders; i++) render(rows[i % rows.length]!)
  const { user, system } = process.cpuUsage(startedAt)
  return (user + system) / renders
}

function median(figures: readonly number[]): number {
  return figures.toSorted((a, b) => a - b)[Math.floor(figures.length / 2)]!
}

for (const [, render, renders] of contenders) cpuUs(render, renders)
const rounds = Array.from({ length: ROUNDS }, (_, round) => {
  const order = [...contenders.keys()]
  if (round % 2 === 1) order.reverse()
  const costs = new Map(order.map((at) => [at, cpuUs(contenders[at]![1], contenders[at]![2])]))
  return contenders.map((_, at) => costs.get(at)!)
})
const [cpu] = cpus()
console.log(
  `- **machine:** ${cpus().length} cores of ${cpu!.model}, Node ${process.versions.node}, load ${loadavg()[0]!.toFixed(1)}`,
)
console.log(
  `- **body:** ${Buffer.byteLength(json.render(rows[0]!))} bytes out of eight placeholders, an \`if\`, a \`for\` over two items; ${rows.length} different rows`,
)
console.log(
  `- **settings:** one process, ${ROUNDS} rounds of ${RENDERS.toLocaleString('en-US')} renders (a tenth of it for the slow ones), a round to warm up before\n`,
)
console.log('| contender | CPU µs a render | fastest round | × plain nunjucks |\n|---|--:|--:|--:|')
contenders.forEach(([name], at) => {
  const costs = rounds.map((round) => round[at]!)
  const ratio = median(rounds.map((round) => round[at]! / round[2]!))
  console.log(`| ${name} | ${median(costs).toFixed(2)} | ${Math.min(...costs).toFixed(2)} | ${ratio.toFixed(2)} |`)
})
