/**
 * The connector core of Dossier: the only door for both products. Types first, then what makes and moves things.
 */

export type { ConnectionSecrets, ProxySettings, ProxyType } from './connection/base.ts';
export {
  authorize,
  type Connection,
  type ConnectionKind,
  canRevoke,
  openDrive,
  parseConnection,
  revoke,
} from './connection/connection.ts';
export { type DropboxApp, type DropboxAuthEndpoints, dropboxRedirectUris } from './connection/dropboxApp.ts';
export {
  beginDropboxSignIn,
  type DropboxSignIn,
  dropboxCode,
  finishDropboxSignIn,
} from './connection/dropboxSignIn.ts';
export { dropboxAppOf, dropboxAuthOf } from './connection/kinds/dropbox.ts';
export { nextcloudUserId } from './connection/nextcloudAccount.ts';
export {
  awaitNextcloudLogin,
  beginNextcloudLogin,
  type GrantedLogin,
  type PendingLogin,
} from './connection/nextcloudLogin.ts';
export { candidates, findNextcloud, firstNextcloud, type NextcloudServer } from './connection/nextcloudServer.ts';
export { entryOfLink } from './connection/pastedLink.ts';
export * from './connection/test/index.ts';
export {
  concatBytes,
  drain,
  equalBytes,
  fromHex,
  fromUtf8,
  fromUtf8Lossy,
  readBytes,
  toHex,
  utf8,
} from './core/bytes.ts';
export {
  DossierError,
  type DossierErrorDetails,
  describe,
  type ErrorCode,
  errorCodes,
  isDossierError,
  type RetryAdvice,
  type Said,
  throwIfCancelled,
  toDossierError,
} from './core/errors.ts';
export {
  type ContentHasher,
  contentHashBlock,
  contentHashOf,
  createContentHasher,
  type Digests,
  digestsOf,
  sha256Hex,
} from './core/hashing.ts';
export { canonicalJson, isRecord, type Json, jsonBytes, parseJson, parseJsonBytes } from './core/json.ts';
export { distinctNames, foldedName, numberedName, type PortableNameOptions, portableName } from './core/names.ts';
export {
  type DrivePath,
  isWithin,
  joinPath,
  nameOf,
  namesOf,
  parentOf,
  parseName,
  parsePath,
  parseStoredPath,
  printable,
  rootPath,
} from './core/paths.ts';
export {
  type Clock,
  type FileKind,
  type FileStat,
  type FilesPort,
  type HttpPort,
  type HttpRequest,
  type HttpResponse,
  type Log,
  type LogLevel,
  type RandomBytes,
  type SizedBody,
  silentLog,
} from './core/ports.ts';
export { redact } from './core/redact.ts';
export { defaultRetryPolicy, type RetryOptions, type RetryPolicy, retry } from './core/retry.ts';
export { type Saying, type Sentence, say, type Translate, toText } from './core/sentence.ts';
export { isInStore, type StoreFolders, storeFolders } from './core/storeFolder.ts';
export { transportError } from './core/transportError.ts';
export { type ExportFile, zipOf } from './core/zip.ts';
export type { Capabilities, UploadCapabilities } from './drive/capabilities.ts';
export type { Change, ChangePage, Cursor } from './drive/changes.ts';
export type { ChangesOptions, Context, Drive, ListOptions } from './drive/drive.ts';
export { ensureFolder } from './drive/ensureFolder.ts';
export type { Account, Entry, EntryRef, FileEntry, FolderEntry } from './drive/entry.ts';
export { digestsOfSource } from './drive/hashSource.ts';
export { type ExportPlace, placeExport } from './drive/placeExport.ts';
export { type ByteSource, bytesSource } from './drive/source.ts';
export type { Unreadable } from './drive/unreadable.ts';
export type {
  Commit,
  Committed,
  Outcome,
  Piece,
  Proof,
  ProofMethod,
  UploadRequest,
  UploadSession,
  UploadTarget,
} from './drive/uploadSession.ts';
export { createLocalFolderDrive, type LocalFolderOptions } from './drives/localFolder/index.ts';
export { kind as localFolderKind } from './drives/localFolder/uploads.ts';
export { createMemoryDrive, createMemoryStorage, type MemoryStorage } from './drives/memory/index.ts';
export type { LedgerRecord, LedgerService } from './ledger/backends/backend.ts';
export type { DatatrailsAccess } from './ledger/backends/datatrails/api.ts';
export {
  createDatatrailsLedger,
  type DatatrailsLedger,
  type DatatrailsOptions,
  type PublicMatch,
} from './ledger/backends/datatrails/index.ts';
export { createEmbeddedLedger } from './ledger/backends/embedded.ts';
export { createRekorLedger, type RekorLedger, type RekorOptions } from './ledger/backends/rekor/index.ts';
export { exportHistory, type HistoryRequest } from './ledger/export/exportHistory.ts';
export { type Published, type PublishMemory, type PublishOptions, publishLedger } from './ledger/export/publish.ts';
export { type CosignFiles, cosignCommand } from './ledger/export/verificationPage.ts';
export { encodeTrustedRoot, type PublicKeys, type Rotation, type Trust } from './ledger/identity/trust.ts';
export { eraseDisclosures, listDisclosures, verifyDisclosure } from './ledger/log/disclosures.ts';
export type { Log as LedgerLog, Occurrence, Recorded } from './ledger/log/log.ts';
export { findLedger, type Ledger, type LedgerPorts, ledgerName, openLedger } from './ledger/openLedger.ts';
export { followRotations } from './ledger/receipt/followRotations.ts';
export { type Level, type LevelMeaning, levels } from './ledger/receipt/levels.ts';
export {
  fingerprintOf,
  joinTrusts,
  type PinRequest,
  parseStatementKey,
  parseTrustedRoot,
  pinTrust,
} from './ledger/receipt/pinTrust.ts';
export { createReceipt, encodeReceipt, parseReceipt, type Receipt } from './ledger/receipt/receipt.ts';
export { type PartVerdict, type ReceiptVerdict, verifyReceipt } from './ledger/receipt/verifyReceipt.ts';
export { type RecordedReport, recordReport } from './ledger/recordReport.ts';
export { rotateKeys } from './ledger/rotateKeys.ts';
export { type LogIdentity, parseVerifierKey, verifierKey } from './ledger/signing/checkpoint.ts';
export { statementKeyPem } from './ledger/signing/signingKeys.ts';
export { type AssetIdentity, assetId } from './ledger/statement/asset.ts';
export type { MaskedClaim } from './ledger/statement/mask.ts';
export {
  type FileEvent,
  type LedgerEvent,
  parseStatement,
  predicateType,
  type Statement,
  type SubjectDigests,
} from './ledger/statement/statement.ts';
export {
  parseTimestampAuthority,
  parseTimestampChain,
  type TimestampAuthority,
  type Timestamping,
  timeStampReceipt,
} from './ledger/timestamp/authority.ts';
export { trustedTime } from './ledger/timestamp/timestamp.ts';
export {
  bestReceiptOf,
  type MadeReceipt,
  receiptOf,
  stampedReceiptOf,
  timeStampCheckpoint,
  vouchForRecorded,
} from './ledger/timestampStore.ts';
export { type AuditFinding, type AuditOptions, auditLedger, auditLog } from './ledger/verify/auditLog.ts';
export { readPublished } from './ledger/verify/readPublished.ts';
export {
  type HistoryItem,
  type KnownVersion,
  type Question,
  type Verdict,
  verifyInLedger,
  verifyInLog,
  verifyWithReceipt,
} from './ledger/verify/verify.ts';
export { findInTiles, type TileReader, verifyInTiles } from './ledger/verify/verifyInTiles.ts';
export {
  openPublished,
  type PublishedLedger,
  type PublishedQuestion,
  type PublishedVerdict,
  type PublishedVersion,
  type Standing,
} from './ledger/verify/verifyPublished.ts';

