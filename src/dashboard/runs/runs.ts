import type { PageRoute } from '../frame/visit.ts'
import { customerPages } from './customer-pages.ts'
import { downloads } from './downloads.ts'
import { runActions } from './run-actions.ts'
import { runListPages } from './run-list.ts'
import { runPage } from './run-page.ts'

/** Pages of runs: the list, one run, its customers. */
export const runPages: readonly PageRoute[] = [
  ...runListPages,
  ...runPage,
  ...customerPages,
  ...downloads,
  ...runActions,
]
