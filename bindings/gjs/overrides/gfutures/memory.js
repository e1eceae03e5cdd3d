/* memory.js - large arrays of bytes
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* exported createVariant, take, view */

const System = imports.system;
const {GLib} = imports.gi;

/* The engine does not know of memory that is not its own, and would not look for
 * what can be freed of it. */
const MAX_FOREIGN = 256 * 1024 * 1024;

let foreign = 0;

/* The bytes, to be looked at only. */
function view(bytes) {
    return bytes.get_size() > 0 ? bytes.toArray() : new Uint8Array(0);
}

/* The bytes, for the application to keep. */
function take(bytes) {
    foreign += bytes.get_size();
    if (foreign > MAX_FOREIGN) {
        foreign = bytes.get_size();
        System.gc();
    }
    return view(bytes);
}

/* A variant of packed bytes and pieces, see values.js. */
function createVariant(type, bytes, pieces) {
    const size = pieces.reduce((sum, [, piece]) => sum + piece.length, bytes.length);
    const whole = new Uint8Array(size);
    let from = 0;
    let at = 0;

    for (const [end, piece] of [...pieces, [bytes.length, []]]) {
        whole.set(bytes.subarray(from, end), at);
        whole.set(piece, at + end - from);
        at += end - from + piece.length;
        from = end;
    }
    return GLib.Variant.new_from_bytes(new GLib.VariantType(type), new GLib.Bytes(whole), true);
}
