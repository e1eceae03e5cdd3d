/* errors.js - JavaScript's errors as GErrors, and back
 *
 * An Error of JavaScript's is, for other languages, a GError whose message begins
 * with its name, as a Python exception's does, and whose remote traceback is its
 * stack. What arrives with such a message becomes an Error of that name again.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* exported OWN_FRAME, fromFields, fromGError, toFields, toGError */

var {OWN_FRAME, fromFields, fromGError, toFields, toGError} = (() => {
    const {Gio, GLib} = imports.gi;
    const {GFutures} = imports.gi;

    const BUILTIN = new Map([
        EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError,
    ].map(type => [type.name, type]));

    const MAX_TEXT = 200;

    /* In a message */
    function describe(value) {
        let text;

        try {
            text = typeof value === 'object' && value !== null ? JSON.stringify(value) : undefined;
            if (typeof value === 'string')
                text = JSON.stringify(value);
            text ??= String(value);
        } catch {
            text = Object.prototype.toString.call(value);
        }
        return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
    }

    /* Text of GLib ends at a zero, and has no halves of surrogate pairs. */
    function makeText(text) {
        return String(text).replaceAll('\0', '\\0').replace(/\p{Surrogate}/gu, '\ufffd');
    }

    /* Frames of the binding itself, and of the line that starts a worker, say nothing. */
    const OWN_FRAME = /\/overrides\/(gfutures\/\w+|GFutures)\.js:|^@<command line>:/;

    function cleanStack(stack) {
        const lines = String(stack ?? '').split('\n').filter(line => line !== '' && !OWN_FRAME.test(line));

        return lines.length > 0 ? makeText(lines.join('\n')) : null;
    }

    /* The domain's name, the code, the message and the stack, or null, of what was
     * thrown; @where says by whom, for what is no error. */
    function toFields(thrown, where = null, domain = 'gf-future-error-quark', code = GFutures.FutureError.REMOTE) {
        if (thrown instanceof GLib.Error)
            return [GLib.quark_to_string(thrown.domain), thrown.code, makeText(thrown.message), cleanStack(thrown.stack)];
        if (!(thrown instanceof Error)) {
            const message = `${where ?? 'Something'} threw ${describe(thrown)}, which is no Error`;

            return [domain, code, makeText(`Error: ${message}`), null];
        }
        return [domain, code, makeText(`${thrown.name}: ${thrown.message}`), cleanStack(thrown.stack)];
    }

    function toGError(...args) {
        const [domain, code, message, stack] = toFields(...args);
        const error = new GLib.Error(GLib.quark_from_string(domain), code, message);

        if (stack !== null)
            GFutures.error_set_remote_traceback(error, stack);
        return error;
    }

    /* What a GError stands for: an Error of that name, or itself. */
    function fromGError(error, stack = GFutures.error_get_remote_traceback(error)) {
        const [, name, message] = error.matches(GFutures.FutureError, GFutures.FutureError.REMOTE)
            ? error.message.match(/^([\p{L}_$][\p{L}\p{N}_$.]*)(?:$|: ([^]*)$)/u) ?? [] : [];

        if (name !== undefined) {
            const made = new (BUILTIN.get(name) ?? Error)(message ?? '');

            if (made.name !== name)
                Object.defineProperty(made, 'name', {value: name, configurable: true, writable: true});
            error = made;
        }
        /* Where it was made here says nothing. */
        error.stack = stack ? `${stack.trimEnd()}\n` : '';
        return error;
    }

    function fromFields(domain, code, message, stack) {
        return fromGError(new GLib.Error(GLib.quark_from_string(domain), code, message), stack);
    }

    return {OWN_FRAME, fromFields, fromGError, toFields, toGError};
})();
