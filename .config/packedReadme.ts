import { posix } from 'node:path';

const repository = 'https://github.com/dossier-reports/dossier';

/** A README as it is shipped: what it leads to and shows lies in the repository, not in the package. */
export function packedReadme(text: string): string {
  return text.replaceAll(
    /(!?)\[([^\]]*)\]\((?!https?:|#|mailto:)([^)]+)\)/g,
    (_, mark: string, words: string, to: string) => {
      const view = mark === '!' ? 'raw' : 'blob';
      return `${mark}[${words}](${repository}/${view}/main/${posix.normalize(to)})`;
    },
  );
}
