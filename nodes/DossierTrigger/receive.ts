import type { IDataObject, IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';
import { accountsOfNotice, answerChallenge, isSignedByDropbox, type WebhookAnswer } from '../../shared/index.ts';
import { failureJson } from '../host/errors.ts';
import { credentialType } from './credentialType.ts';
import { newItems } from './look.ts';
import { type Fixed, watchedBy } from './watched.ts';

/**
 * Answers Dropbox at once and walks afterwards: it waits ten seconds for an answer, and a notice says nothing but that
 * something changed.
 */
export async function receive(context: IWebhookFunctions, fixed?: Fixed): Promise<IWebhookResponseData> {
  if (context.getWebhookName() === 'setup') {
    const { challenge } = context.getQueryData() as { challenge?: unknown };
    return answer(context, answerChallenge(challenge));
  }
  const { clientSecret } = await context.getCredentials(credentialType);
  const { rawBody } = context.getRequestObject();
  if (
    !isSignedByDropbox(
      rawBody ?? new Uint8Array(),
      context.getHeaderData()['x-dropbox-signature'],
      String(clientSecret ?? ''),
    )
  ) {
    return answer(context, {
      status: 403,
      headers: plainText,
      body: 'This notice is not signed with the secret of the app.',
    });
  }
  const accounts = readAccounts(rawBody);
  if (accounts === undefined)
    return answer(context, { status: 400, headers: plainText, body: 'This is not a notice of Dropbox.' });
  answer(context, { status: 200, headers: plainText, body: '' });
  return items(await itemsFor(context, accounts, fixed));
}

const plainText = { 'Content-Type': 'text/plain', 'X-Content-Type-Options': 'nosniff' };

function readAccounts(rawBody: Uint8Array): string[] | undefined {
  try {
    return accountsOfNotice(rawBody);
  } catch {
    return undefined;
  }
}

/** Dropbox has its answer already: a failure is logged, and the next notice or sweep finds the same changes again. */
async function itemsFor(
  context: IWebhookFunctions,
  accounts: readonly string[],
  fixed: Fixed | undefined,
): Promise<IDataObject[]> {
  try {
    return await newItems({ context, watched: watchedBy(context, fixed), accounts });
  } catch (error) {
    const { error: sentence, details } = failureJson(error);
    context.logger.warn(`A notice of Dropbox led to nothing: ${sentence} (${details.code})`);
    return [];
  }
}

function answer(context: IWebhookFunctions, { status, headers, body }: WebhookAnswer): IWebhookResponseData {
  context.getResponseObject().status(status).set(headers).send(body);
  return items([]);
}

function items(found: readonly IDataObject[]): IWebhookResponseData {
  return {
    noWebhookResponse: true,
    ...(found.length === 0 ? {} : { workflowData: [found.map((json) => ({ json }))] }),
  };
}
