/** The one that holds the secret of the app, with which Dropbox signs its notices. */
export const credentialType = 'dossierDropboxOAuth2Api';
