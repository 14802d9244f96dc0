/**
 * Customers' personal data in the data folder: everything that is held of one, and its erasure.
 *
 * `docs/personal-data.md` tells what is held where; how long is up to the runner's `removeExpiredRuns`.
 */
export { eraseCustomers, type ErasureInService, type ErasureReport } from './erase-customers.ts'
export { exportCustomer } from './export-customer.ts'