export { type AttestOptions, type AttestProgress, attestLink } from './link/attest.ts';
export { type GuessableFile, type GuessReason, guessable } from './link/guessable.ts';
export type { KnownFile } from './link/knownFile.ts';
export {
  type HashPolicy,
  hashPolicies,
  isActive as isLinked,
  type Link,
  type Privacy,
  privacies,
} from './link/link.ts';
export { createLinkStore, type LinkStore } from './link/linkStore.ts';
export {
  createLinks,
  type LinkFilter,
  type LinkRequest,
  type Links,
  type LinksOptions,
  planLinks,
} from './link/links.ts';
export type { LinkWork } from './link/linkWork.ts';
export type { Unread } from './link/unread.ts';
export { type RecordedChange, type WalkOptions, type WalkProgress, walkLink } from './link/walk.ts';
export {
  forgetMirror,
  type LastRun,
  type MirrorStatus,
  putConflictsAway,
  readStatus as readMirrorStatus,
  type StoredConflict,
} from './mirror/memory.ts';
export {
  type ConflictRule,
  conflictReasons,
  conflictRules,
  type DeletionRule,
  deletionRules,
  type MirrorAction,
  type MirrorConflict,
  type MirrorContext,
  type MirroredVersion,
  type MirrorJob,
  type MirrorPlan,
  type MirrorPorts,
  type MirrorProgress,
  type MirrorReason,
  type MirrorResult,
  type MirrorRules,
  type MirrorSide,
  type MirrorStep,
  type MirrorSummary,
  usualRules,
} from './mirror/mirror.ts';
export { type RecordingPorts, recordVersions } from './mirror/record.ts';
export { mirrorId, planMirror, runMirror } from './mirror/runMirror.ts';
export { type AuditResult, type AuditStep, type AuditWork, auditEverything } from './publication/auditEverything.ts';
export {
  createPublications,
  fingerprintInLink,
  folderAddress,
  type Publication,
  type PublicationPlace,
  type Publications,
  verificationLink,
} from './publication/publication.ts';
export { makeEntryPublic, publicEntries, publicPart } from './publication/publicEntries.ts';
export {
  makeReportPublic,
  type PublishByItself,
  type PublishOutcome,
  publishByItself,
} from './publication/publishByItself.ts';
export { type PublishWork, publishTo } from './publication/publishTo.ts';
export { checkFolder } from './report/check/checkFolder.ts';
export type { Difference, FolderVerdict } from './report/check/difference.ts';
export { driveFolder, type FolderReader, type FoundFile } from './report/check/folderReader.ts';
export { companionsOf } from './report/content/companions.ts';
export { createDeliveryJournal, type Delivery, type DeliveryJournal } from './report/content/delivery.ts';
export { isTextEncoding } from './report/content/description.ts';
export { checksumsName, crateName, fileNames, manifestName, receiptName } from './report/content/fileNames.ts';
export { folderName } from './report/content/folderName.ts';
export { type Manifest, parseManifest } from './report/content/manifest.ts';
export type { AppendSubmission, DeliveredFile, Submission } from './report/content/submission.ts';
export { confirmProgress } from './report/deliver/confirmProgress.ts';
export { submit } from './report/deliver/submit.ts';
export type { SubmitEvent } from './report/deliver/submitEvent.ts';
export { reportIdOfKey, submitOnce } from './report/deliver/submitOnce.ts';
export type { SubmitOrder } from './report/deliver/submitOrder.ts';
export {
  type Interruption,
  interruptionError,
  interruptionOf,
  type MendingAction,
} from './report/model/interruption.ts';
export {
  allowed,
  placeOf,
  type ReportEvent,
  type ReportPlace,
  type ReportState,
  transition,
} from './report/model/lifecycle.ts';
export {
  type Attachment,
  type Destination,
  newReport,
  parseContent,
  parseReport,
  type Report,
  type ReportContent,
} from './report/model/report.ts';
export { createReportId, isReportId } from './report/model/reportId.ts';
export {
  compareReports,
  createReports,
  type ReportFilter,
  type ReportList,
  type Reports,
  reportChange,
  reportKey,
  type StoredReport,
} from './report/model/reports.ts';
export type { AttachmentSources } from './report/model/sources.ts';
export type { Actions as OutboxActions, Replacement } from './report/outbox/actions.ts';
export { type Copies, copyKind, createCopies, sourcesByKind } from './report/outbox/copies.ts';
export { createOutbox, type Outbox, type OutboxEvent, type OutboxOptions } from './report/outbox/outbox.ts';
export type { ReportDestination } from './report/outbox/sending.ts';
export { checkChanges, conflictOver } from './state/changes.ts';
export { checkKey, checkPrefix } from './state/key.ts';
export { createMemoryState } from './state/memory.ts';
export { createDriveState, type DriveStateOptions } from './state/onDrive/index.ts';
export type { StateChange, StateRecord, StateStore } from './state/state.ts';
export type { UploadJournal, UploadProgress, UploadRecord } from './upload/upload.ts';
export { createUploader } from './upload/uploader.ts';
export { createEncryptedState } from './vault/encryptedState.ts';
export { createKey, type DossierKey, deriveSecret, formatKey, type KeyPurpose, parseKey } from './vault/key.ts';
export { createStoreCipher } from './vault/storeCipher.ts';
export { createVault, type Vault } from './vault/vault.ts';
export { type Coalescer, type CoalescerOptions, createCoalescer } from './webhook/coalescer.ts';
export { accountsOfNotice, answerChallenge, isSignedByDropbox, type WebhookAnswer } from './webhook/dropbox.ts';
export { isNextcloudSecret, nextcloudSecretHeader } from './webhook/nextcloud.ts';
export { copiesIn, lateCopies } from './workspace/copies.ts';
export type { HeadMemory } from './workspace/headMemory.ts';
export type { LinkedFolders, WalkWishes } from './workspace/linkedFolders.ts';
export { acceptsKey, holdsStore, opens, storesAround } from './workspace/places.ts';
export {
  createWorkspace,
  openWorkspace,
  type Workspace,
  type WorkspaceOutboxOptions,
  type WorkspaceParts,
  type WorkspaceSettings,
} from './workspace/workspace.ts';
