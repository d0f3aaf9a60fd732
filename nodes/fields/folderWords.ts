/** What a folder field says, in the same words wherever it means the same. */
export const whenEmpty = 'Empty: the folder for submissions of the connection, or the top level.';

/** Of a folder that is made, with those above it. */
export const madeWhereMissing = 'Made where it is missing.';

/** Of a folder that nobody makes. */
export const mustExist = 'It must exist.';

/** Of a folder that is made by choice: `createFoldersOption`. */
export const mustExistUnlessMade = 'It must exist, unless you choose Create Missing Folders.';
