import { customerIdOf } from '../audience/customer-id.ts'
import { parseSpoolLine, type KeptRequest } from '../audience/spool-line.ts'
import type { BatchReport, Decision } from '../campaign/delivery.ts'
import { partIdOf, requestIdOf } from '../campaign/run-id.ts'
import { faultyJsonPieces, safeText, type RenderJob } from '../template/template.ts'
import { CHANGED, decisionFrom, decisionFromResult } from './decision.ts'
import { customerContext, deliveryContext, type Occasion, type Program } from './program.ts'
import { digestOf, requestFrom } from './request-parts.ts'
import type { SenderSetup } from './sender-setup.ts'
import type { BatchMember, Prepared, Task } from './task.ts'

/** A customer of the batch in the making whose row can be rendered. */
interface Candidate extends BatchMember {
  readonly job: RenderJob
}

/** Customers rendered in one go: calls in flight get their turn after it. */
const BLOCK_CUSTOMERS = 256

/** Everything of one batch until it is ready. */
class Assembly {
  readonly task: Task
  readonly requestId: string
  readonly occasion: Occasion
  readonly leftOut: BatchReport['leftOut'][number][] = []
  readonly #program: Program
  readonly #candidates: readonly Candidate[]
  /** Somebody in it was erased when it may have arrived. */
  readonly #isTorn: boolean
  /** Customers that are in the batch, and their pieces. */
  #members: BatchMember[] = []
  #pieces: string[] = []
  #rendered = 0
  /** How many customers the request of an earlier run had that this one repeats. */
  readonly #keptCustomers: number | null

