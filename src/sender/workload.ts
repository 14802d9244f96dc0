import type { BatchNote, Slice } from '../campaign/delivery.ts'
import type { Prepared, Task } from './task.ts'

/**
 * Rows rendered in one go, at most a slice: a time-limited call starts a thread and ends it, which costs as much as
 * dozens of renders. A block is cut short at the time limit, so calls in flight are held up no longer for it.
 */
const BLOCK_ROWS = 256

interface OpenSlice {
  readonly id: number
  readonly isCareful: boolean
  unstarted: number
  unfinished: number
  isStartTold: boolean
  readonly notStarted: number[]
}

/** What is taken leaves an empty place: kept there, it would outlive two collections of young objects and cost a full one. */
class Lane {
  #tasks: (Task | null)[] = []
  #ready: (Prepared | null)[] = []
  #taskAt = 0
  #readyAt = 0

  add(tasks: readonly Task[]): void {
    this.#tasks = [...this.#tasks.slice(this.#taskAt), ...tasks]
    this.#taskAt = 0
  }

  get hasTasks(): boolean {
    return this.#taskAt < this.#tasks.length
  }

  get hasReady(): boolean {
    return this.#readyAt < this.#ready.length
  }

  shiftReady(): Prepared | null {
    const prepared = this.#ready[this.#readyAt] ?? null
    if (prepared !== null) this.#ready[this.#readyAt++] = null
    return prepared
  }

  unshiftReady(prepared: readonly Prepared[]): void {
    this.#ready = [...prepared, ...this.#ready.slice(this.#readyAt)]
    this.#readyAt = 0
  }

  peekTasks(count: number): Task[] {
    return this.#tasks.slice(this.#taskAt, this.#taskAt + count) as Task[]
  }

  /** The first tasks were prepared: they are ready now, in the same order. */
  prepared(prepared: readonly Prepared[]): void {
    this.#tasks.fill(null, this.#taskAt, this.#taskAt + prepared.length)
    this.#taskAt += prepared.length
    this.#ready = [...this.#ready.slice(this.#readyAt), ...prepared]
    this.#readyAt = 0
  }

  /** Takes out what matches, rendered or not, in order. */
  takeOut(isWanted: (task: Task) => boolean): Task[] {
    const prepared = this.#ready.slice(this.#readyAt) as Prepared[]
    const ready = prepared.map(({ task }) => task)
    const tasks = this.#tasks.slice(this.#taskAt) as Task[]
    this.#ready = prepared.filter(({ task }) => !isWanted(task))
    this.#tasks = tasks.filter((task) => !isWanted(task))
    this.#readyAt = 0
    this.#taskAt = 0
    return [...ready, ...tasks].filter(isWanted)
  }

  putInFront(tasks: readonly Task[]): void {
    this.#tasks = [...tasks, ...this.#tasks.slice(this.#taskAt)]
    this.#taskAt = 0
  }
}

/** What a sender was lent and has not started yet, in the order of starting: retries first, each lane in its own order. */
export class Workload {
  readonly #slices = new Map<number, OpenSlice>()
  readonly #retrySlices = new Set<number>()
  readonly #retries = new Lane()
  readonly #firsts = new Lane()
  readonly #heldChunks = new Set<number>()
  #held: Task[] = []
  #announced: { readonly task: Task; readonly row: number | null } | null = null
  #unstarted = 0
  #startedSlices: number[] = []
  #endedSlices: { readonly sliceId: number; readonly notStarted: readonly number[] }[] = []

  get unstarted(): number {
    return this.#unstarted
  }

