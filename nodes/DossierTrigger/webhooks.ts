import type { IWebhookDescription, TriggerPanelDefinition } from 'n8n-workflow';

/**
 * The address that Dropbox calls, where `listening` (an n8n expression) holds, and only while the workflow is published:
 * nobody would call the test address, and with a method for it n8n would wait there instead of showing a sample.
 */
export function webhooks(listening: string): IWebhookDescription[] {
  const only = (method: string) => `={{ $workflow.active && (${listening}) ? "${method}" : "" }}`;
  return [
    {
      name: 'default',
      httpMethod: only('POST'),
      responseMode: 'onReceived',
      path: 'webhook',
      ndvHideMethod: true,
      ndvHideUrl: `={{ !(${listening}) }}`,
    },
    {
      name: 'setup',
      httpMethod: only('GET'),
      responseMode: 'onReceived',
      path: 'webhook',
      ndvHideMethod: true,
      ndvHideUrl: true,
    },
  ];
}

export const triggerPanel: TriggerPanelDefinition = {
  header: 'See what an item looks like',
  executionsHelp: {
    inactive:
      '<b>Fetch Test Event</b> shows the newest changes, or files of the folder where there are none. It takes nothing from the published workflow.<br /><br /><b>When the workflow is published</b>, every change starts it by itself. <a data-key="activate">Publish it</a> when the nodes after this one are ready.',
    active:
      '<b>Fetch Test Event</b> shows the newest changes, or files of the folder where there are none. It takes nothing from the published workflow.<br /><br /><b>The workflow is published</b>: every change starts it by itself. Its <a data-key="executions">executions</a> show what came.',
  },
  activationHint:
    'When the nodes after this one are ready, <a data-key="activate">publish the workflow</a>: then every change starts it by itself.',
};
