/** Senders on other machines: slices go to them as jobs of BullMQ, what became of them comes back through streams of Redis. */
export { BullmqQueue } from './bullmq-queue.ts'
export { openRedis, type RedisAccess, type RedisLink } from './redis-link.ts'
export { openRemoteSenders, type RemoteSenders } from './remote-senders.ts'
export type { TakenBack } from './sessions.ts'
export { RemoteWorker } from './worker.ts'
