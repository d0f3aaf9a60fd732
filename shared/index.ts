/**
 * The connector core of Dossier: the only door for both products. What no host uses is not here; tests have a door of
 * their own, `testing.ts`.
 */

// Connections: what a user configured, how one signs in to it, and the drive that it leads to.
export { type ConnectionSecrets, type ProxySettings, type ProxyType } from './connection/base.ts';
export {
  authorize,
  type Connection,
  type ConnectionKind,
  canRevoke,
  openDrive,
  parseConnection,
  revoke,
} from './connection/connection.ts';
export { dropboxRedirectUris } from './connection/dropboxApp.ts';
export {
  beginDropboxSignIn,
  type DropboxSignIn,
  dropboxCode,
  finishDropboxSignIn,
} from './connection/dropboxSignIn.ts';
export { dropboxAppOf, dropboxAuthOf } from './connection/kinds/dropbox.ts';
export { nextcloudUserId } from './connection/nextcloudAccount.ts';
export { awaitNextcloudLogin, beginNextcloudLogin } from './connection/nextcloudLogin.ts';
export { candidates, findNextcloud, firstNextcloud } from './connection/nextcloudServer.ts';
export { entryOfLink } from './connection/pastedLink.ts';
export * from './connection/test/index.ts';
// The ground: errors as sentences, bytes, hashes, JSON, names and paths, retries, and the ports that a host fills.
export { fromUtf8, readBytes, utf8 } from './core/bytes.ts';
export {
  DossierError,
  describe,
  type ErrorCode,
  isDossierError,
  type RetryAdvice,
  type Said,
  throwIfCancelled,
  toDossierError,
} from './core/errors.ts';
export { createContentHasher, type Digests, sha256Hex } from './core/hashing.ts';
export { canonicalJson, isRecord, type Json, jsonBytes, parseJson, parseJsonBytes } from './core/json.ts';
export { distinctNames, foldedName, portableName } from './core/names.ts';
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
  rootPath,
} from './core/paths.ts';
export {
  type Clock,
  type FileStat,
  type FilesPort,
  type HttpPort,
  type HttpRequest,
  type HttpResponse,
  type Log,
  type SizedBody,
} from './core/ports.ts';
export { redact } from './core/redact.ts';
export { type RetryPolicy, retry } from './core/retry.ts';
export { type Saying, type Sentence, say, type Translate, toText } from './core/sentence.ts';
export { isInStore, storeFolders } from './core/storeFolder.ts';
export { transportError } from './core/transportError.ts';
export { zipOf } from './core/zip.ts';

// The contract of a drive. A drive is one kind of storage; what it can do is said by its capabilities.
export { type Change } from './drive/changes.ts';
export { type Context, type Drive } from './drive/drive.ts';
export { ensureFolder } from './drive/ensureFolder.ts';
export { type Entry, type EntryRef, type FileEntry, type FolderEntry } from './drive/entry.ts';
export { digestsOfSource } from './drive/hashSource.ts';
export { permissionsOf } from './drive/permissions.ts';
export { type ByteSource, bytesSource } from './drive/source.ts';
export { type Unreadable } from './drive/unreadable.ts';
export { unzip } from './drive/unzip.ts';
export { type Committed, type Outcome, type Proof, type ProofMethod } from './drive/uploadSession.ts';

