import GLib from 'gi://GLib';
import GFutures from 'gi://GFutures?version=1';

const serve = "import gi; gi.require_version('GFutures', '1'); " +
    'from gi.repository import GFutures; GFutures.serve()';
const python = new GFutures.ProcessPoolExecutor({max_workers: 1, worker_argv: ['python3', '-c', serve]});
const loop = new GLib.MainLoop(null, false);

async function main() {
    print(await python.call('math:hypot', 3, 4));                       // 5
    print(await python.call('statistics:fmean', [1, 2, 4.5]));          // 2.5
}

main().catch(logError).finally(() => loop.quit());
loop.run();
python.shutdown(true, false);
