import type { Resource } from '../../fields/operation.ts';
import { testDrive } from './connection/testDrive.ts';
import { testConnection } from './connection/testSteps.ts';
import { copyFile } from './file/copy.ts';
import { deleteFile } from './file/delete.ts';
import { downloadFile } from './file/download.ts';
import { getFile } from './file/get.ts';
import { getFileLink } from './file/getLink.ts';
import { listFiles } from './file/list.ts';
import { moveFile } from './file/move.ts';
import { renameFile } from './file/rename.ts';
import { searchFiles } from './file/search.ts';
import { uploadFile } from './file/upload.ts';
import { copyFolder } from './folder/copy.ts';
import { createFolder } from './folder/create.ts';
import { deleteFolder } from './folder/delete.ts';
import { downloadFolder } from './folder/download.ts';
import { exportFolder } from './folder/exportBag.ts';
import { getFolderLink } from './folder/getLink.ts';
import { listFolder } from './folder/list.ts';
import { mirrorFolder } from './folder/mirror.ts';
import { moveFolder } from './folder/move.ts';
import { renameFolder } from './folder/rename.ts';
import { uploadFolder } from './folder/upload.ts';
import { createKey } from './key/create.ts';
import { auditLedger } from './provenance/audit.ts';
import { changeKey } from './provenance/changeKey.ts';
import { disconnect } from './provenance/disconnect.ts';
import { exportHistory } from './provenance/exportHistory.ts';
import { getAsset } from './provenance/getAsset.ts';
import { getLinkedFolders } from './provenance/getLinkedFolders.ts';
import { getManyAssets } from './provenance/getManyAssets.ts';
import { getReceipt } from './provenance/getReceipt.ts';
import { linkFolder } from './provenance/linkFolder.ts';
import { publishLedger } from './provenance/publish.ts';
import { recordChanges } from './provenance/recordChanges.ts';
import { recordCustody } from './provenance/recordCustody.ts';
import { unlinkFolder } from './provenance/unlinkFolder.ts';
import { verifyProvenance } from './provenance/verify.ts';
import { verifyPublished } from './provenance/verifyPublished.ts';
import { verifyReceipt } from './provenance/verifyReceipt.ts';
import { cancelReport } from './report/cancel.ts';
import { deleteReport } from './report/delete.ts';
import { exportReport } from './report/export.ts';
import { getReport } from './report/get.ts';
import { getManyReports } from './report/getMany.ts';
import { getReportStatus } from './report/getStatus.ts';
import { pauseReport } from './report/pause.ts';
import { resumeReport } from './report/resume.ts';
import { saveDraftReport } from './report/saveDraft.ts';
import { submitReport } from './report/submit.ts';
import { submitLaterReport } from './report/submitLater.ts';
import { updateDraftReport } from './report/updateDraft.ts';
import { verifyReport } from './report/verify.ts';

/** Everything the node can do. */
export const resources: readonly Resource[] = [
  { value: 'connection', name: 'Connection', operations: [testConnection, testDrive] },
  {
    value: 'file',
    name: 'File',
    operations: [
      uploadFile,
      copyFile,
      deleteFile,
      downloadFile,
      getFile,
      getFileLink,
      listFiles,
      moveFile,
      renameFile,
      searchFiles,
    ],
  },
  {
    value: 'folder',
    name: 'Folder',
    operations: [
      listFolder,
      copyFolder,
      createFolder,
      deleteFolder,
      downloadFolder,
      exportFolder,
      getFolderLink,
      mirrorFolder,
      moveFolder,
      renameFolder,
      uploadFolder,
    ],
  },
  { value: 'key', name: 'Key', operations: [createKey] },
  {
    value: 'provenance',
    name: 'Provenance',
    operations: [
      verifyProvenance,
      auditLedger,
      changeKey,
      disconnect,
      exportHistory,
      getAsset,
      getLinkedFolders,
      getManyAssets,
      getReceipt,
      linkFolder,
      publishLedger,
      recordChanges,
      recordCustody,
      unlinkFolder,
      verifyPublished,
      verifyReceipt,
    ],
  },
  {
    value: 'report',
    name: 'Report',
    operations: [
      submitReport,
      cancelReport,
      deleteReport,
      exportReport,
      getReport,
      getManyReports,
      getReportStatus,
      pauseReport,
      resumeReport,
      saveDraftReport,
      submitLaterReport,
      updateDraftReport,
      verifyReport,
    ],
  },
];
