/** What the server tells about itself; only what clients of files look at. */
import { forbiddenCharacters, forbiddenExtensions, forbiddenNames } from './names.ts';
import type { Site } from './site.ts';

function versionOf(site: Site): unknown {
  const [major = 0, minor = 0, micro = 0] = site.version.split('.').map(Number);
  return { major, minor, micro, string: site.version, edition: '', extendedSupport: false };
}

const theming = {
  name: 'Nextcloud',
  url: 'https://nextcloud.com',
  slogan: 'a safe home for all your data',
  color: '#00679e',
};

/** Without a sign-in only a few keys are shown. */
export function publicCapabilities(site: Site): unknown {
  return { version: versionOf(site), capabilities: { core: core(), theming } };
}

const core = (): unknown => ({
  pollinterval: 60,
  'webdav-root': 'remote.php/webdav',
  'reference-api': true,
  'mod-rewrite-working': false,
});

export function capabilities(site: Site, bruteForceDelay: number): unknown {
  return {
    version: versionOf(site),
    capabilities: {
      core: core(),
      bruteforce: { delay: bruteForceDelay, 'allow-listed': false },
      files: {
        bigfilechunking: true,
        blacklisted_files: forbiddenNames,
        chunked_upload: { max_size: 104_857_600, max_parallel_count: 5 },
        forbidden_filenames: forbiddenNames,
        forbidden_filename_basenames: [],
        forbidden_filename_characters: forbiddenCharacters,
        forbidden_filename_extensions: forbiddenExtensions,
        windows_compatible_filenames: false,
        undelete: true,
        versioning: false,
      },
      dav: { chunking: '1.0', bulkupload: '1.0', public_shares_chunking: false },
      checksums: { supportedTypes: ['SHA1', 'MD5'], preferredUploadType: 'SHA1' },
      files_sharing: { api_enabled: false },
      theming,
    },
  };
}
