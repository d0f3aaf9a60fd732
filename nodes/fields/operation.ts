import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';
import type { OpenedConnection } from '../host/connection.ts';
import type { ReportStore } from '../host/reportStore.ts';

/** One item on its way through one operation. */
export interface Call {
  readonly context: IExecuteFunctions;
  readonly itemIndex: number;
  /** All items that this run takes; the first is `itemIndex`, and mostly the only one. */
  readonly items: readonly number[];
  /** Ends with the execution. */
  readonly signal: AbortSignal | undefined;
  /** The value of a parameter for this item, or another that is given; locators give what they locate. */
  parameter(name: string, item?: number): unknown;
  /** Opens the connection chosen in the node; sends nothing yet. */
  open(): Promise<OpenedConnection>;
  /** Opens the connection to which something goes; the same one where the node has but one. */
  openDestination(): Promise<OpenedConnection>;
  /** Opens the encrypted store of reports in the connected folder; `vault-locked` without its key. */
  store(staleMs?: number): Promise<ReportStore>;
  /** Repeats what is safe to repeat, as long as trying again makes sense. */
  again<T>(operation: () => Promise<T>): Promise<T>;
  /** Whether anything takes the items of this output. */
  leadsOn(output: number): boolean;
}

export interface Output extends Pick<INodeExecutionData, 'json' | 'binary'> {
  /** Index of the node's output that it leaves by, where that is not the one of the whole result. */
  readonly output?: number;
  /** The item that it came from, where the run takes several and it came from one. */
  readonly item?: number;
}

export interface Result {
  readonly items: readonly Output[];
  /** Index of the node's output that they leave by; the first unless it says otherwise. */
  readonly output?: number;
  /** A sentence shown with the output. */
  readonly hint?: string;
}

/** One thing the node can do. */
export interface Operation {
  readonly value: string;
  readonly name: string;
  readonly action: string;
  readonly description: string;
  /** Its own fields; the node adds when they are shown. */
  readonly properties: readonly INodeProperties[];
  /** Fields of the option collection that this operation reads besides those that all have. */
  readonly options?: readonly INodeProperties[];
  /** It asks for its connections itself: for two at a time. */
  readonly connects?: 'two';
  /** False where nothing is asked of a connection. */
  readonly needsConnection?: false;
  /** Names of its outputs, where it has more than one. */
  readonly outputs?: readonly string[];
  /** Whether it works with the records of the connected folder, which the Dossier key opens. */
  readonly key?: 'required' | 'whenRecording';
  /**
   * Fields that only the person who builds the workflow may fill: an agent's model decides neither where things go nor
   * what is deleted.
   */
  readonly notByModel?: readonly string[];
  /** Paths in its output that n8n must never show, and that no agent is given. */
  readonly sensitive?: readonly string[];
  /** What items have in common that are taken in one run; undefined takes an item by itself, as most operations do. */
  together?(call: Pick<Call, 'context' | 'itemIndex' | 'parameter'>): string | undefined;
  run(call: Call): Promise<Result>;
}

export interface Resource {
  readonly value: string;
  readonly name: string;
  readonly operations: readonly Operation[];
}
