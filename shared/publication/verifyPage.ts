/** Put in by the build of each product (`.config/buildPage.ts`). */
declare const DOSSIER_VERIFY_PAGE: string;

/**
 * The page that answers whoever holds a file, published as `verify.html`; undefined where this runs from its sources.
 */
export const verifyPage: string | undefined = typeof DOSSIER_VERIFY_PAGE === 'string' ? DOSSIER_VERIFY_PAGE : undefined;
