import { html, nothing, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import type { NoticeView, PageAction, PageStrings, ReportView } from '../src/model/files/protocol.ts';
import { attachmentList } from './attachmentList.ts';
import { doneIcon, infoIcon, warningIcon } from './icons.ts';
import type { PageEvents } from './pageEvents.ts';

/** From the least to the most wanted; the last one offered is the primary button. */
const buttonOrder: readonly Exclude<PageAction, 'mend'>[] = [
  'delete',
  'reopen',
  'openDestination',
  'save',
  'submitLater',
  'pause',
  'resume',
  'submit',
];
const primaryActions: readonly PageAction[] = ['submit', 'resume', 'pause', 'openDestination'];
const noticeIcons = { info: infoIcon, success: doneIcon, warning: warningIcon };

/**
 * The whole page of one report. Read-only whenever the report cannot be saved. The buttons stand at the top, where no
 * notification covers them.
 */
export function reportPage(view: ReportView, strings: PageStrings, events: PageEvents): TemplateResult {
  const editable = view.actions.includes('save');
  return html`
    <header>
      <span class="state" data-place=${view.place}>${view.state}</span>
      <span class="saved">${view.saved}</span>
      ${buttons(view, strings, events)}
    </header>
    <main>
      ${view.notice ? notice(view.notice, events) : nothing}
      ${titleField(view, strings, events, editable)} ${connectionField(view, strings, events, editable)}
      ${descriptionField(view, strings, events, editable)} ${attachmentList(view, strings, events, editable)}
      <div class="spoken" role="status">${view.announcement}</div>
    </main>
  `;
}

function notice({ tone, text, mend }: NoticeView, events: PageEvents): TemplateResult {
  return html`
    <div class="notice" data-tone=${tone} role=${tone === 'warning' ? 'alert' : 'status'}>
      ${noticeIcons[tone]}
      <p>${text}</p>
      ${mend ? html`<button type="button" class="secondary" @click=${() => events.send({ type: 'ask', action: 'mend' })}>${mend}</button>` : nothing}
    </div>
  `;
}

function titleField(view: ReportView, strings: PageStrings, events: PageEvents, editable: boolean): TemplateResult {
  return html`
    <div class="field">
      <label for="title">${strings.title}</label>
      <input id="title" type="text" class="title" maxlength="1000" autocomplete="off" required placeholder=${strings.titleHint}
        ?readonly=${!editable} .value=${live(view.title)}
        @input=${(event: InputEvent) => events.edit('title', (event.target as HTMLInputElement).value)} />
    </div>
  `;
}

function connectionField(
  view: ReportView,
  strings: PageStrings,
  events: PageEvents,
  editable: boolean,
): TemplateResult {
  const chosen = view.connections.some(({ id }) => id === view.connection);
  return html`
    <div class="field">
      <label for="connection">${strings.connection}</label>
      <select id="connection" ?disabled=${!editable}
        @change=${(event: Event) => events.edit('connection', (event.target as HTMLSelectElement).value)}>
        ${chosen ? nothing : html`<option value="" selected>${strings.noConnection}</option>`}
        ${view.connections.map(({ id, label }) => html`<option value=${id} .selected=${live(id === view.connection)}>${label}</option>`)}
      </select>
    </div>
  `;
}

function descriptionField(
  view: ReportView,
  strings: PageStrings,
  events: PageEvents,
  editable: boolean,
): TemplateResult {
  return html`
    <div class="field">
      <label for="description">${strings.description}</label>
      <textarea id="description" rows="6" placeholder=${editable ? strings.descriptionHint : ''} ?readonly=${!editable} .value=${live(view.description)}
        @input=${(event: InputEvent) => events.edit('description', (event.target as HTMLTextAreaElement).value)}></textarea>
    </div>
  `;
}

function buttons(view: ReportView, strings: PageStrings, events: PageEvents): TemplateResult[] {
  const primary = primaryActions.find((action) => view.actions.includes(action));
  return buttonOrder
    .filter((action) => view.actions.includes(action))
    .map(
      (action) => html`
        <button type="button" data-action=${action} class=${action === primary ? 'primary' : 'secondary'}
          @click=${() => events.send({ type: 'ask', action })}>${strings.actions[action]}</button>
      `,
    );
}
