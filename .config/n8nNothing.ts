/** Stands for modules that libraries can do without in the n8n bundle. */
export {};
