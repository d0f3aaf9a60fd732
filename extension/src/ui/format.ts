import * as vscode from 'vscode';

const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;

/** `3.4 MB`, in the language of the editor. */
export function formatSize(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  const unit = units[power] as (typeof units)[number];
  const value = bytes / 1000 ** power;
  return new Intl.NumberFormat(vscode.env.language, {
    style: 'unit',
    unit,
    // In short, one byte and many are called the same.
    unitDisplay: power === 0 ? 'long' : 'short',
    maximumFractionDigits: value < 10 && power > 0 ? 1 : 0,
  }).format(value);
}

export function formatPercent(fraction: number): string {
  // 100 % is for what has been proved, not for what was rounded up.
  return new Intl.NumberFormat(vscode.env.language, { style: 'percent' }).format(
    fraction < 1 ? Math.min(fraction, 0.99) : 1,
  );
}

export function formatDay(milliseconds: number): string {
  return new Intl.DateTimeFormat(vscode.env.language, { dateStyle: 'medium' }).format(milliseconds);
}

export function formatTime(milliseconds: number): string {
  return new Intl.DateTimeFormat(vscode.env.language, { dateStyle: 'medium', timeStyle: 'short' }).format(milliseconds);
}
