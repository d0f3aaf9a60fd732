import { expect, test } from 'vitest';
import { genuineReceipts, runInterop } from './interop.ts';

test('cosign and sigstore-js accept our receipts offline and refuse every tampered one', async () => {
  const { accepted, tampered, tampered_accepted, details } = await runInterop();
  expect(details).toEqual([]);
  expect(accepted).toBe(genuineReceipts);
  expect(tampered).toBeGreaterThanOrEqual(24);
  expect(tampered_accepted).toBe(0);
}, 180_000);
