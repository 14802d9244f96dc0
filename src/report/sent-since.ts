import { parseSpoolLine, SpoolReader } from '../audience/audience.ts'
import { HookcastError } from '../errors.ts'
import { listRunIds, runPaths } from '../ledger/run-folder.ts'
import { RunReader } from './run-reader.ts'
import { selectReplayOf, selectSentSeqs } from './statements.ts'

const PAGE = 256

/**
 * Finds whom later replays of a run have sent to, replays of those replays too: by their numbers in the audience.
 *
 * A replay takes new keys, so the receiver could not tell that it served somebody twice.
 * @throws {HookcastError} HOOKCAST_RUN_STATE, when such a replay has not ended: it may still send to anybody.
 */
export function numbersSentSince(dataFolder: string, runId: string): ReadonlySet<number> {
  const numbers = new Set<number>()
  const family = new Set([runId])
  // Oldest first: a replay is younger than what it replays.
  for (const later of listRunIds(dataFolder).toReversed()) {
    const paths = runPaths(dataFolder, later)
    using reader = new RunReader(paths)
    const run = reader.get(selectReplayOf)
    if (typeof run?.['replay_of'] !== 'string' || !family.has(run['replay_of'])) continue
    family.add(later)
    if (run['state'] !== 'finished' && run['state'] !== 'aborted' && run['state'] !== 'cancelled') {
      const message = `A replay of this run has not ended: go on with it (\`hookcast resume ${later}\`) or give it up (\`hookcast cancel ${later}\`) first`
      throw new HookcastError('HOOKCAST_RUN_STATE', message)
    }
    using spool = SpoolReader.open(paths.folder)
    const seqs = reader.lists(selectSentSeqs).map(([seq]) => Number(seq))
    for (let at = 0; at < seqs.length; at += PAGE) {
      for (const number of numbersAt(spool, seqs.slice(at, at + PAGE))) numbers.add(number)
    }
  }
  return numbers
}

/** The numbers in the audience of the rows at these positions, which ascend. */
export function numbersAt(spool: SpoolReader, seqs: readonly number[]): readonly number[] {
  const { lines } = spool.pick(seqs)
  const texts = Buffer.from(lines).toString('utf8').split('\n')
  return seqs.map((seq, at) => parseSpoolLine(texts[at]!).number ?? seq + 1)
}
