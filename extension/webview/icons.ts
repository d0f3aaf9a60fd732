import { type SVGTemplateResult, svg } from 'lit';
import type { AttachmentKind } from '../src/model/files/protocol.ts';

const outline = (shape: SVGTemplateResult) =>
  svg`<svg class="icon" viewBox="0 0 16 16" fill="none" stroke="currentColor" stroke-linejoin="round" stroke-linecap="round" aria-hidden="true">${shape}</svg>`;

export const kindIcons: Readonly<Record<AttachmentKind, SVGTemplateResult>> = {
  photo: outline(
    svg`<rect x="1.5" y="3" width="13" height="10" rx="1.5"/><circle cx="5" cy="6.4" r="1.1"/><path d="M2 12l3.6-3.4 2.4 2 3-3.2L14.2 11"/>`,
  ),
  video: outline(svg`<rect x="1.5" y="4" width="9" height="8" rx="1.5"/><path d="M10.5 7l4-2v6l-4-2z"/>`),
  audio: outline(svg`<path d="M2.5 6.5v3M5.2 4.5v7M8 2.5v11M10.8 5v6M13.5 6.8v2.4"/>`),
  document: outline(
    svg`<path d="M3.5 2.5c0-.6.4-1 1-1h5l3 3v9c0 .6-.4 1-1 1h-7c-.6 0-1-.4-1-1z"/><path d="M9.5 1.5v3h3M5.8 8h4.4M5.8 10.8h4.4"/>`,
  ),
};

export const closeIcon = outline(svg`<path d="M4 4l8 8M12 4l-8 8"/>`);
export const copyIcon = outline(
  svg`<rect x="2" y="7" width="12" height="7" rx="1.2"/><path d="M8 1.5v8M5.2 6.8L8 9.6l2.8-2.8"/>`,
);
export const originalIcon = outline(
  svg`<rect x="2" y="7" width="12" height="7" rx="1.2"/><path d="M8 10.5v-9M5.2 4.3L8 1.5l2.8 2.8"/>`,
);
export const addIcon = outline(svg`<path d="M8 3v10M3 8h10"/>`);
export const doneIcon = outline(svg`<path d="M3 8.5l3.2 3.2L13 4.8"/>`);
export const warningIcon = outline(svg`<path d="M8 2l6.5 11.5h-13z"/><path d="M8 6.5v3.2M8 11.6v.1"/>`);
export const placeIcon = outline(
  svg`<path d="M8 14.5S3.5 9.8 3.5 6.3a4.5 4.5 0 0 1 9 0c0 3.5-4.5 8.2-4.5 8.2z"/><circle cx="8" cy="6.3" r="1.5"/>`,
);
export const infoIcon = outline(svg`<circle cx="8" cy="8" r="6.2"/><path d="M8 7.4v3.8M8 4.9v.1"/>`);
