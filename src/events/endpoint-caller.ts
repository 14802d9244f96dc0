import type { Call, CallResult } from '../request/request.ts'

export interface EndpointTarget {
  readonly endpoint: number
  readonly url: URL
  readonly timeoutMs: number
}

export type EndpointRequest = Pick<Call, 'headers' | 'body'>

export type CallEnd =
  | { readonly kind: 'ended'; readonly result: CallResult }
  /** It is malformed: nothing was sent. */
  | { readonly kind: 'unsendable'; readonly why: string }
  /** It was not made, or nobody knows what became of it: it is to be made again. */
  | { readonly kind: 'again' }

/** Who calls endpoints: this process, or workers. How many calls there may be at a time is not theirs to say. */
export interface EndpointCaller extends AsyncDisposable {
  /** Somebody is there to make calls. */
  readonly isOpen: boolean
  /** Calls back once when it is open, later. */
  whenOpen(callback: () => void): void
  /** Begins a call; `onEnd` is called once, unless the caller is disposed of before. */
  call(target: EndpointTarget, request: EndpointRequest, onEnd: (end: CallEnd) => void): void
}
