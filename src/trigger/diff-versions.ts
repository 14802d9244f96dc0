import { formatPatch, structuredPatch } from 'diff'
import type { CampaignVersion } from './versions.ts'

/** How long one file is compared: what differs everywhere is shown whole then. */
const LONGEST_MS = 500

/** Shows what changed between two versions of a campaign, file by file, as `diff -u` does; empty when nothing did. */
export function diffVersions(before: CampaignVersion, after: CampaignVersion): string {
  const [old, own] = [before.snapshot.texts, after.snapshot.texts]
  const names = [...new Set([...Object.keys(old), ...Object.keys(own)])].toSorted()
  return names
    .filter((name) => old[name] !== own[name])
    .map((name) => patchOf(name, { old: old[name] ?? '', own: own[name] ?? '' }))
    .join('')
}

function patchOf(name: string, { old, own }: { readonly old: string; readonly own: string }): string {
  const context = { context: 3 }
  const patch =
    structuredPatch(name, name, old, own, undefined, undefined, { ...context, timeout: LONGEST_MS }) ??
    // All of one, then all of the other, is a difference as well.
    structuredPatch(name, name, '', `${old}\n${own}`, undefined, undefined, context)
  return formatPatch(patch)
}
