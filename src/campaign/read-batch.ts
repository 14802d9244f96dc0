import type { BatchRules, ItemPointers, TemplateText } from './campaign.ts'
import type { CampaignContext } from './campaign-context.ts'
import { WEBHOOK_DEFAULTS as D } from './delivery-rule-schema.ts'
import type { KeyPath } from './key-path.ts'
import type { Repaired } from './shape-problem.ts'
import type { WebhookInput } from './webhook-schema.ts'

type Input = Repaired<WebhookInput>
type BatchInput = NonNullable<Input['batch']>
type OutcomesInput = NonNullable<BatchInput['outcomes']>

const PATH = ['webhook', 'batch']

/** Reads `batch:`; null without one. */
export function readBatch(context: CampaignContext, input: Input['batch']): BatchRules | null {
  if (input === undefined || input === null) return null
  return {
    size: input.size ?? 1,
    root: readTemplate(context, 'root', input.root),
    customer: readTemplate(context, 'customer', input.customer),
    outcomes: input.outcomes === undefined || input.outcomes === null ? null : itemPointersFrom(input.outcomes),
    onClientError: input.on_client_error ?? D.batch.on_client_error,
  }
}

function readTemplate(context: CampaignContext, key: 'root' | 'customer', written: BatchInput['root']): TemplateText {
  const read = written === undefined ? null : context.templateAt([...PATH, key], written)
  return read ?? { text: '', file: context.reader.file, line: 1 }
}

function itemPointersFrom(input: OutcomesInput): ItemPointers {
  const ok = input.ok ?? null
  return {
    items: input.items ?? '',
    key: input.key ?? 'position',
    ok,
    code: input.code ?? D.response.code,
    message: input.message ?? D.response.message,
    missing: input.missing ?? (ok === null ? 'sent' : 'failed'),
  }
}

export function refuseBatchContradictions(input: Input, contradict: (path: KeyPath, message: string) => void): void {
  if ((input.batch ?? null) === null) return
  if ((input.body ?? '') !== '') contradict(['webhook', 'body'], 'webhook.body and webhook.batch')
  if (input.method === 'GET') contradict(PATH, 'webhook.batch and webhook.method GET, which has no body')
}
