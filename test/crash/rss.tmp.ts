import { runHostile } from './hostile.ts';
let last = 0;
const names: string[] = [];
await runHostile((attack)=>{names.push(attack);return false;});
for (const n of names) { const t=Date.now(); await runHostile((a)=>a===n); const now=process.resourceUsage().maxRSS/1024; if (now-last>3) console.log(n, Math.round(now)); last=now; if (Date.now()-t>3500) console.log(n,'ms',Date.now()-t) }
