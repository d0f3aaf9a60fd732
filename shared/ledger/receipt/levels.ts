/**
 * How far a receipt reaches beyond the word of its owner. L2 and L3 have their place in the format; nothing makes them
 * yet.
 */
export type Level = 'L0' | 'L1' | 'L2' | 'L3';

export interface LevelMeaning {
  readonly name: string;
  readonly protects: string;
  readonly doesNotProtect: string;
}

export const levels: Readonly<Record<Level, LevelMeaning>> = {
  L0: {
    name: 'Local',
    protects: 'Any later change to the ledger is found by whoever kept this receipt or an older checkpoint.',
    doesNotProtect:
      'The time is the owner’s word, and an owner who shows different ledgers to different people is found only when they compare.',
  },
  L1: {
    name: 'Time-stamped',
    protects:
      'As local; and the authority that its owner has named says that the statement existed at the stamped time. Whose authority that is, the certificate in the trusted root tells: one of the owner’s own proves no more than the owner’s word.',
    doesNotProtect:
      'It does not show that the statement is the only one of its kind, and it rests on trust in that authority.',
  },
  L2: {
    name: 'Witnessed',
    protects:
      'As time-stamped; and independent witnesses have seen one and the same ledger, so that nobody can be shown another.',
    doesNotProtect: 'It rests on the witnesses not all working together with the owner.',
  },
  L3: {
    name: 'Publicly anchored',
    protects: 'As witnessed; and the state of the ledger is recorded in a public log that anyone watches.',
    doesNotProtect:
      'It says nothing about whether what was recorded is true, only that it was recorded then and not changed since.',
  },
};
