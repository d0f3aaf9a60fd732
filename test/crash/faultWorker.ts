/** A thread of the fault campaign: runs the cases it is given, several at a time, and answers each with its verdict. */
import { parentPort } from 'node:worker_threads';
import { type FaultCase, runCase } from './faultCampaign.ts';
import { faultTarget } from './faultTargets.ts';

parentPort!.on('message', ({ target, case: each }: { readonly target: string; readonly case: FaultCase }) => {
  void runCase(faultTarget(target), each).then((verdict) => parentPort!.postMessage(verdict));
});
