/**
 * The connector core of Dossier: the only door for both products. Types first, then what makes and moves things.
 */
export { concatBytes, drain, equalBytes, fromHex, fromUtf8, fromUtf8Lossy, readBytes, toHex, utf8 } from './core/bytes.ts';
export { DossierError, type DossierErrorDetails, type ErrorCode, errorCodes, isDossierError, type RetryAdvice, throwIfCancelled, toDossierError } from './core/errors.ts';
export { contentHashBlock, contentHashOf, type ContentHasher, createContentHasher, type Digests, digestsOf, sha256Hex } from './core/hashing.ts';
export { canonicalJson, isRecord, type Json, jsonBytes, parseJson, parseJsonBytes } from './core/json.ts';
export { distinctNames, foldedName, numberedName, portableName, type PortableNameOptions } from './core/names.ts';
export { type DrivePath, isWithin, joinPath, nameOf, namesOf, parentOf, parseName, parsePath, printable, rootPath } from './core/paths.ts';
export { isInStore, type StoreFolders, storeFolders } from './core/storeFolder.ts';
export {
  type Clock,
  type FileKind,
  type FilesPort,
  type FileStat,
  type HttpPort,
  type HttpRequest,
  type HttpResponse,
  type Log,
  type LogLevel,
  type RandomBytes,
  silentLog,
  type SizedBody,
} from './core/ports.ts';
export { redact } from './core/redact.ts';
export { defaultRetryPolicy, retry, type RetryOptions, type RetryPolicy } from './core/retry.ts';
export { transportError } from './core/transportError.ts';

export { authorize, type AuthorizePorts, dropboxAppOf, dropboxAuthOf } from './connection/authorize.ts';
export { type Connection, type ConnectionKind, type ConnectionSecrets, parseConnection, type ProxySettings, type ProxyType } from './connection/connection.ts';
export { type DropboxApp, type DropboxAuthEndpoints, dropboxRedirectUris } from './connection/dropboxApp.ts';
export { beginDropboxSignIn, dropboxCode, type DropboxSignIn, finishDropboxSignIn, revokeDropboxSignIn } from './connection/dropboxSignIn.ts';
export { createTokenSource } from './connection/dropboxTokens.ts';
export { nextcloudUserId, revokeAppPassword } from './connection/nextcloudAccount.ts';
export { awaitNextcloudLogin, beginNextcloudLogin, type GrantedLogin, type PendingLogin } from './connection/nextcloudLogin.ts';
export { findNextcloud, type NextcloudServer } from './connection/nextcloudServer.ts';
export { openDrive, type OpenPorts } from './connection/open.ts';

export type { Capabilities, UploadCapabilities } from './drive/capabilities.ts';
export type { Change, ChangePage, Cursor } from './drive/changes.ts';
export type { Context, Drive } from './drive/drive.ts';
export type { Account, Entry, EntryRef, FileEntry, FolderEntry } from './drive/entry.ts';
export { digestsOfSource } from './drive/hashSource.ts';
export { type ByteSource, bytesSource } from './drive/source.ts';
export type { Commit, Committed, Outcome, Piece, Proof, ProofMethod, UploadRequest, UploadSession, UploadTarget } from './drive/uploadSession.ts';

export { createLocalFolderDrive, type LocalFolderOptions } from './drives/localFolder/index.ts';
export { createMemoryDrive, createMemoryStorage, type MemoryStorage } from './drives/memory/index.ts';

export { assetId, type AssetIdentity } from './ledger/asset.ts';
export { auditLedger, auditLog, type AuditFinding, type AuditOptions } from './ledger/auditLog.ts';
export { type LogIdentity, parseVerifierKey, verifierKey } from './ledger/checkpoint.ts';
export { eraseDisclosures, listDisclosures, verifyDisclosure } from './ledger/disclosures.ts';
export { type Level, type LevelMeaning, levels } from './ledger/levels.ts';
export type { Log as LedgerLog, Occurrence, Recorded } from './ledger/log.ts';
export { findLedger, type Ledger, ledgerName, type LedgerPorts, openLedger } from './ledger/openLedger.ts';
export { exportHistory, type HistoryRequest } from './ledger/exportHistory.ts';
export type { MaskedClaim } from './ledger/mask.ts';
export { followRotations } from './ledger/followRotations.ts';
export { fingerprintOf, joinTrusts, parseStatementKey, parseTrustedRoot, type PinRequest, pinTrust } from './ledger/pinTrust.ts';
export { type ExportPlace, placeExport } from './ledger/placeExport.ts';
export { publishLedger, type PublishOptions } from './ledger/publish.ts';
export { createReceipt, encodeReceipt, parseReceipt, type Receipt } from './ledger/receipt.ts';
export { recordReport, type RecordedReport } from './ledger/recordReport.ts';
export { bestReceiptOf, type MadeReceipt, receiptOf, stampedReceiptOf, timeStampCheckpoint, vouchForRecorded } from './ledger/stamps.ts';
export { type FileEvent, type LedgerEvent, parseStatement, predicateType, type Statement, type SubjectDigests } from './ledger/statement.ts';
export { parseTimestampAuthority, parseTimestampChain, type TimestampAuthority, type Timestamping, timeStampReceipt } from './ledger/timestampAuthority.ts';
export { rotateKeys } from './ledger/rotateKeys.ts';
export { encodeTrustedRoot, type PublicKeys, type Rotation, type Trust } from './ledger/trust.ts';
export { cosignCommand, type CosignFiles } from './ledger/verificationPage.ts';
export { type HistoryItem, type KnownVersion, type Question, type Verdict, verifyInLedger, verifyInLog, verifyWithReceipt } from './ledger/verify.ts';
export { findInTiles, type TileReader, verifyInTiles } from './ledger/verifyInTiles.ts';
export { type PartVerdict, type ReceiptVerdict, verifyReceipt } from './ledger/verifyReceipt.ts';
export { type ExportFile, zipOf } from './ledger/zip.ts';

