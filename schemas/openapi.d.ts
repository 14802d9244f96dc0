// Made from the operations of the control API by `npm run schema`.
export interface paths {
  '/v1/campaigns': {
    parameters: {}
    get: {
      parameters: { path?: never; query?: { 'limit'?: number; 'cursor'?: string }; header?: never; cookie?: never }
      requestBody?: never
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['CampaignPage'] } }
        '4XX': { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } }
        '5XX': { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/campaigns/{campaign}': {
    parameters: {}
    get: {
      parameters: { path: { 'campaign': string }; query?: never; header?: never; cookie?: never }
      requestBody?: never
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Campaign'] } }
        '4XX': { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } }
        '5XX': { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/campaigns/{campaign}/activation': {
    parameters: {}
    get: {
      parameters: { path: { 'campaign': string }; query?: never; header?: never; cookie?: never }
      requestBody?: never
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Activation'] } }
        '4XX': { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } }
        '5XX': { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/campaigns/{campaign}/activate': {
    parameters: {}
    get?: never
    put?: never
    post: {
      parameters: { path: { 'campaign': string }; query?: never; header?: { 'Idempotency-Key'?: string }; cookie?: never }
      requestBody?: { content: { 'application/json': components['schemas']['Activate'] } }
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Activation'] } }
        '4XX': { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } }
        '5XX': { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/campaigns/{campaign}/deactivate': {
    parameters: {}
    get?: never
    put?: never
    post: {
      parameters: { path: { 'campaign': string }; query?: never; header?: { 'Idempotency-Key'?: string }; cookie?: never }
      requestBody?: never
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Activation'] } }
        '4XX': { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } }
        '5XX': { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/campaigns/{campaign}/versions': {
    parameters: {}
    get: {
      parameters: { path: { 'campaign': string }; query?: never; header?: never; cookie?: never }
      requestBody?: never
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['CampaignVersions'] } }
        '4XX': { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } }
        '5XX': { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/campaigns/{campaign}/diff': {
    parameters: {}
    get: {
      parameters: { path: { 'campaign': string }; query: { 'from': number; 'to': number }; header?: never; cookie?: never }
      requestBody?: never
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['VersionDiff'] } }
        '4XX': { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } }
        '5XX': { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/campaigns/{campaign}/validate': {
    parameters: {}
    get?: never
    put?: never
    post: {
      parameters: { path: { 'campaign': string }; query?: never; header?: { 'Idempotency-Key'?: string }; cookie?: never }
      requestBody?: { content: { 'application/json': components['schemas']['Validate'] } }
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Validation'] } }
        '4XX': { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } }
        '5XX': { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/campaigns/{campaign}/preview': {
    parameters: {}
    get?: never
    put?: never
    post: {
      parameters: { path: { 'campaign': string }; query?: never; header?: { 'Idempotency-Key'?: string }; cookie?: never }
      requestBody?: { content: { 'application/json': components['schemas']['Preview'] } }
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Previewed'] } }
        '4XX': { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } }
        '5XX': { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/campaigns/{campaign}/test': {
    parameters: {}
    get?: never
    put?: never
    post: {
      parameters: { path: { 'campaign': string }; query?: never; header?: { 'Idempotency-Key'?: string }; cookie?: never }
      requestBody?: { content: { 'application/json': components['schemas']['Test'] } }
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Tested'] } }
        '4XX': { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } }
        '5XX': { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/campaigns/{campaign}/dry-run': {
    parameters: {}
    get?: never
    put?: never
    post: {
      parameters: { path: { 'campaign': string }; query?: never; header?: { 'Idempotency-Key'?: string }; cookie?: never }
      requestBody?: { content: { 'application/json': components['schemas']['DryRun'] } }
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['DryRunReport'] } }
        '4XX': { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } }
        '5XX': { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/runs': {
    parameters: {}
    get: {
      parameters: { path?: never; query?: { 'limit'?: number; 'cursor'?: string; 'campaign'?: string; 'state'?: "running" | "paused" | "finished" | "aborted" | "interrupted" | "cancelled" }; header?: never; cookie?: never }
      requestBody?: never
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['RunPage'] } }
        '4XX': { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } }
        '5XX': { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/runs/{run_id}': {
    parameters: {}
    get: {
      parameters: { path: { 'run_id': string }; query?: never; header?: never; cookie?: never }
      requestBody?: never
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Run'] } }
        '4XX': { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } }
        '5XX': { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/runs/{run_id}/campaign': {
    parameters: {}
    get: {
      parameters: { path: { 'run_id': string }; query?: never; header?: never; cookie?: never }
      requestBody?: never
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['RunCampaign'] } }
        '4XX': { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } }
        '5XX': { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/campaigns/{campaign}/runs': {
    parameters: {}
    get?: never
    put?: never
    post: {
      parameters: { path: { 'campaign': string }; query?: { 'params'?: string; 'limit'?: number; 'pause_after'?: string; 'skip_bad_rows'?: "true" | "false"; 'allow_static_ips'?: "true" | "false" }; header?: { 'Idempotency-Key'?: string }; cookie?: never }
      requestBody?: { content: { 'application/json': components['schemas']['RunStart']; 'application/x-ndjson': string; 'text/csv': string; 'text/tab-separated-values': string } }
      responses: {
        201: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['StartedRun'] } }
        '4XX': { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } }
        '5XX': { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/runs/{run_id}/pause': {
    parameters: {}
    get?: never
    put?: never
    post: {
      parameters: { path: { 'run_id': string }; query?: never; header?: { 'Idempotency-Key'?: string }; cookie?: never }
      requestBody?: never
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Run'] } }
        '4XX': { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } }
        '5XX': { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/runs/{run_id}/cancel': {
    parameters: {}
    get?: never
    put?: never
    post: {
      parameters: { path: { 'run_id': string }; query?: never; header?: { 'Idempotency-Key'?: string }; cookie?: never }
      requestBody?: never
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Run'] } }
        '4XX': { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } }
        '5XX': { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/runs/{run_id}/resume': {
    parameters: {}
    get?: never
    put?: never
    post: {
      parameters: { path: { 'run_id': string }; query?: never; header?: { 'Idempotency-Key'?: string }; cookie?: never }
      requestBody?: { content: { 'application/json': components['schemas']['Resume'] } }
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Run'] } }
        '4XX': { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } }
        '5XX': { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/runs/{run_id}/replay': {
    parameters: {}
    get?: never
    put?: never
    post: {
      parameters: { path: { 'run_id': string }; query?: never; header?: { 'Idempotency-Key'?: string }; cookie?: never }
      requestBody?: { content: { 'application/json': components['schemas']['Replay'] } }
      responses: {
        201: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Replayed'] } }
        '4XX': { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } }
        '5XX': { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/runs/{run_id}/results': {
    parameters: {}
    get: {
      parameters: { path: { 'run_id': string }; query?: { 'status'?: string; 'format'?: "ndjson" | "csv" }; header?: never; cookie?: never }
      requestBody?: never
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/x-ndjson': string; 'text/csv': string } }
        '4XX': { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } }
        '5XX': { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/runs/{run_id}/progress': {
    parameters: {}
    get: {
      parameters: { path: { 'run_id': string }; query?: never; header?: never; cookie?: never }
      requestBody?: never
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'text/event-stream': string } }
        '4XX': { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } }
        '5XX': { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/triggers': {
    parameters: {}
    get?: never
    put?: never
    post: {
      parameters: { path?: never; query?: never; header?: { 'Idempotency-Key'?: string }; cookie?: never }
      requestBody: { content: { 'application/json': components['schemas']['Trigger']; 'application/x-ndjson': string } }
      responses: {
        202: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Receipt'] } }
        '4XX': { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } }
        '5XX': { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/triggers/{source}': {
    parameters: {}
    get?: never
    put?: never
    post: {
      parameters: { path: { 'source': string }; query?: never; header: { 'webhook-id': string; 'webhook-timestamp': string; 'webhook-signature': string }; cookie?: never }
      requestBody: { content: { 'application/json': components['schemas']['Message'] } }
      responses: {
        202: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Receipt'] } }
        '4XX': { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } }
        '5XX': { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/holds': {
    parameters: {}
    get: {
      parameters: { path?: never; query?: never; header?: never; cookie?: never }
      requestBody?: never
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Holds'] } }
        '4XX': { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } }
        '5XX': { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/campaigns/{campaign}/release': {
    parameters: {}
    get?: never
    put?: never
    post: {
      parameters: { path: { 'campaign': string }; query?: never; header?: { 'Idempotency-Key'?: string }; cookie?: never }
      requestBody?: { content: { 'application/json': components['schemas']['Release'] } }
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['ReleasedHold'] } }
        '4XX': { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } }
        '5XX': { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/customers/export': {
    parameters: {}
    get?: never
    put?: never
    post: {
      parameters: { path?: never; query?: never; header?: { 'Idempotency-Key'?: string }; cookie?: never }
      requestBody: { content: { 'application/json': components['schemas']['Export'] } }
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': string } }
        '4XX': { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } }
        '5XX': { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/customers/erase': {
    parameters: {}
    get?: never
    put?: never
    post: {
      parameters: { path?: never; query?: never; header?: { 'Idempotency-Key'?: string }; cookie?: never }
      requestBody: { content: { 'application/json': components['schemas']['Erase'] } }
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Erased'] } }
        '4XX': { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } }
        '5XX': { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/me': {
    parameters: {}
    get: {
      parameters: { path?: never; query?: never; header?: never; cookie?: never }
      requestBody?: never
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Actor'] } }
        '4XX': { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } }
        '5XX': { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/tokens': {
    parameters: {}
    get: {
      parameters: { path?: never; query?: { 'limit'?: number; 'cursor'?: string }; header?: never; cookie?: never }
      requestBody?: never
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['TokenPage'] } }
        '4XX': { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } }
        '5XX': { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
    put?: never
    post: {
      parameters: { path?: never; query?: never; header?: { 'Idempotency-Key'?: string }; cookie?: never }
      requestBody: { content: { 'application/json': components['schemas']['NewToken'] } }
      responses: {
        201: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['MadeToken'] } }
        '4XX': { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } }
        '5XX': { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/tokens/{token_id}': {
    parameters: {}
    get?: never
    put?: never
    post?: never
    delete: {
      parameters: { path: { 'token_id': string }; query?: never; header?: never; cookie?: never }
      requestBody?: never
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['Token'] } }
        '4XX': { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } }
        '5XX': { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/v1/audit': {
    parameters: {}
    get: {
      parameters: { path?: never; query?: { 'limit'?: number; 'cursor'?: string }; header?: never; cookie?: never }
      requestBody?: never
      responses: {
        200: { headers: { [name: string]: unknown }; content: { 'application/json': components['schemas']['AuditPage'] } }
        '4XX': { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } }
        '5XX': { headers: { [name: string]: unknown }; content: { 'application/problem+json': components['schemas']['Problem'] } }
      }
    }
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
}
export interface components {
  schemas: {
    Activate: {
      version?: number
    }
    Validate: {
      /** Replace params of the campaign */
      params?: { [name: string]: unknown }
    }
    Preview: {
      /** The customer in that row of the audience, counted from 1. Default: 1 */
      row?: number
      /** The customer of that id, in place of a row */
      customer_id?: string
      /** Replace params of the campaign */
      params?: { [name: string]: unknown }
      /** Look for what is seldom meant, too */
      lint?: boolean
    }
    Test: {
      /** The customer in that row of the audience, counted from 1. Default: 1 */
      row?: number
      /** The customer of that id, in place of a row */
      customer_id?: string
      /** Replace params of the campaign */
      params?: { [name: string]: unknown }
    }
    DryRun: {
      /** Replace params of the campaign */
      params?: { [name: string]: unknown }
      /** Customers to look at, from the first */
      limit?: number | null
      skip_bad_rows?: boolean
    }
    RunStart: {
      /** A file in the campaign's folder, in place of the campaign's own audience */
      audience?: string
      /** By the file's name, when left out */
      format?: "ndjson" | "csv" | "tsv"
      /** Replace params of the campaign for this run */
      params?: { [name: string]: unknown }
      /** Interrupt the run after so many customers */
      limit?: number
      /** Pause the run after so many customers, or a share of them such as 1% */
      pause_after?: number | string
      /** Record rows that cannot be read as failed, and go on */
      skip_bad_rows?: boolean
      /** Agree to more than 100,000 requests over static IPs */
      allow_static_ips?: boolean
    }
    Resume: {
      /** Send again what may have arrived longer ago than the receiver remembers keys */
      resend_unknown?: boolean
    }
    Replay: {
      status?: ("failed" | "aborted")[]
      reason?: ("refused" | "client_error" | "hard_stop" | "conflict" | "exhausted" | "timeout" | "connect" | "reset" | "dns" | "tls" | "redirect" | "invalid_response" | "blocked" | "proxy" | "render" | "row" | "crash" | "changed" | "unknown" | "chunk_aborted" | "webhook_aborted" | "cancelled")[]
      /** Only these last answers, from and to included */
      http_status?: ({
        from: number
        to: number
      })[]
      /** New keys for all, also where the receiver may have the request */
      new_keys?: boolean
      count_only?: boolean
      /** Agree to more than 100,000 requests over static IPs */
      allow_static_ips?: boolean
    }
    Trigger: {
      /** Accepted once within seven days */
      id: string
      /** Such as `user.registered` */
      type: string
      customer: { [name: string]: unknown }
      /** Its own attributes */
      event?: { [name: string]: unknown }
      /** When it happened. Default: now */
      occurred_at?: string | null
    }
    Message: {
      type: string
      timestamp?: string | null
      /** The customer; or `customer`, and attributes of the event */
      data: { [name: string]: unknown }
    }
    Release: {
      /** End its run: whoever waits in it is aborted, and can be replayed */
      discard?: boolean
    }
    Export: {
      /** As reports show it */
      customer_id: string
    }
    Erase: {
      customer_ids: (string)[]
    }
    NewToken: {
      /** Who or what has it */
      name: string
      role: "admin" | "editor" | "operator" | "viewer" | "app"
      grants?: ("personal_data")[]
      /** Null: never */
      expires_at?: string | null
    }
    CampaignPage: {
      campaigns: (components['schemas']['CampaignSummary'])[]
      /** Where the next page begins; null on the last */
      next_cursor: string | null
    }
    CampaignSummary: {
      /** The name of the campaign's folder, by which it is called here */
      campaign: string
      /** As the file has it; null when that cannot be read */
      name: string | null
      trigger: "now" | "schedule" | "event" | null
      /** Of the campaign file alone: `validate` looks at all of it */
      problems: (components['schemas']['CampaignProblem'])[]
    }
    CampaignProblem: {
      file: string
      line: number | null
      column: number | null
      message: string
    }
    Campaign: {
      /** The name of the campaign's folder, by which it is called here */
      campaign: string
      /** As the file has it; null when that cannot be read */
      name: string | null
      trigger: "now" | "schedule" | "event" | null
      /** Of the campaign file alone: `validate` looks at all of it */
      problems: (components['schemas']['CampaignProblem'])[]
      schedule: {
        cron: string
        timezone: string
      } | null
      /** The event type that triggers it */
      event: string | null
      /** As written, unrendered */
      webhook: {
        method: string
        url: string
      } | null
      /** Relative to the campaign's folder; null when it comes otherwise */
      audience: string | null
      params: { [name: string]: unknown }
      /** The campaign file and what it names, by path; none while there are problems, which may be a secret */
      files: { [name: string]: string }
    }
    Activation: {
      /** As its file names it */
      campaign: string
      /** Null while nothing starts it by itself */
      active_version: number | null
      activated_at: string | null
      activated_by: string | null
      /** What its files are now; null while they have problems */
      current_version: number | null
      /** Of its schedule */
      next_due_at: string | null
    }
    CampaignVersions: {
      versions: (components['schemas']['CampaignVersion'])[]
      history: ({
        version: number
        activated_at: string
        activated_by: string
        deactivated_at: string | null
        deactivated_by: string | null
      })[]
    }
    CampaignVersion: {
      version: number
      made_at: string
      is_active: boolean
      /** By path */
      files: (string)[]
    }
    VersionDiff: {
      from: number
      to: number
      diff: string
    }
    Validation: {
      is_valid: boolean
      problems: (components['schemas']['CampaignProblem'])[]
      /** Problems beyond those listed */
      more: number
      warnings: (components['schemas']['Warning'])[]
      /** Null when there are problems, or no audience */
      audience: {
        customers: number
        duplicates: number
        suppressed: { [name: string]: number }
      } | null
    }
    Warning: {
      code: string
      message: string
      count: number
    }
    Previewed: {
      row: number
      customer_id: string
      status: "ready" | "suppressed" | "failed"
      reason: string | null
      message: string | null
      /** Secrets are masked; null when there is none */
      request: components['schemas']['ShownRequest'] | null
      findings: (components['schemas']['Finding'])[]
      /** Where the body prints otherwise than plain Jinja2 */
      differences: (components['schemas']['Difference'])[]
    }
    ShownRequest: {
      method: string
      url: string
      headers: ({
        name: string
        value: string
      })[]
      body: string | null
    }
    Finding: {
      code: "hand_escaping" | "python_words" | "loop_counter" | "untyped_flag" | "attribute_missing" | "path_without_fallback" | "method_name"
      file: string
      line: number
      column: number
      message: string
      excerpt: string
    }
    Difference: {
      file: string
      line: number
      column: number
      printed: string
      plain: string
    }
    Tested: {
      schema: 1
      campaign: string
      row: number
      customer_id: string | null
      request_id: string
      request: components['schemas']['ShownRequest'] | null
      answer: {
        http_status: number | null
        headers: { [name: string]: string }
        body: string
        is_truncated: boolean
      } | null
      code: string | null
      latency_ms: number | null
      /** Null while a run would try again */
      status: "sent" | "failed" | "suppressed" | null
      reason: string | null
      /** What a run would do, in words */
      judged: string | null
      properties: { [name: string]: unknown }
      warning: string | null
    }
    DryRunReport: {
      schema: 1
      campaign: string
      dry_run: true
      is_complete: boolean
      customers: number
      would_send: number
      would_fail: number
      suppressed: number
      deliveries: number
      failures: { [name: string]: number }
      failure_groups: ({
        reason: string
        message: string
        count: number
        rows: ({
          customer_id: string
          row: number
          file: string
          line: number | null
        })[]
      })[]
      suppressions: { [name: string]: number }
      duplicates: number
      missing_attributes: ({
        attribute: string
        customers: number
        share: number
        has_fallback: boolean
        places: (string)[]
      })[]
      lint: (components['schemas']['Finding'])[]
      differences_from_jinja: (components['schemas']['Difference'])[]
      body_bytes: {
        p50: number | null
        p99: number | null
        max: number | null
      }
      static_ips: {
        pool: string
        deliveries: number
        warned_above: number
        refused_above: number
        verdict: "fine" | "warned" | "refused"
      } | null
      predicted: {
        duration_ms: number
        assumed_latency_ms: number
        concurrency: number
        per_second: number | null
        limited_by: "concurrency" | "rate"
      }
      stops: ({
        rule: string
        chunk: number | null
        row: number
        message: string
      })[]
      warnings: (components['schemas']['Warning'])[]
      example: {
        customer_id: string
        row: number
        request: components['schemas']['ShownRequest']
      } | null
    }
    RunPage: {
      runs: (components['schemas']['RunSummary'])[]
      /** Where the next page begins; null on the last */
      next_cursor: string | null
    }
    RunSummary: {
      run_id: string
      campaign: string
      /** Later versions may have more */
      state: "running" | "paused" | "finished" | "aborted" | "interrupted" | "cancelled"
      started_at: string | null
      /** `sent` + `failed` + `aborted` + `suppressed` + `waiting` + `pending` */
      customers: number
      sent: number
      failed: number
      aborted: number
      suppressed: number
      /** For a retry */
      waiting: number
      /** Not begun */
      pending: number
    } | {
      run_id: string
      error: {
        code: string
        message: string
      }
    }
    Run: {
      schema: 1
      run_id: string
      campaign: string
      /** Later versions may have more */
      state: "running" | "paused" | "finished" | "aborted" | "interrupted" | "cancelled"
      started_at: string | null
      finished_at: string | null
      next_retry_at: string | null
      duration_ms: number | null
      /** `sent` + `failed` + `aborted` + `suppressed` + `waiting` + `pending` */
      customers: number
      sent: number
      failed: number
      aborted: number
      suppressed: number
      /** For a retry */
      waiting: number
      /** Not begun */
      pending: number
      /** With at least one attempt */
      deliveries: number
      attempts: number
      /** Attempts by status, or how there was none */
      codes: { [name: string]: number }
      /** Failed customers by reason */
      failures: { [name: string]: number }
      latency_ms: {
        p50: number | null
        p95: number | null
        p99: number | null
        max: number | null
      }
      slow_responses: number
      instant_retries: number
      in_doubt: number
      already_accepted: number
      lowest_concurrency: number
      resumed: number
      answers_overridden: { [name: string]: number }
      aborts: (components['schemas']['Abort'])[]
      warnings: (components['schemas']['Warning'])[]
    }
    Abort: {
      rule: string
      scope: "chunk" | "webhook"
      chunk: number | null
      http_status: number | null
      at: string
      message: string
      /** Empty for whoever may not see customers */
      samples: (string)[]
    }
    RunCampaign: {
      file: string
      /** Those replaced for this run */
      params: { [name: string]: unknown }
      /** The campaign file and what it names, by path */
      files: { [name: string]: string }
      /** Environment variables that it reads */
      secrets: (string)[]
    }
    StartedRun: {
      run_id: string
    }
    Replayed: {
      /** Of the new run; null when none was started */
      run_id: string | null
      replay_of: string
      customers: number
      by_status: { [name: string]: number }
      by_reason: { [name: string]: number }
      /** Those whose request stays the same, key and bytes */
      kept: number
      /** Left out, as a replay has sent to them before */
      sent_since: number
    }
    Receipt: {
      accepted: number
      /** Of an id that was accepted within the last seven days */
      duplicate: number
      /** No active campaign listens to their type: their ids may come again */
      unmatched: number
      errors: ({
        line: number
        message: string
      })[]
      /** Beyond those listed */
      more_errors: number
    }
    Holds: {
      holds: (components['schemas']['WaitingHold'])[]
    }
    WaitingHold: {
      campaign: string
      /** Null when no run could be opened */
      run_id: string | null
      rule: string
      message: string
      held_at: string
      /** Triggers behind those that are in its run */
      waiting: number
    }
    ReleasedHold: {
      campaign: string
      /** Null when no run could be opened */
      run_id: string | null
      rule: string
      message: string
      held_at: string
      /** What those in its run are called with; null when it has none */
      run_version: number | null
      /** What its files are now; null while they have problems */
      current_version: number | null
    }
    Erased: {
      schema: 1
      /** Ids that were asked for */
      customers: number
      /** Those of them that something was held of */
      found: number
      runs: ({
        run_id: string
        rows: number
        named_by_row_number: number
        is_named_in_campaign: boolean
      })[]
      /** Of them that waited in the inbox, and were dropped; never null here */
      triggers: number | null
      left: ({
        run_id: string
        error: {
          code: string
          message: string
        }
      })[]
    }
    Actor: {
      token_id: string
      name: string
      role: "admin" | "editor" | "operator" | "viewer" | "app"
      grants: ("personal_data")[]
    }
    TokenPage: {
      tokens: (components['schemas']['Token'])[]
      /** Where the next page begins; null on the last */
      next_cursor: string | null
    }
    Token: {
      id: string
      name: string
      role: "admin" | "editor" | "operator" | "viewer" | "app"
      /** `personal_data`: a viewer sees customers, too */
      grants: ("personal_data")[]
      /** How the token begins */
      prefix: string
      made_at: string
      /** Id of the token that made it */
      made_by: string | null
      expires_at: string | null
      revoked_at: string | null
      /** To about a minute */
      used_at: string | null
    }
    MadeToken: {
      id: string
      name: string
      role: "admin" | "editor" | "operator" | "viewer" | "app"
      /** `personal_data`: a viewer sees customers, too */
      grants: ("personal_data")[]
      /** How the token begins */
      prefix: string
      made_at: string
      /** Id of the token that made it */
      made_by: string | null
      expires_at: string | null
      revoked_at: string | null
      /** To about a minute */
      used_at: string | null
      /** The token itself, `hc_…` */
      token: string | null
    }
    AuditPage: {
      entries: (components['schemas']['AuditEntry'])[]
      /** Where the next page begins; null on the last */
      next_cursor: string | null
    }
    AuditEntry: {
      id: string
      at: string
      actor: {
        token_id: string
        name: string
      }
      /** Such as `run.started` */
      action: string
      /** The id or name of what it was done to; never that of a customer */
      subject: string | null
      detail: { [name: string]: unknown }
    }
    Problem: {
      /** Leads to the page that explains the code */
      type: string
      title: string
      status: number
      detail: string
      /** Programs match on this */
      code: "HOOKCAST_USAGE" | "HOOKCAST_CAMPAIGN_INVALID" | "HOOKCAST_CONFIG_INVALID" | "HOOKCAST_AUDIENCE_INVALID" | "HOOKCAST_STATIC_IPS" | "HOOKCAST_TEMPLATE_INVALID" | "HOOKCAST_TEMPLATE_RENDER" | "HOOKCAST_SERVICE_RUNNING" | "HOOKCAST_CAMPAIGN_UNKNOWN" | "HOOKCAST_CAMPAIGN_STATE" | "HOOKCAST_TRIGGER_INVALID" | "HOOKCAST_RUN_UNKNOWN" | "HOOKCAST_RUN_IN_USE" | "HOOKCAST_RUN_STATE" | "HOOKCAST_LEDGER_UNUSABLE" | "HOOKCAST_STORAGE_FULL" | "HOOKCAST_BACKUP_UNUSABLE" | "HOOKCAST_OUTPUT_LOST" | "HOOKCAST_LOCAL_TROUBLE" | "HOOKCAST_SENDER_LOST" | "HOOKCAST_REDIS_UNUSABLE" | "HOOKCAST_SECRET_SEALED" | "HOOKCAST_API_REQUEST" | "HOOKCAST_API_UNKNOWN" | "HOOKCAST_API_DENIED" | "HOOKCAST_API_LIMIT" | "HOOKCAST_API_KEY" | "HOOKCAST_EVENTS_REFUSED" | "HOOKCAST_INTERRUPTED" | "HOOKCAST_UNEXPECTED"
      todo: string
      /** Each thing wrong: a place in the request or in a file, and what was expected there */
      problems: ({
        at: string
        message: string
      })[]
    }
    Progress: {
      run_id: string
      /** Later versions may have more */
      state: "running" | "paused" | "finished" | "aborted" | "interrupted" | "cancelled"
      /** Known so far */
      customers: number
      audience_complete: boolean
      sent: number
      failed: number
      aborted: number
      suppressed: number
      /** The most lately */
      in_flight: number
      per_second: number | null
      next_retry_at: string | null
    }
    Result: {
      customer_id: string
      status: "sent" | "failed" | "aborted" | "suppressed"
      reason: string | null
      run_id: string
      campaign: string
      chunk: number
      seq: number
      request_id: string
      attempts: number
      http_status: number | null
      error_code: string | null
      message: string | null
      result_code: string | null
      result_status: string | null
      in_doubt: boolean
      abort_rule: string | null
      latency_ms: number | null
      batch_size: number
      occurred_at: string
      properties: { [name: string]: unknown }
    }
  }
}
