import type { PageRoute } from '../frame/visit.ts'
import { campaignListPages } from './campaign-list.ts'
import { campaignOverviewPages } from './campaign-page.ts'
import { dryRunPages } from './dry-run-page.ts'
import { previewPages } from './preview-page.ts'
import { startPages } from './start-page.ts'
import { versionPages } from './version-pages.ts'

/** Pages of campaigns: the list, and of one its files, trials, activation and history. */
export const campaignPages: readonly PageRoute[] = [
  ...campaignListPages,
  ...campaignOverviewPages,
  ...startPages,
  ...previewPages,
  ...dryRunPages,
  ...versionPages,
]