export type { DatatrailsAccess } from './ledgers/datatrails/api.ts';
export { createDatatrailsLedger, type DatatrailsLedger, type DatatrailsOptions, type PublicMatch } from './ledgers/datatrails/index.ts';
export { createEmbeddedLedger } from './ledgers/embedded.ts';
export type { LedgerRecord, LedgerService } from './ledgers/ledger.ts';
export { createRekorLedger, type RekorLedger, type RekorOptions } from './ledgers/rekor/index.ts';

export { type AttestOptions, type AttestProgress, attestLink } from './link/attest.ts';
export { guessable, type GuessableFile, type GuessReason } from './link/guessable.ts';
export { publicEvents } from './link/privacy.ts';
export { hashPolicies, type HashPolicy, isActive as isLinked, type Link, privacies, type Privacy } from './link/link.ts';
export type { KnownFile } from './link/knownFile.ts';
export { createLinkStore, type LinkStore } from './link/linkStore.ts';
export type { LinkWork } from './link/linkWork.ts';
export { createLinks, type LinkFilter, type LinkRequest, type Links, type LinksOptions, planLinks } from './link/links.ts';
export { type RecordedChange, walkLink, type WalkOptions, type WalkProgress } from './link/walk.ts';

export type { Actions as OutboxActions, Replacement } from './report/actions.ts';
export { confirmProgress } from './report/confirmProgress.ts';
export { type Copies, copyKind, createCopies, sourcesByKind } from './report/copies.ts';
export { createDeliveryJournal, type Delivery, type DeliveryJournal } from './report/delivery.ts';
export { isTextEncoding } from './report/description.ts';
export { type Interruption, interruptionOf, type MendingAction } from './report/interruption.ts';
export { allowed, placeOf, type ReportEvent, type ReportPlace, type ReportState, transition } from './report/lifecycle.ts';
export { createOutbox, type Outbox, type OutboxEvent, type OutboxOptions } from './report/outbox.ts';
export { type Attachment, type Destination, newReport, parseContent, parseReport, type Report, type ReportContent } from './report/report.ts';
export { createReportId, isReportId } from './report/reportId.ts';
export { compareReports, createReports, reportChange, type ReportFilter, reportKey, type ReportList, type Reports, type StoredReport } from './report/reports.ts';
export { manifestName, receiptName } from './report/fileNames.ts';
export { type Manifest, parseManifest } from './report/manifest.ts';
export type { ReportDestination } from './report/sending.ts';
export type { AttachmentSources } from './report/sources.ts';
export type { AppendSubmission, DeliveredFile, Submission } from './report/submission.ts';
export { submit } from './report/submit.ts';
export type { SubmitOrder } from './report/submitOrder.ts';
export type { SubmitEvent } from './report/submitEvent.ts';

export { checkChanges, conflictOver } from './state/changes.ts';
export { checkKey, checkPrefix } from './state/key.ts';
export { createMemoryState } from './state/memory.ts';
export { createDriveState, type DriveStateOptions } from './state/onDrive/index.ts';
export type { StateChange, StateRecord, StateStore } from './state/state.ts';

export type { UploadJournal, UploadProgress, UploadRecord } from './upload/upload.ts';
export { createUploader } from './upload/uploader.ts';

export { createEncryptedState } from './vault/encryptedState.ts';
export { createKey, deriveSecret, type DossierKey, formatKey, type KeyPurpose, parseKey } from './vault/key.ts';
export { createVault, type Vault } from './vault/vault.ts';

export { type Coalescer, type CoalescerOptions, createCoalescer } from './webhook/coalescer.ts';
export { accountsOfNotice, answerChallenge, isSignedByDropbox, type WebhookAnswer } from './webhook/dropbox.ts';
export { isNextcloudSecret, nextcloudSecretHeader } from './webhook/nextcloud.ts';