  add(slice: Slice): void {
    const tasks = tasksOf(slice)
    this.#slices.set(slice.id, {
      id: slice.id,
      isCareful: slice.isCareful,
      unstarted: tasks.length,
      unfinished: tasks.length,
      isStartTold: false,
      notStarted: [],
    })
    this.#unstarted += tasks.length
    if (slice.notes !== null) this.#retrySlices.add(slice.id)
    // A slice may have been on its way while its chunk was set aside.
    if (this.#heldChunks.has(slice.chunk)) this.#held.push(...tasks)
    else (slice.notes === null ? this.#firsts : this.#retries).add(tasks)
  }

  nextReady(): Prepared | null {
    if (this.#retries.hasReady) return this.#retries.shiftReady()
    if (this.#retries.hasTasks) return null
    return this.#firsts.shiftReady()
  }

  putBack(prepared: Prepared): void {
    this.#laneOf(prepared.task).unshiftReady([prepared])
  }

  /** The tasks to prepare next; a careful slice gives one at a time, and batches come one by one. */
  nextBlock(): Task[] {
    const lane = this.#retries.hasTasks ? this.#retries : this.#firsts
    const [first] = lane.peekTasks(1)
    if (first?.batch != null) return [first]
    const tasks = lane.peekTasks(BLOCK_ROWS)
    const careful = tasks.findIndex((task) => this.isCareful(task))
    if (careful === -1) return tasks
    return tasks.slice(0, Math.max(careful, 1))
  }

  prepared(prepared: readonly Prepared[]): void {
    const first = prepared[0]
    if (first !== undefined) this.#laneOf(first.task).prepared(prepared)
  }

  isCareful(task: Task): boolean {
    return this.#slices.get(task.sliceId)?.isCareful === true
  }

  wasAnnounced(task: Task, row: number | null): boolean {
    return this.#announced?.task === task && this.#announced.row === row
  }

  markAnnounced(task: Task, row: number | null): void {
    this.#announced = { task, row }
  }

  begun({ sliceId }: Task): void {
    const slice = this.#slices.get(sliceId)!
    this.#unstarted--
    slice.unstarted--
    this.#noteStarted(slice)
  }

  finished({ sliceId }: Task): void {
    const slice = this.#slices.get(sliceId)!
    slice.unfinished--
    this.#noteEnded(slice)
  }

  /** Sets a chunk's tasks aside until the coordinator has spoken. */
  hold(chunk: number): void {
    this.#heldChunks.add(chunk)
    const isOfChunk = (task: Task): boolean => task.chunk === chunk
    this.#held.push(...this.#retries.takeOut(isOfChunk), ...this.#firsts.takeOut(isOfChunk))
  }

  releaseHeld(): void {
    const held = this.#held
    this.#held = []
    this.#heldChunks.clear()
    this.#retries.putInFront(held.filter((task) => this.#laneOf(task) === this.#retries))
    this.#firsts.putInFront(held.filter((task) => this.#laneOf(task) === this.#firsts))
  }

  /** Gives up everything of a chunk (of all chunks for null) that was not started. */
  drop(chunk: number | null): void {
    const isDropped = (task: Task): boolean => chunk === null || task.chunk === chunk
    const dropped = [
      ...this.#retries.takeOut(isDropped),
      ...this.#firsts.takeOut(isDropped),
      ...this.#held.filter(isDropped),
    ]
    this.#held = this.#held.filter((task) => !isDropped(task))
    if (chunk === null) this.#heldChunks.clear()
    else this.#heldChunks.delete(chunk)
    for (const task of dropped) {
      const slice = this.#slices.get(task.sliceId)!
      this.#unstarted--
      slice.unstarted--
      slice.unfinished--
      slice.notStarted.push(task.seq)
      this.#noteStarted(slice)
      this.#noteEnded(slice)
    }
  }

  takeStarted(): number[] {
    const started = this.#startedSlices
    this.#startedSlices = []
    return started
  }

  takeEnded(): { readonly sliceId: number; readonly notStarted: readonly number[] }[] {
    const ended = this.#endedSlices
    this.#endedSlices = []
    return ended
  }

  #laneOf(task: Task): Lane {
    return this.#retrySlices.has(task.sliceId) ? this.#retries : this.#firsts
  }

  #noteStarted(slice: OpenSlice): void {
    if (slice.unstarted > 0 || slice.isStartTold) return
    slice.isStartTold = true
    this.#startedSlices.push(slice.id)
  }

  #noteEnded(slice: OpenSlice): void {
    if (slice.unfinished > 0) return
    this.#slices.delete(slice.id)
    this.#retrySlices.delete(slice.id)
    this.#endedSlices.push({ sliceId: slice.id, notStarted: slice.notStarted })
  }
}

function tasksOf(slice: Slice): Task[] {
  const lines = Buffer.from(slice.lines.buffer, slice.lines.byteOffset, slice.lines.byteLength)
    .toString('utf8')
    .split('\n')
  return slice.batches === null ? rowTasks(slice, lines) : batchTasks(slice, slice.batches, lines)
}

function rowTasks(slice: Slice, lines: readonly string[]): Task[] {
  const tasks: Task[] = []
  for (let i = 0; i < slice.count; i++) {
    const note = slice.notes?.[i]
    tasks.push({
      sliceId: slice.id,
      chunk: slice.chunk,
      chunkStartedAt: slice.chunkStartedAt,
      seq: note?.seq ?? slice.firstSeq + i,
      attempt: note?.attempt ?? 1,
      isInDoubt: note?.isInDoubt ?? false,
      digest: note?.digest ?? null,
      line: lines[i]!,
      batch: null,
    })
  }
  return tasks
}

function batchTasks(
  { id, chunk, chunkStartedAt, notes }: Slice,
  batches: readonly BatchNote[],
  lines: string[],
): Task[] {
  let row = 0
  return batches.map((note, i) => {
    const own = lines.slice(row, row + note.count)
    row += note.count
    const { attempt, isInDoubt, digest } = notes?.[i] ?? FIRST_ATTEMPT
    const { seq } = note
    const delivery = { attempt, isInDoubt, digest, line: own[0]!, batch: { note, lines: own } }
    return { sliceId: id, chunk, chunkStartedAt, seq, ...delivery }
  })
}

const FIRST_ATTEMPT = { attempt: 1, isInDoubt: false, digest: null } as const