  constructor(task: Task, program: Program, setup: SenderSetup) {
    this.task = task
    this.#program = program
    const { note, lines } = task.batch!
    const spooled = lines.map((line) => parseSpoolLine(line))
    const kept = spooled[0]?.kept ?? null
    const batchId = kept === null ? requestIdOf(setup.definition.runId, note.root) : kept.request_id
    const whole = batchId.replace(/_[01]+$/, '')
    this.requestId = partIdOf(batchId, note.path)
    this.#keptCustomers = note.path === '' ? (kept?.batch?.customers ?? null) : null
    const { chunk, chunkStartedAt } = task
    this.occasion = { requestId: this.requestId, chunk, chunkStartedAt, kept, isTest: setup.isTest }
    const { areContextsKept } = program
    const done = new Set(note.done)
    this.#isTorn = spooled.some(({ verdict }) => verdict?.status === 'suppressed' && verdict.isInDoubt === true)
    this.#candidates = spooled.flatMap((row, index) => {
      const seq = note.seq + index
      if (done.has(seq)) return []
      const customerId = customerIdOf(row.row ?? {}, { column: setup.customerId, rowNumber: row.number ?? seq + 1 })
      if (row.verdict !== null) {
        this.leftOut.push({ seq, customerId, decision: decisionFrom(row.verdict) })
        return []
      }
      const context = customerContext(program, this.occasion, { row: row.row ?? {}, customerId })
      // By its place in the batch: the same in a half of it, and when a later run repeats it.
      const job = { context, seed: `${whole}.${placeIn(row, seq - note.root)}` }
      return [{ seq, customerId, context: areContextsKept ? context : null, job }]
    })
  }

  /** The customer who is rendered next; null when that is done. */
  get nextRow(): number | null {
    return this.#candidates[this.#rendered]?.seq ?? null
  }

  /** Renders some of the customers; false while there are more. */
  renderCustomers(most = BLOCK_CUSTOMERS): boolean {
    const block = this.#candidates.slice(this.#rendered, this.#rendered + most)
    const { results } = this.#program.customerRenderer!.render(block.map(({ job }) => job))
    results.forEach((result, index) => {
      const { seq, customerId, context } = block[index]!
      if (result.kind === 'rendered') {
        this.#members.push({ seq, customerId, context })
        this.#pieces.push(result.parts[0]!)
      } else this.leftOut.push({ seq, customerId, decision: decisionFromResult(result) })
    })
    this.#rendered += results.length
    return this.#rendered >= this.#candidates.length
  }

  /** The root with every piece in it, ready to be sent; pieces that spoil it are left out. */
  finish(setup: SenderSetup): Prepared {
    if (this.#members.length === 0) return this.#decided({ kind: 'suppressed', reason: 'template', message: null })
    let result = this.#renderRoot()
    if (result.kind === 'failed' && this.#leaveFaultyOut() > 0) {
      if (this.#members.length === 0) return this.#decided({ kind: 'suppressed', reason: 'template', message: null })
      result = this.#renderRoot()
    }
    if (result.kind !== 'rendered') return this.#decided(decisionFromResult(result))
    if (this.#lacksSomebody()) return this.#decided(CHANGED)
    const { attempt, digest } = this.task
    const rendered = requestFrom(setup, this.#program, { parts: result.parts, requestId: this.requestId, attempt })
    if (typeof rendered === 'string') return this.#decided({ kind: 'failed', reason: 'render', message: rendered })
    const body = typeof rendered.body === 'string' ? Buffer.from(rendered.body) : rendered.body
    const request = { ...rendered, body, parts: [], digest: digestOf(rendered) }
    if (digest !== null && digest !== request.digest) return this.#decided(CHANGED)
    return {
      kind: 'request',
      task: this.task,
      customerId: this.#members[0]!.customerId,
      request,
      context: deliveryContext(this.#program, this.occasion),
      definition: this.#program.definition,
      requestId: this.requestId,
      isKept: this.occasion.kept !== null && this.task.batch!.note.path === '',
      batch: { members: this.#members, leftOut: this.leftOut },
    }
  }

  /** The request that may have arrived had customers who are not in this one. */
  #lacksSomebody(): boolean {
    if (this.#keptCustomers !== null && this.#keptCustomers !== this.#members.length) return true
    const { isInDoubt, digest, batch } = this.task
    const mayHaveArrived = isInDoubt || (this.occasion.kept !== null && batch!.note.path === '')
    // With a digest that is what decides: the batch may have been sent without them since.
    return this.#isTorn && mayHaveArrived && digest === null
  }

  #renderRoot(): ReturnType<Program['renderer']['render']>['results'][number] {
    const { payload } = this.#program.definition
    const customers = this.#pieces.map((piece) => safeText(piece, payload))
    const context = { ...deliveryContext(this.#program, this.occasion), customers }
    return this.#program.renderer.render([{ context, seed: this.requestId }]).results[0]!
  }

  #leaveFaultyOut(): number {
    const { payload } = this.#program.definition
    if (payload !== 'json' && payload !== 'form') return 0
    const faulty = faultyJsonPieces(this.#pieces)
    for (const [index, message] of faulty) {
      const { seq, customerId } = this.#members[index]!
      this.leftOut.push({ seq, customerId, decision: { kind: 'failed', reason: 'render', message } })
    }
    this.#members = this.#members.filter((_, index) => !faulty.has(index))
    this.#pieces = this.#pieces.filter((_, index) => !faulty.has(index))
    return faulty.size
  }

  #decided(verdict: Decision): Prepared {
    return {
      kind: 'decided',
      task: this.task,
      customerId: this.#members[0]?.customerId ?? '',
      verdict,
      batch: { members: this.#members, leftOut: this.leftOut, requestId: this.requestId },
    }
  }
}

function placeIn({ kept }: { readonly kept: KeptRequest | null }, place: number): number {
  return kept?.batch?.place ?? place
}

/** Makes the requests of batches, one after the other, a piece of work at a time. */
export class BatchPreparer {
  readonly #setup: SenderSetup
  #open: Assembly | null = null

  constructor(setup: SenderSetup) {
    this.#setup = setup
  }

  /** Null when there is more to do: ask again with the same task. */
  prepare(task: Task, { program, isCareful }: { program: Program; isCareful: boolean }): Prepared | null {
    const assembly = this.#assemblyOf(task, program)
    if (isCareful && assembly.nextRow !== null) {
      assembly.renderCustomers(1)
      return null
    }
    if (!assembly.renderCustomers()) return null
    this.#open = null
    return assembly.finish(this.#setup)
  }

  /** The customer who is rendered next; null when the whole is. */
  nextRow(task: Task, program: Program): number | null {
    return this.#assemblyOf(task, program).nextRow
  }

  #assemblyOf(task: Task, program: Program): Assembly {
    if (this.#open?.task !== task) this.#open = new Assembly(task, program, this.#setup)
    return this.#open
  }
}
