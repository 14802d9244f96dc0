/**
 * What an answer means, when to try again, and when to stop: pure functions and small state machines.
 *
 * Nothing here reads a clock, rolls dice or does I/O: time and randomness are handed in.
 */
export { judgeAnswer, type JudgeContext, type JudgeRules } from './judge-answer.ts'
export { mapItems, type MappedItems } from './map-items.ts'
export { halvesOf, isSplittable } from './split-batch.ts'
export { valueAt } from './json-pointer.ts'
export { defaultDelaysMs } from '../campaign/default-delays.ts'
export { finalReason, longestWaitMs, nextAttempt, parseRetryAfter, type NextAttempt } from './retry-schedule.ts'
export { StopRules, type StopEvent, type StopState } from './stop-rules.ts'
export { STOP_RULES, type StopDecision, type StopRule } from './stop-decision.ts'
export { CONNECTION_ISSUES_IN_A_ROW, ConnectionGate, type GateEvent } from './connection-gate.ts'
export { Pressure, type PressureEvent, type PressureLevel } from './pressure.ts'
export { createTokenBucket, type TokenBucket } from './rate.ts'
export { describeStop, explainStop, type StopStory } from './explain-stop.ts'
