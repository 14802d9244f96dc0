import { customerIdOf } from '../audience/customer-id.ts'
import { parseSpoolLine, type SpoolRow } from '../audience/spool-line.ts'
import type { Decision } from '../campaign/delivery.ts'
import type { Clock } from '../clock.ts'
import { requestIdOf } from '../campaign/run-id.ts'
import { CHANGED, decisionFrom, decisionFromResult } from './decision.ts'
import { BatchPreparer } from './prepare-batch.ts'
import { customerContext, programFrom, type Occasion, type Program } from './program.ts'
import { digestOf, requestFrom } from './request-parts.ts'
import type { SenderSetup } from './sender-setup.ts'
import { NO_DESCRIPTOR, type SpareDescriptors } from './spare-descriptors.ts'
import type { DecidedTask, Prepared, Task } from './task.ts'

const NO_CONTEXT: Readonly<Record<string, unknown>> = Object.freeze({})

interface PreparerOptions {
  readonly setup: SenderSetup
  readonly clock: Clock
  readonly spare: SpareDescriptors
}

/** Turns rows into requests: parse, render, check. Rendering is deterministic, so a retry has the same bytes. */
export class Preparer {
  readonly #setup: SenderSetup
  readonly #clock: Clock
  readonly #programs = new Map<string, Program>()
  readonly #batches: BatchPreparer
  readonly #spare: SpareDescriptors

  /** @throws {TemplateError} HOOKCAST_TEMPLATE_INVALID: compiling is the first thing that a sender does. */
  constructor({ setup, clock, spare }: PreparerOptions) {
    this.#setup = setup
    this.#clock = clock
    this.#spare = spare
    this.#programs.set(setup.definition.runId, programFrom(setup, setup.definition))
    for (const [runId, definition] of Object.entries(setup.kept))
      this.#programs.set(runId, programFrom(setup, definition))
    this.#batches = new BatchPreparer(setup)
  }

  /**
   * Prepares a beginning of `tasks`, at least one: a slow render ends a block early so that calls in flight get their turn.
   * Of a batch nothing comes until all of its customers are rendered, with care one by one: ask again with the same task.
   */
  prepare(tasks: readonly Task[], { isCareful }: { readonly isCareful: boolean }): Prepared[] {
    const [first] = tasks
    if (first === undefined) return []
    return this.#spare.lend(() => this.#prepare(first, tasks, isCareful)) ?? [this.#putOff(first)]
  }

  #prepare(first: Task, tasks: readonly Task[], isCareful: boolean): Prepared[] {
    const program = this.#batchProgramOf(first)
    if (program === null) return this.#prepareRows(tasks)
    const prepared = this.#batches.prepare(first, { program, isCareful })
    return prepared === null ? [] : [prepared]
  }

  /** Nothing can be rendered now: it comes again as it is, like a call for which there was no descriptor. */
  #putOff(task: Task): DecidedTask {
    const verdict = { kind: 'called', outcome: { kind: 'local', message: NO_DESCRIPTOR } } as const
    return {
      kind: 'decided',
      task,
      customerId: this.#customerOf(task, parseSpoolLine(task.line)),
      verdict,
      batch: null,
    }
  }

  #customerOf(task: Task, { row, number }: SpoolRow): string {
    return customerIdOf(row ?? {}, { column: this.#setup.customerId, rowNumber: number ?? task.seq + 1 })
  }

  /** Whose template comes next with care: of a batch one of its rows, then null for the whole. */
  nextRow(task: Task): number | null {
    const program = this.#batchProgramOf(task)
    return program === null ? task.seq : this.#batches.nextRow(task, program)
  }

  /** Null when it is one customer's. */
  #batchProgramOf(task: Task): Program | null {
    if (task.batch === null) return null
    const program = this.#programOf(parseSpoolLine(task.line).kept)
    return program.customerRenderer === null ? null : program
  }

  #programOf(kept: SpoolRow['kept']): Program {
    const program = this.#programs.get(kept?.run_id ?? this.#setup.definition.runId)
    if (program === undefined) throw new TypeError(`expected the texts of run ${kept?.run_id} to be set up`)
    return program
  }

  #prepareRows(tasks: readonly Task[]): Prepared[] {
    const prepared: Prepared[] = []
    const block: { readonly task: Task; readonly spooled: SpoolRow; readonly customerId: string }[] = []
    let program: Program | undefined
    for (const task of tasks) {
      const spooled = parseSpoolLine(task.line)
      const customerId = this.#customerOf(task, spooled)
      const verdict = spooled.verdict === null ? this.#expiry(task, spooled) : decisionFrom(spooled.verdict)
      if (verdict !== null) {
        // What was decided before comes out in its place: nothing after it may overtake what stands before it.
        if (block.length > 0) break
        prepared.push({ kind: 'decided', task, customerId, verdict, batch: null })
        continue
      }
      const wanted = this.#programOf(spooled.kept)
      if (program !== undefined && wanted !== program) break
      program = wanted
      block.push({ task, spooled, customerId })
    }
    if (program === undefined) return prepared
    return [...prepared, ...this.#render(program, block)]
  }

  /** An event that waited for too long is told to nobody; one whose first call was made is brought to its end. */
  #expiry({ attempt, isInDoubt }: Task, { event }: SpoolRow): Decision | null {
    const { events } = this.#setup
    if (events === null || event === null || attempt > 1 || isInDoubt) return null
    const ageMs = this.#clock.now() - event.occurred_at
    return ageMs > events.maxAgeMs ? { kind: 'suppressed', reason: 'expired', message: null } : null
  }

  #render(
    program: Program,
    block: readonly { readonly task: Task; readonly spooled: SpoolRow; readonly customerId: string }[],
  ): Prepared[] {
    const jobs = block.map(({ task, spooled, customerId }) => {
      const requestId = spooled.kept?.request_id ?? requestIdOf(this.#setup.definition.runId, task.seq)
      const { kept, row, event } = spooled
      const occasion = { ...chunkOf(task, spooled, this.#setup), requestId, kept, event, isTest: this.#setup.isTest }
      return { context: customerContext(program, occasion, { row: row ?? {}, customerId }), seed: requestId }
    })
    const { results } = program.renderer.render(jobs)
    return results.map((result, i): Prepared => {
      const { task, customerId } = block[i]!
      const { context, seed: requestId } = jobs[i]!
      const isKept = block[i]!.spooled.kept !== null
      const decided = (verdict: Decision): DecidedTask => ({ kind: 'decided', task, customerId, verdict, batch: null })
      if (result.kind !== 'rendered') return decided(decisionFromResult(result))
      const request = requestFrom(this.#setup, program, { parts: result.parts, requestId, attempt: task.attempt })
      if (typeof request === 'string') return decided({ kind: 'failed', reason: 'render', message: request })
      if (task.digest !== null && digestOf(request) !== task.digest) return decided(CHANGED)
      const { definition, areContextsKept } = program
      const kept = areContextsKept ? context : NO_CONTEXT
      return { kind: 'request', task, customerId, request, context: kept, definition, requestId, isKept, batch: null }
    })
  }
}

/** By an event each customer is a chunk of one, which began when it was accepted. */
function chunkOf(
  { chunk, chunkStartedAt, seq }: Task,
  { event }: SpoolRow,
  { events }: SenderSetup,
): Pick<Occasion, 'chunk' | 'chunkStartedAt'> {
  if (events === null || event === null) return { chunk, chunkStartedAt }
  return { chunk: seq, chunkStartedAt: event.accepted_at }
}
