import { expect, test } from 'vitest';
import { conformanceTables } from '../../.config/conformance.ts';

const said = (suite: string, title: string, status: string) => ({ ancestorTitles: [suite, 'reading'], title, status });

test('the table says of every obligation who keeps it, who breaks it and who is excused', () => {
  const tables = conformanceTables([
    said('drive contract: memory', 'reads | writes', 'passed'),
    said('drive contract: webdav', 'reads | writes', 'failed'),
    said('drive contract: memory', 'streams', 'skipped'),
    said('something else', 'reads', 'passed'),
  ]);
  expect(tables).toContain('| obligation | memory | webdav |');
  expect(tables).toContain('| reading: reads / writes | yes | NO |');
  expect(tables).toContain('| reading: streams | skipped |  |');
  expect(tables).not.toContain('something else');
});
