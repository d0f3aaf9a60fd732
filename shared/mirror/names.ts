import { nameOf } from '../core/paths.ts';
import type { Place } from './mirror.ts';

/** `2026-11-29`, UTC. */
export function dayOf(now: number): string {
  return new Date(now).toISOString().slice(0, 10);
}

/**
 * The name that a file of somebody else gets when the mirror needs its own: `Plan (destination 2026-11-29).txt`, then
 * `Plan (destination 2026-11-29 1).txt`…
 */
export function keptName(place: Place, now: number, attempt: number): string {
  return withMark(nameOf(place), `destination ${dayOf(now)}${attempt === 0 ? '' : ` ${attempt}`}`);
}

/** The name of an archived file: its own, then `Plan (1).txt`… */
export function archivedName(place: Place, attempt: number): string {
  return attempt === 0 ? nameOf(place) : withMark(nameOf(place), String(attempt));
}

function withMark(name: string, mark: string): string {
  const dot = name.lastIndexOf('.');
  return dot > 0 ? `${name.slice(0, dot)} (${mark})${name.slice(dot)}` : `${name} (${mark})`;
}
