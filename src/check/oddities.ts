import type { Campaign, Warning } from '../campaign/campaign.ts'

/** Looks for what is allowed but seldom meant, and says what will come of it. */
export function oddities({ webhook }: Campaign): Warning[] {
  const { answers, retry, idempotency } = webhook
  const warnings: Warning[] = []
  const warn = (code: string, message: string): void => void warnings.push({ code, message, count: 1 })
  if (retry.delaysMs.length === 0) {
    warn('retry_none', 'retry.delays is empty: one 500 or 429, or one timeout, is final for its customer')
  }
  const longestMs = retry.delaysMs.reduce((sum, waitMs) => sum + waitMs * (1 + retry.jitter), 0)
  if (longestMs > idempotency.lifetimeMs) {
    warn(
      'retry_outlives_key',
      'retry.delays add up to more than idempotency.lifetime: the receiver may have forgotten the key of the first attempt by the last',
    )
  }
  for (const [status, meaning] of Object.entries(answers)) {
    const isSuccess = status.startsWith('2')
    if (isSuccess && meaning === 'retry') {
      warn('answers_success_retried', `answers makes ${status} a retry: the receiver gets what it has accepted again`)
    } else if (isSuccess && meaning !== 'sent') {
      warn(
        'answers_success_failed',
        `answers makes ${status} \`${meaning}\`: what the receiver has accepted counts as failed`,
      )
    } else if (status.startsWith('5') && meaning === 'sent') {
      warn('answers_error_sent', `answers makes ${status} \`sent\`: who the receiver could not serve counts as sent`)
    } else if (status === '429' && meaning !== 'retry') {
      warn('answers_429', `answers makes 429 \`${meaning}\`: who is told to come later never does`)
    }
  }
  return warnings
}
