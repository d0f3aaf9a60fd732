import { html, nothing, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import type {
  ButtonAction,
  NoticeView,
  PageAction,
  PageStrings,
  ReportView,
  TextField,
} from '../src/model/files/protocol.ts';
import { attachmentList } from './attachmentList.ts';
import { doneIcon, infoIcon, warningIcon } from './icons.ts';
import type { PageEvents } from './pageEvents.ts';
import { safeNodes } from './safeNodes.ts';

/** From the least to the most wanted; the last one offered is the primary button. */
const buttonOrder: readonly ButtonAction[] = [
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

function notice({ tone, text, mends = [] }: NoticeView, events: PageEvents): TemplateResult {
  return html`
    <div class="notice" data-tone=${tone} role=${tone === 'warning' ? 'alert' : 'status'}>
      ${noticeIcons[tone]}
      <p>${text}</p>
      ${mends.map(({ label, action }) => html`<button type="button" class="secondary" @click=${() => events.send({ type: 'ask', action })}>${label}</button>`)}
    </div>
  `;
}

function titleField(view: ReportView, strings: PageStrings, events: PageEvents, editable: boolean): TemplateResult {
  return html`
    <div class="field">
      <label for="title">${strings.title}</label>
      <input id="title" type="text" class="title" maxlength="1000" autocomplete="off" required placeholder=${strings.titleHint}
        ?readonly=${!editable} .value=${live(view.title)}
        aria-invalid=${view.refused.title ? 'true' : nothing} aria-describedby=${view.refused.title ? 'title-refused' : nothing}
        @input=${(event: InputEvent) => events.edit('title', (event.target as HTMLInputElement).value)} />
      ${refused('title', view)}
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
        aria-invalid=${view.refused.connection ? 'true' : nothing} aria-describedby=${view.refused.connection ? 'connection-refused' : nothing}
        @change=${(event: Event) => events.edit('connection', (event.target as HTMLSelectElement).value)}>
        ${chosen ? nothing : html`<option value="" selected>${strings.noConnection}</option>`}
        ${view.connections.map(({ id, label }) => html`<option value=${id} .selected=${live(id === view.connection)}>${label}</option>`)}
      </select>
      ${refused('connection', view)}
    </div>
  `;
}

function descriptionField(
  view: ReportView,
  strings: PageStrings,
  events: PageEvents,
  editable: boolean,
): TemplateResult {
  if (!editable && view.descriptionHtml !== undefined)
    return html`
      <section class="field" aria-labelledby="description-label">
        <span id="description-label" class="label">${strings.description}</span>
        <div class="markdown">${safeNodes(view.descriptionHtml)}</div>
      </section>
    `;
  return html`
    <div class="field">
      <label for="description">${strings.description}</label>
      <textarea id="description" rows="6" placeholder=${editable ? strings.descriptionHint : ''} ?readonly=${!editable} .value=${live(view.description)}
        @input=${(event: InputEvent) => events.edit('description', (event.target as HTMLTextAreaElement).value)}></textarea>
    </div>
  `;
}

/** Why a field cannot stay as it is, read out when it appears. */
function refused(field: TextField, { refused: reasons }: ReportView): TemplateResult | typeof nothing {
  const reason = reasons[field];
  return reason ? html`<p class="refused" id=${`${field}-refused`} role="alert">${reason}</p>` : nothing;
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
