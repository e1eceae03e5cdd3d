// A module that throws while it is loaded
import GLib from 'gi://GLib';

export function noop() {
}

throw new RangeError(`a module that throws, in ${GLib.get_prgname() !== null ? 'a program' : 'nothing'}`);
