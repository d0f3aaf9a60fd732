import type { IDataObject, IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';
import { accountsOfNotice, answerChallenge, isSignedByDropbox, type WebhookAnswer } from '../../shared/index.ts';
import { failureJson } from '../host/errors.ts';
import { credentialType } from './credentialType.ts';
import { newStatements } from './walks.ts';

/**
 * Answers Dropbox at once and walks afterwards: it waits ten seconds for an answer, and a notice says nothing but that
 * something changed.
 */
export async function receive(context: IWebhookFunctions): Promise<IWebhookResponseData> {
  if (context.getWebhookName() === 'setup') {
    const { challenge } = context.getQueryData() as { challenge?: unknown };
    // Somebody who opens the test address in a browser wants to see what items look like.
    const wantsSample = challenge === undefined && context.getMode() === 'manual';
    return wantsSample
      ? answer(context, { status: 200, headers: plainText, body: 'The workflow goes on with a sample.' }, [{}])
      : answer(context, answerChallenge(challenge));
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
  return items(await statementsFor(context, accounts));
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
async function statementsFor(context: IWebhookFunctions, accounts: readonly string[]): Promise<IDataObject[]> {
  try {
    return await newStatements(context, accounts);
  } catch (error) {
    const { error: sentence, details } = failureJson(error);
    context.logger.warn(`A notice of Dropbox led to nothing: ${sentence} (${details.code})`);
    return [];
  }
}

function answer(
  context: IWebhookFunctions,
  { status, headers, body }: WebhookAnswer,
  statements: readonly IDataObject[] = [],
): IWebhookResponseData {
  context.getResponseObject().status(status).set(headers).send(body);
  return items(statements);
}

function items(statements: readonly IDataObject[]): IWebhookResponseData {
  return {
    noWebhookResponse: true,
    ...(statements.length === 0 ? {} : { workflowData: [statements.map((json) => ({ json }))] }),
  };
}
