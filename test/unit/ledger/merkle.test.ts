import { describe, expect, test } from 'vitest';
import { fromHex, toHex, utf8 } from '../../../shared/core/bytes.ts';
import {
  appendLeaves,
  consistencyProof,
  emptyRange,
  emptyRoot,
  hashLeaf,
  inclusionProof,
  isConsistent,
  rootFromInclusion,
  rootOf,
} from '../../../shared/ledger/log/merkle.ts';

/**
 * Inputs and roots of the RFC 6962 reference implementation's own test (certificate-transparency, merkletree tests).
 */
const inputs = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'].map(
  fromHex,
);
const roots = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

function tree(count: number, leaf: (index: number) => Uint8Array) {
  const nodes = new Map<string, Uint8Array>();
  const range = appendLeaves(
    emptyRange,
    Array.from({ length: count }, (_, index) => hashLeaf(leaf(index))),
    (level, index, hash) => nodes.set(`${level}/${index}`, hash),
  );
  return { range, read: async (level: number, index: number) => nodes.get(`${level}/${index}`) as Uint8Array };
}

describe('RFC 6962 tree', () => {
  test('the empty tree has the hash of nothing', () => {
    expect(toHex(rootOf(emptyRange))).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    expect(rootOf(emptyRange)).toEqual(emptyRoot);
  });

  test.each(roots.map((root, index) => [index + 1, root] as const))(
    'root of the reference inputs, %i leaves',
    (count, root) => {
      expect(toHex(rootOf(tree(count, (index) => inputs[index] as Uint8Array).range))).toBe(root);
    },
  );

  test('appending in batches gives the tree of appending at once', () => {
    const leaves = Array.from({ length: 300 }, (_, index) => hashLeaf(utf8(`leaf ${index}`)));
    const atOnce = appendLeaves(emptyRange, leaves);
    let batched = emptyRange;
    for (let at = 0; at < leaves.length; at += 7) batched = appendLeaves(batched, leaves.slice(at, at + 7));
    expect(batched).toEqual(atOnce);
  });

  test('every inclusion proof up to 70 leaves holds, and for no other index, size or leaf', async () => {
    for (let size = 1; size <= 70; size++) {
      const { range, read } = tree(size, (index) => utf8(`leaf ${index}`));
      const root = rootOf(range);
      for (let index = 0; index < size; index++) {
        const proof = await inclusionProof(read, index, size);
        const leaf = hashLeaf(utf8(`leaf ${index}`));
        expect(rootFromInclusion(leaf, index, size, proof)).toEqual(root);
        if (size > 1) expect(rootFromInclusion(leaf, (index + 1) % size, size, proof)).not.toEqual(root);
        expect(rootFromInclusion(hashLeaf(utf8('other')), index, size, proof)).not.toEqual(root);
        expect(rootFromInclusion(leaf, index, size, [...proof, leaf])).toBeUndefined();
        if (proof.length > 0) expect(rootFromInclusion(leaf, index, size, proof.slice(1))).not.toEqual(root);
      }
    }
  });

  test('every consistency proof up to 40 leaves holds, and none for a changed past', async () => {
    for (let size = 1; size <= 40; size++) {
      const { range, read } = tree(size, (index) => utf8(`leaf ${index}`));
      const root = rootOf(range);
      for (let old = 0; old <= size; old++) {
        const oldRoot = rootOf(tree(old, (index) => utf8(`leaf ${index}`)).range);
        const proof = await consistencyProof(read, old, size);
        expect(isConsistent(old, oldRoot, size, root, proof)).toBe(true);
        if (old === 0) continue;
        const changed = rootOf(tree(old, (index) => utf8(index === 0 ? 'changed' : `leaf ${index}`)).range);
        expect(isConsistent(old, changed, size, root, proof)).toBe(false);
        expect(isConsistent(old, oldRoot, size, emptyRoot, proof)).toBe(false);
        if (proof.length > 0) expect(isConsistent(old, oldRoot, size, root, proof.slice(0, -1))).toBe(false);
      }
    }
  });
});
