// A module that takes its time
import GLib from 'gi://GLib';

await new Promise(resolve => GLib.timeout_add(GLib.PRIORITY_DEFAULT, 100, () => {
    resolve();
    return GLib.SOURCE_REMOVE;
}));

let n = 0;

export function count() {
    return ++n;
}
