/** Stands for Node's module `buffer` in the n8n bundle: the global is allowed there, the module is not. */
const platformBuffer = Buffer;

export { platformBuffer as Buffer };
