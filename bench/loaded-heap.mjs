// Loaded into measured processes (`--import`): on SIGUSR2 collects all garbage and prints what is left.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');

process.on('SIGUSR2', () => {
  collect();
  console.log(`heap-after-collection ${process.memoryUsage().heapUsed}`);
});