// Drives that a host makes without a connection.
export { createLocalFolderDrive } from './drives/localFolder/index.ts';
export { kind as localFolderKind } from './drives/localFolder/uploads.ts';
// The ledger: statements, receipts, verification, time stamps.
export { createEmbeddedLedger } from './ledger/backends/embedded.ts';
export {
  type CustodyForm,
  type CustodyRow,
  custodyClaims,
  custodyRows,
  custodyTable,
} from './ledger/export/custodyTable.ts';
export { exportHistory } from './ledger/export/exportHistory.ts';
export { type Published } from './ledger/export/publish.ts';
export { receiptsOfFiles } from './ledger/export/receiptsOfFiles.ts';
export { encodeTrustedRoot, type Trust } from './ledger/identity/trust.ts';
export { listDisclosures, verifyDisclosure } from './ledger/log/disclosures.ts';
export { type Ledger, ledgerName } from './ledger/openLedger.ts';
export { type Level, levels } from './ledger/receipt/levels.ts';
export { fingerprintOf, joinTrusts, pinTrust } from './ledger/receipt/pinTrust.ts';
export { encodeReceipt, parseReceipt, type Receipt } from './ledger/receipt/receipt.ts';
export { type PartVerdict } from './ledger/receipt/verifyReceipt.ts';
export { type CustodySubject, custodySubjectAmong } from './ledger/recordCustody.ts';
export { type RecordedReport, recordReport } from './ledger/recordReport.ts';
export { statementKeyPem } from './ledger/signing/signingKeys.ts';
export { assetId } from './ledger/statement/asset.ts';
export { type MaskedClaim } from './ledger/statement/mask.ts';
export {
  type CustodyEvent,
  custodyEvents,
  isCustody,
  type LedgerEvent,
  parseStatement,
  type SubjectDigests,
} from './ledger/statement/statement.ts';
export { parseTimestampAuthority, parseTimestampChain, type Timestamping } from './ledger/timestamp/authority.ts';
export { trustedTime } from './ledger/timestamp/timestamp.ts';
export { bestReceiptOf, type MadeReceipt, receiptOf, vouchForRecorded } from './ledger/timestampStore.ts';
export { readPublished } from './ledger/verify/readPublished.ts';
export { consentWithdrawnAt, lastOfFile } from './ledger/verify/verdict.ts';
export {
  type HistoryItem,
  type KnownVersion,
  type Verdict,
  verifyInLedger,
  verifyWithReceipt,
} from './ledger/verify/verify.ts';
export { openPublished, type PublishedLedger, type PublishedVerdict } from './ledger/verify/verifyPublished.ts';
// Linked folders, whose changes are recorded.
export { type GuessableFile, type GuessReason, guessable } from './link/guessable.ts';
export {
  type HashPolicy,
  hashPolicies,
  isActive as isLinked,
  type Link,
  type Privacy,
  privacies,
} from './link/link.ts';
export { type LinkRequest, planLinks } from './link/links.ts';
export { type Unread } from './link/unread.ts';
export { type RecordedChange, type WalkOptions, type WalkProgress } from './link/walk.ts';
// What pictures and videos say of themselves.
export type { Place } from './metadata/facts.ts';
export type { Holding } from './metadata/holder.ts';
export { proveRemoval, readMetadata } from './metadata/index.ts';
export type { Metadata } from './metadata/readMetadata.ts';
// Mirrors: one folder kept like another.
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
// Ledgers published as static files.
export { type AuditResult, type AuditWork } from './publication/auditEverything.ts';
export {
  createPublications,
  fingerprintInLink,
  folderAddress,
  type Publication,
  type PublicationPlace,
  verificationLink,
} from './publication/publication.ts';
export { makeReportPublic, publishByItself } from './publication/publishByItself.ts';
export { publishTo } from './publication/publishTo.ts';
export { recordCustodyEvent } from './publication/recordCustodyEvent.ts';
// Reports: title, description and attachments, from the draft to the destination.
export { bagOf, folderFiles, inFolder } from './report/bag/bag.ts';
export { type OutgoingFile } from './report/bag/folderFiles.ts';
export { checkArchive, checkFolder } from './report/check/checkFolder.ts';
export { type Difference, type FolderVerdict } from './report/check/difference.ts';
export { driveFolder, type FolderReader, type FoundFile } from './report/check/folderReader.ts';
export { companionsOf } from './report/content/companions.ts';
export { type Delivery, type DeliveryJournal } from './report/content/delivery.ts';
export { isTextEncoding } from './report/content/description.ts';
export { checksumsName, crateName, fileNames, manifestName, receiptName } from './report/content/fileNames.ts';
export { folderName } from './report/content/folderName.ts';
export { parseManifest } from './report/content/manifest.ts';
export { type SidecarKind, sidecarsAmong } from './report/content/sidecars.ts';
export { type AppendSubmission, type DeliveredFile, type Submission } from './report/content/submission.ts';
export { withoutMetadata } from './report/content/withoutMetadata.ts';
export { type SubmitEvent } from './report/deliver/submitEvent.ts';
export { reportIdOfKey, submitOnce } from './report/deliver/submitOnce.ts';
export {
  type Interruption,
  interruptionError,
  interruptionOf,
  type MendingAction,
} from './report/model/interruption.ts';
export { allowed, placeOf, type ReportEvent, type ReportPlace, type ReportState } from './report/model/lifecycle.ts';
export {
  type Attachment,
  type MetadataChoice,
  newReport,
  parseContent,
  parseReport,
  type Report,
  type ReportContent,
} from './report/model/report.ts';
export { createReportId, isReportId } from './report/model/reportId.ts';
export {
  compareReports,
  type ReportFilter,
  type ReportList,
  type Reports,
  reportKey,
  type StoredReport,
} from './report/model/reports.ts';
export { type AttachmentSources } from './report/model/sources.ts';
export { type Actions as OutboxActions, type Replacement } from './report/outbox/actions.ts';
export { copyKind } from './report/outbox/copies.ts';
export { type Outbox, type OutboxEvent } from './report/outbox/outbox.ts';
// Records with compare-and-swap, on which everything that is kept rests.
export { checkChanges, conflictOver } from './state/changes.ts';
export { checkKey, checkPrefix } from './state/key.ts';
export { createDriveState } from './state/onDrive/index.ts';
export { type StateChange, type StateRecord, type StateStore } from './state/state.ts';
// Uploads that go on where they were cut off.
export { placeExport } from './upload/placeExport.ts';
export { type UploadRecord } from './upload/upload.ts';
export { createUploader } from './upload/uploader.ts';
// Keys, and what is encrypted with them.
export { createEncryptedState } from './vault/encryptedState.ts';
export { createKey, type DossierKey, parseKey } from './vault/key.ts';
export { createVault, type Vault } from './vault/vault.ts';
// Notifications of services.
export { createCoalescer } from './webhook/coalescer.ts';
export { accountsOfNotice, answerChallenge, isSignedByDropbox, type WebhookAnswer } from './webhook/dropbox.ts';

// Everything that belongs to a connected folder and a key, opened by one call.
export { copiesIn, lateCopies } from './workspace/copies.ts';
export { type HeadMemory } from './workspace/headMemory.ts';
export { type LinkedFolders, type WalkWishes } from './workspace/linkedFolders.ts';
export { acceptsKey, holdsStore, opens, storesAround } from './workspace/places.ts';
export { createWorkspace, openWorkspace, type Workspace, type WorkspaceSettings } from './workspace/workspace.ts';
