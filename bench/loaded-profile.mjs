// Loaded into measured processes (`--import`) where BENCH_PROFILE names a folder: the first SIGVTALRM, which nobody else
// sends, begins a CPU profile, the next one ends it and writes it to `<pid>.cpuprofile` there.
import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { join } from 'node:path';

const folder = process.env['BENCH_PROFILE'];
const session = new Session();
let running = false;

process.on('SIGVTALRM', async () => {
  running = !running;
  if (running) {
    session.connect();
    await session.post('Profiler.enable');
    await session.post('Profiler.setSamplingInterval', { interval: 1_000 });
    await session.post('Profiler.start');
    console.log('cpu-profile begins');
  } else {
    const { profile } = await session.post('Profiler.stop');
    writeFileSync(join(folder, `${process.pid}.cpuprofile`), JSON.stringify(profile));
    session.disconnect();
    console.log('cpu-profile ends');
  }
});
