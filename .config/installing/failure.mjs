// Why an installation failed, as far as what the installer said tells it, and what a person can do about it.

/** @typedef {'npm' | 'apt'} Installer */

/** @type {Record<Installer, { source: string, proxy: string, certificates: string }>} */
const installers = {
  npm: {
    source: 'the npm registry',
    proxy: 'npm config set https-proxy http://HOST:PORT',
    certificates: 'npm config set cafile FILE',
  },
  apt: {
    source: 'the Debian mirror',
    proxy: `a line 'Acquire::http::Proxy "http://HOST:PORT";' in /etc/apt/apt.conf.d/proxy`,
    certificates: 'put them into /usr/local/share/ca-certificates and run update-ca-certificates as root',
  },
};

/** In this order: a full disk also breaks downloads, and a broken dpkg also holds locks. */
/** @type {readonly { sign: RegExp, why: (it: (typeof installers)[Installer]) => string }[]} */
const reasons = [
  {
    sign: /ENOSPC|EDQUOT|No space left on device|enough free space|quota exceeded/i,
    why: () => 'The disk is full. Make room (df -h shows where) and start again: what is installed is kept.',
  },
  {
    sign: /dpkg was interrupted|dpkg --configure -a/,
    why: () =>
      'An earlier installation of Debian packages was interrupted. Run as root: dpkg --configure -a  Then start again.',
  },
  {
    sign: /Could not get lock|Unable to acquire the dpkg|Unable to lock|is another process using it/i,
    why: () => 'Another program has been installing Debian packages all the time. Start again when it has finished.',
  },
  {
    sign: /SELF_SIGNED_CERT|UNABLE_TO_(GET_ISSUER_CERT|VERIFY_LEAF)|CERT_[A-Z_]+|certificate (verif|is NOT trusted)/i,
    why: ({ source, certificates }) =>
      `The certificate of ${source} is not trusted here. Name the certificates of your network (${certificates}) and start again.`,
  },
  {
    sign: /ENOTFOUND|EAI_AGAIN|Temporary failure resolving|Could not resolve/i,
    why: ({ source, proxy }) =>
      `The name of ${source} cannot be resolved. Connect this machine to the network, or name its proxy (${proxy}), and start again: what is installed is kept.`,
  },
  {
    sign: /ECONNREFUSED|ECONNRESET|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ERR_SOCKET_TIMEOUT|Could not connect|Cannot initiate the connection|Connection (failed|timed out)|Network is unreachable|network aborted/i,
    why: ({ source, proxy }) =>
      `${upper(source)} cannot be reached. Connect this machine to the network, or name its proxy (${proxy}), and start again: what is installed is kept.`,
  },
  {
    sign: /EACCES|EROFS|EPERM|Read-only file system|Permission denied/i,
    why: () => 'A file or folder named below cannot be written. Give yourself the right to write it and start again.',
  },
];

/**
 * A sentence for a person, or nothing where the installer's own words must do.
 *
 * @param {Installer} installer
 * @param {string} said
 * @returns {string | undefined}
 */
export function reasonOf(installer, said) {
  return reasons.find(({ sign }) => sign.test(said))?.why(installers[installer]);
}

/**
 * Which step failed, why, and what the installer said last.
 *
 * @param {string} step
 * @param {Installer} installer
 * @param {string} said
 * @returns {string}
 */
export function describeFailure(step, installer, said) {
  const reason = reasonOf(installer, said);
  return [`${step} failed.${reason ? ` ${reason}` : ''}`, said.trim().replace(/^/gm, '  | ')].join('\n');
}

/** @param {string} text */
const upper = (text) => text.charAt(0).toUpperCase() + text.slice(1);
