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
    const {GFutures, GLib} = imports.gi;

    const {showName} = imports.overrides.gfutures.names;


    const FUTURE_ERROR = GLib.quark_to_string(GFutures.future_error_quark());
    const {REMOTE} = GFutures.FutureError;

    const BUILTIN = new Map([
        EvalError, InternalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError,
    ].map(type => [type.name, type]));

    /* Names as of errors in JavaScript and Python, and what follows them */
    const NAMED = /^([\p{L}_$][\p{L}\p{N}_$.]*)(?:$|: ([^]*)$)/u;

    const MAX_TEXT = 200;

    /* In a message */
    function describe(value) {
        let text;

        try {
            if (typeof value === 'string' || (typeof value === 'object' && value !== null))
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

    /* A property that may be a getter which throws. */
    function read(error, name, otherwise) {
        try {
            return String(error[name] ?? otherwise);
        } catch {
            return otherwise;
        }
    }

    /* The domain's name, the code, the message and the stack, or null, of what was
     * thrown; @where says by whom, for what is no error. */
    function toFields(thrown, where = 'Something', domain = FUTURE_ERROR, code = REMOTE) {
        if (thrown instanceof GLib.Error) {
            return [GLib.quark_to_string(thrown.domain), thrown.code, makeText(thrown.message),
                cleanStack(thrown.stack)];
        }
        if (!(thrown instanceof Error))
            return [domain, code, makeText(`Error: ${where} threw ${describe(thrown)}, which is no Error`), null];

        const name = read(thrown, 'name', 'Error');
        const text = read(thrown, 'message', '');
        const message = text !== '' ? `${name}: ${text}` : name;

        return [domain, code, makeText(NAMED.exec(message)?.[1] === name ? message : `Error: ${message}`),
            cleanStack(read(thrown, 'stack', ''))];
    }

    function toGError(...args) {
        const [domain, code, message, stack] = toFields(...args);
        const error = new GLib.Error(GLib.quark_from_string(domain), code, message);

        if (stack !== null)
            GFutures.error_set_remote_traceback(error, stack);
        return error;
    }

    /* What a GError stands for: an Error of that name, or itself. gjs has made an Error of
     * what a function of JavaScript threw in this process. */
    function fromGError(error, stack = undefined) {
        if (!(error instanceof GLib.Error))
            return error;

        const [, name, message] = error.matches(GFutures.FutureError, REMOTE) ? NAMED.exec(error.message) ?? [] : [];
        const shown = showName(error.message);

        stack ??= GFutures.error_get_remote_traceback(error);
        if (name !== undefined) {
            const made = new (BUILTIN.get(name) ?? Error)(message ?? '');

            if (made.name !== name)
                Object.defineProperty(made, 'name', {value: name, configurable: true, writable: true});
            error = made;
        } else if (shown !== error.message) {
            error = new GLib.Error(error.domain, error.code, shown);
        }
        /* Where it was made here says nothing. */
        error.stack = stack ? `${stack.trimEnd()}\n` : '';
        return error;
    }

    function fromFields(domain, code, message, stack) {
        return fromGError(new GLib.Error(GLib.quark_from_string(domain), code, message), stack ?? '');
    }

    return {OWN_FRAME, fromFields, fromGError, toFields, toGError};
})();
