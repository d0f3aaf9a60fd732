/**
 * How an n8n is told by its environment to live alone: on loopback, in a folder of its own, silent towards the world.
 */
export interface N8nSettings {
  port: number;
  /** n8n's code runners connect to this port. */
  brokerPort: number;
  userFolder: string;
  encryptionKey: string;
  nodeExtraCaCerts?: string;
  proxy?: string;
}

export function environmentFor(settings: N8nSettings): NodeJS.ProcessEnv {
  return {
    N8N_USER_FOLDER: settings.userFolder,
    N8N_ENCRYPTION_KEY: settings.encryptionKey,
    N8N_LISTEN_ADDRESS: '127.0.0.1',
    N8N_PORT: String(settings.port),
    N8N_RUNNERS_BROKER_LISTEN_ADDRESS: '127.0.0.1',
    N8N_RUNNERS_BROKER_PORT: String(settings.brokerPort),
    WEBHOOK_URL: `http://127.0.0.1:${settings.port}/`,
    N8N_SECURE_COOKIE: 'false',
    N8N_DIAGNOSTICS_ENABLED: 'false',
    N8N_VERSION_NOTIFICATIONS_ENABLED: 'false',
    N8N_TEMPLATES_ENABLED: 'false',
    N8N_PERSONALIZATION_ENABLED: 'false',
    N8N_HIRING_BANNER_ENABLED: 'false',
    ...(settings.nodeExtraCaCerts !== undefined && { NODE_EXTRA_CA_CERTS: settings.nodeExtraCaCerts }),
    ...(settings.proxy !== undefined && {
      HTTP_PROXY: settings.proxy,
      HTTPS_PROXY: settings.proxy,
      NO_PROXY: '127.0.0.1,localhost',
    }),
  };
}
