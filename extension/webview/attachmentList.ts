import { html, nothing, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import { repeat } from 'lit/directives/repeat.js';
import type { AttachmentView, PageStrings, ReportView } from '../src/model/files/protocol.ts';
import { addIcon, closeIcon, copyIcon, doneIcon, kindIcons, originalIcon, placeIcon } from './icons.ts';
import type { PageEvents } from './pageEvents.ts';

export function attachmentList(
  view: ReportView,
  strings: PageStrings,
  events: PageEvents,
  editable: boolean,
): TemplateResult {
  return html`
    <section aria-labelledby="attachments">
      <div class="heading">
        <h2 id="attachments">${strings.attachments}</h2>
        <span class="summary">${view.attachmentsSummary}</span>
        ${
          editable
            ? html`<button type="button" class="secondary" @click=${() => events.send({ type: 'attach' })}>${addIcon}${strings.attach}</button>`
            : nothing
        }
      </div>
      ${
        view.attachments.length > 0
          ? html`<ul>${repeat(
              view.attachments,
              ({ id }) => id,
              (attachment) => row(attachment, strings, events, editable),
            )}</ul>`
          : html`<p class="empty">${strings.noAttachments}</p>`
      }
      ${editable ? html`<p class="drop">${strings.dropHint}</p>` : nothing}
    </section>
  `;
}

function row(attachment: AttachmentView, strings: PageStrings, events: PageEvents, editable: boolean): TemplateResult {
  const {
    id,
    name,
    kind,
    detail,
    says,
    credentials,
    belongs,
    place,
    metadata,
    kept,
    progress,
    progressText,
    proof,
    digest,
    problem,
    mends = [],
  } = attachment;
  return html`
    <li class=${[problem ? 'problem' : '', belongs ? 'sidecar' : ''].join(' ').trim()}>
      <span class="kind" data-kind=${kind}>${kindIcons[kind]}</span>
      <div class="what">
        <button type="button" class="name" title=${strings.open} @click=${() => events.send({ type: 'open', attachment: id })}>${name}</button>
        <span class="detail">${detail}</span>
        ${belongs ? html`<span class="says">${belongs}</span>` : nothing}
        ${says ? html`<span class="says">${says}</span>` : nothing}
        ${credentials ? html`<span class=${credentials.isDoubtful ? 'credentials doubtful' : 'credentials'}>${credentials.text}</span>` : nothing}
        ${place ? html`<span class="place">${placeIcon}${place}</span>` : nothing}
        ${editable && metadata ? metadataChoice({ id, name, metadata }, strings, events) : nothing}
        ${problem ? html`<span class="problem">${problem}</span>` : nothing}
        ${
          mends.length > 0
            ? html`<span class="mends">${mends.map(
                ({ label, type }) =>
                  html`<button type="button" class="secondary" aria-label=${`${label}: ${name}`} @click=${() => events.send({ type, attachment: id })}>${label}</button>`,
              )}</span>`
            : nothing
        }
        ${
          progress === undefined || proof
            ? nothing
            : html`<progress max="1" .value=${progress} aria-label=${name} aria-valuetext=${progressText ?? nothing}></progress>`
        }
      </div>
      ${
        proof
          ? html`<span class="proof" title=${digest ? `${strings.digest} ${digest}` : nothing}>${doneIcon}${proof}</span>`
          : progressText
            ? html`<span class="percent">${progressText}</span>`
            : nothing
      }
      ${editable && kept ? keeping(id, name, kept, strings, events) : nothing}
      ${
        editable
          ? html`<button type="button" class="remove" title=${strings.remove} aria-label=${`${strings.remove}: ${name}`}
            @click=${() => events.send({ type: 'remove', attachment: id })}>${closeIcon}</button>`
          : nothing
      }
    </li>
  `;
}

function metadataChoice(
  { id, name, metadata }: Pick<AttachmentView, 'id' | 'name' | 'metadata'>,
  strings: PageStrings,
  events: PageEvents,
): TemplateResult {
  const choose = ({ target }: Event) =>
    events.send({ type: (target as HTMLInputElement).checked ? 'removeMetadata' : 'keepMetadata', attachment: id });
  return html`<label class="choice"><input type="checkbox" aria-label=${`${strings.withoutMetadata}: ${name}`}
    .checked=${live(metadata === 'remove')} @change=${choose} />${strings.withoutMetadata}</label>`;
}

/** The choice between the original and a copy of its content. */
function keeping(
  id: string,
  name: string,
  kept: 'original' | 'copy',
  strings: PageStrings,
  events: PageEvents,
): TemplateResult {
  const type = kept === 'original' ? 'copy' : 'uncopy';
  return html`<button type="button" class="remove" title=${strings[type]} aria-label=${`${strings[type]}: ${name}`}
    @click=${() => events.send({ type, attachment: id })}>${kept === 'original' ? copyIcon : originalIcon}</button>`;
}
