import type { ReportNode } from './presentation/reportTree.ts';

/** A command's argument: a row of the tree, a report's id, or nothing, which means the active editor. */
export type Target = ReportNode | string | undefined;
