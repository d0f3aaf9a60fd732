/**
 * The door of the tests: what they need of the core beyond what the hosts use. Tests of one file import that file.
 */

// The ground: errors as sentences, bytes, hashes, JSON, names and paths, retries, and the ports that a host fills.
export { equalBytes, toHex } from './core/bytes.ts';
export { errorCodes } from './core/errors.ts';
export { contentHashOf, digestsOf } from './core/hashing.ts';
export { silentLog } from './core/ports.ts';

// The contract of a drive. A drive is one kind of storage; what it can do is said by its capabilities.
export { type ChangePage, type Cursor } from './drive/changes.ts';
export { type UploadSession, type UploadTarget } from './drive/uploadSession.ts';

// Drives that a host makes without a connection.
export { createMemoryDrive, createMemoryStorage, type MemoryStorage } from './drives/memory/index.ts';
// The ledger: statements, receipts, verification, time stamps.
export { eraseDisclosures } from './ledger/log/disclosures.ts';
export { findLedger, type LedgerPorts, openLedger } from './ledger/openLedger.ts';
export { followRotations } from './ledger/receipt/followRotations.ts';
export { parseStatementKey, parseTrustedRoot } from './ledger/receipt/pinTrust.ts';
export { createReceipt } from './ledger/receipt/receipt.ts';
export { verifyReceipt } from './ledger/receipt/verifyReceipt.ts';
export { rotateKeys } from './ledger/rotateKeys.ts';
export { predicateType } from './ledger/statement/statement.ts';
export { timeStampReceipt } from './ledger/timestamp/authority.ts';
export { stampedReceiptOf, timeStampCheckpoint } from './ledger/timestampStore.ts';
export { auditLedger } from './ledger/verify/auditLog.ts';
// Linked folders, whose changes are recorded.
export { createLinkStore } from './link/linkStore.ts';
export { createLinks } from './link/links.ts';
export { walkLink } from './link/walk.ts';
// Reports: title, description and attachments, from the draft to the destination.
export { createDeliveryJournal } from './report/content/delivery.ts';
export { confirmProgress } from './report/deliver/confirmProgress.ts';
export { submit } from './report/deliver/submit.ts';
export { transition } from './report/model/lifecycle.ts';
export { createReports } from './report/model/reports.ts';
export { createCopies, sourcesByKind } from './report/outbox/copies.ts';
export { createOutbox } from './report/outbox/outbox.ts';
export { type ReportDestination } from './report/outbox/sending.ts';
// Records with compare-and-swap, on which everything that is kept rests.
export { createMemoryState } from './state/memory.ts';
export { type DriveStateOptions } from './state/onDrive/index.ts';
// Keys, and what is encrypted with them.
export { deriveSecret, formatKey, type KeyPurpose } from './vault/key.ts';
export { createStoreCipher } from './vault/storeCipher.ts';
