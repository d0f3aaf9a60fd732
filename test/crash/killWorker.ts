/** A thread of the kill campaign: runs the points it is given and answers each with its verdict. */
import { parentPort } from 'node:worker_threads';
import { runPoint } from './killCampaign.ts';
import type { KillPoint } from './killPoints.ts';
import type { Scene } from './killScene.ts';

parentPort!.on('message', ({ scene, point }: { readonly scene: Scene; readonly point: KillPoint }) => {
  void runPoint(scene, point).then((verdict) => parentPort!.postMessage(verdict));
});
