import { buildExtension } from './buildExtension.ts';
import { buildN8n } from './buildN8n.ts';

/** `npm run build`: both products into `dist/` and `extension/dist/`. */
await Promise.all([buildN8n(), buildExtension()]);
