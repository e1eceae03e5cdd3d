/* processes.js - the process pool: a module's functions in workers that are gjs
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* exported override, runsModule */

var {override, runsModule} = (() => {
    const {GFutures, Gio, GLib} = imports.gi;

    const {getInnermost} = imports.overrides.gfutures.calls;
    const memory = imports.overrides.gfutures.memory;
    const {LOAD} = imports.overrides.gfutures.names;
    const {packArguments} = imports.overrides.gfutures.values;

    const MODULE = Symbol('module');

    const PROGRAM = "imports.gi.versions.GFutures = '1'; imports.system.exit(imports.gi.GFutures.serve(...ARGV));";

    /* Whether its workers serve a module of JavaScript's, by worker.js. */
    function runsModule(executor) {
        return MODULE in getInnermost(executor);
    }

    /* As gjs takes them: max_workers, maxWorkers, max-workers */
    function getPropertyName(name) {
        return name.replaceAll('-', '_').replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`);
    }

    /* The URI of a module, of which that or the path is given. */
    function getUri(module) {
        if (typeof module === 'string' && GLib.path_is_absolute(module))
            return GLib.filename_to_uri(module, null);
        if (typeof module !== 'string' || !['file', 'resource'].includes(GLib.Uri.peek_scheme(module))) {
            throw new TypeError(`module: ${JSON.stringify(module)} is no URI of a file or resource, and no ` +
                'absolute path. The URI of a module beside another one is ' +
                "GLib.uri_resolve_relative(import.meta.url, './tasks.js', GLib.UriFlags.NONE)");
        }
        return module;
    }

    function getWorkerArgv(uri, resources) {
        const gjs = GLib.find_program_in_path('gjs') ?? GLib.find_program_in_path('gjs-console');

        if (gjs === null)
            throw new Error('The program gjs, which serves the module in workers, is not in PATH');

        /* They find these files where they were found here. */
        const file = Gio.File.new_for_commandline_arg(imports.overrides.gfutures.worker.__file__);
        const folder = file.get_parent().get_parent().get_parent().get_path();

        return [gjs, ...folder !== null ? ['-I', folder] : [], '-c', PROGRAM, uri, ...resources];
    }

    function override() {
        const {prototype} = GFutures.ProcessPoolExecutor;
        const init = prototype._init;

        prototype._init = function (properties = {}, ...rest) {
            const {module, resources = [], ...own} = Object.fromEntries(
                Object.entries(properties).map(([name, value]) => [getPropertyName(name), value]));
            const {initializer = null} = own;
            const servesModule = 'module' in properties;

            if (Array.isArray(own.initializer_arguments)) {
                own.initializer_arguments = own.initializer_arguments.length > 0
                    ? packArguments(own.initializer_arguments, memory.createVariant) : null;
            }
            if (servesModule) {
                if ('worker_argv' in own)
                    throw new TypeError('module: a pool has a module or a worker_argv');
                own.worker_argv = getWorkerArgv(getUri(module), resources);
                own.initializer = LOAD + (initializer ?? '');
            }
            init.call(this, own, ...rest);
            if (servesModule) {
                this[MODULE] = true;
                Object.defineProperty(this, 'initializer', {value: initializer});
            }
        };
    }

    return {override, runsModule};
})();
