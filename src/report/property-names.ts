import { readYaml } from '../campaign/yaml-text.ts'
import type { CampaignSnapshot } from '../campaign/campaign-folder.ts'
import type { RunPaths } from '../ledger/run-folder.ts'
import { readSnapshot } from '../runner/runner.ts'

/**
 * Names the properties that results of a run can have: those of its campaign, and of earlier ones whose requests it repeats.
 *
 * Read from the files kept with the run: no secret has to be set for that.
 */
export function readPropertyNames(paths: RunPaths): readonly string[] {
  const { campaign, kept } = readSnapshot(paths)
  return [...new Set([campaign, ...Object.values(kept)].flatMap(namesIn))]
}

function namesIn({ file, texts }: CampaignSnapshot): string[] {
  const { text } = readYaml(new TextEncoder().encode(texts[file] ?? ''), file)
  const { webhook } = (text?.value ?? {}) as { webhook?: { event_properties?: Record<string, unknown> | null } | null }
  return Object.keys(webhook?.event_properties ?? {})
}
