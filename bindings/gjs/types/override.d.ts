/* override.d.ts - what the override for JavaScript makes of the library, typed
 *
 * generate.py puts it into what a generator makes of the GIR: a class gets the head that
 * it has here, and a member takes the place of those of its name. Laid out as the
 * generator does: by the indentation it is known what belongs to what.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
declare module 'gi://GFutures?version=1' {

export namespace GFutures {

    /** The futures in the order in which they are settled: `for await (const future of …)`. */
    function as_completed<F extends Future>(futures: Iterable<F>): FutureIterator<F>;

    /**
     * Makes this gjs a worker, which serves the functions of a module: its URI, or an object. The
     * resources are the files of bundles that the module needs.
     * Must not be called after an await. Returns the exit status.
     */
    function serve(module: string | object, ...resources: string[]): number;

    /**
     * What can be sent to another process. Anything but functions and symbols passes here: class
     * instances and objects of GObject's are refused when they are sent.
     */
    type Value = null | undefined | boolean | number | bigint | string |
        {readonly [key: string]: unknown} | (object & {readonly apply?: never});

    /** The last argument of a function that a worker calls */
    interface Context {
        /** Tells how far it is: from 0 to 1, or -1 if that is unknown, and what is being done. */
        progress(fraction: number, text?: string | null): void;

        /** Whether nobody wants the result any more */
        readonly isCancelled: boolean;

        /** For calls of GIO */
        readonly cancellable: Gio.Cancellable;
    }

    interface MapOptions {
        /** How many items travel together: 1, if it is not said */
        chunkSize?: number;

        /** How many chunks are under way at once */
        bufferSize?: number;
    }

    /**
     * A future of `for await`, where get_value() is what it has come to. To the compiler it is no
     * thenable: it would take the value for what the loop gets.
     */
    type Settled<F extends Future> = F & {readonly then: never};

    /** Parameters without the context. None is optional: the context would be taken for it. */
    type WithoutContext<A extends unknown[]> = Required<A> extends [...infer First, infer Last]
        ? 0 extends 1 & Last ? Required<A> : Last extends Context ? First : Required<A> : Required<A>;

    /** The functions of a module, as those that have workers run them: `proxy<typeof import('./tasks.js')>()` */
    type ModuleProxy<M> = {
        readonly [N in keyof M as M[N] extends (...args: any) => any ? N : never]:
            M[N] extends (...args: infer A) => infer R ? (...args: WithoutContext<A>) => Future<Awaited<R>> : never;
    };

    /** What from_async() comes to: what the finish function returns, less what says only that it went well. */
    type AsyncOutcome<F> = F extends (...args: any) => infer R
        ? R extends [boolean, infer First, ...infer Rest] ? [First, ...Rest] : R : any;

    type AsyncFinish<O, S> = S extends `${infer N}_async` ? `${N}_finish` & keyof O : never;

    /** A result that will be there later: `await future` gives it. */
    class Future<T = any> extends GObject.Object implements PromiseLike<T> {
        get status(): string | null;

        static new_delay(delay_us: bigint | number): Future<null>;

        static new_for_boolean(value: boolean): Future<boolean>;

        static new_for_double(value: number): Future<number>;

        static new_for_error(error: GLib.Error): Future<never>;

        static new_for_int(value: number): Future<number>;

        static new_for_int64(value: bigint | number): Future<number>;

        static new_for_object<O extends GObject.Object | null>(value: O): Future<O>;

        static new_for_string<S extends string | null>(value: S): Future<S>;

        /** Succeeds with the array of the results when all have; fails with the first that does. */
        static all<A extends readonly Future[] | []>(futures: A): FutureSet<{-readonly [I in keyof A]: Awaited<A[I]>}, A[number]>;

        static all<F extends Future>(futures: Iterable<F>): FutureSet<Awaited<F>[], F>;

        /** Succeeds with what each has come to, as Promise.allSettled() tells it. */
        static all_settled<A extends readonly Future[] | []>(futures: A): FutureSet<{-readonly [I in keyof A]: PromiseSettledResult<Awaited<A[I]>>}, A[number]>;

        static all_settled<F extends Future>(futures: Iterable<F>): FutureSet<PromiseSettledResult<Awaited<F>>[], F>;

        /** Succeeds with the first result; fails if all fail. */
        static any<F extends Future>(futures: Iterable<F>): FutureSet<Awaited<F>, F>;

        /** Has the outcome of the first that is settled. */
        static race<F extends Future>(futures: Iterable<F>): FutureSet<Awaited<F>, F>;

        /**
         * Starts an asynchronous operation of GIO's kind. The arguments are those of the function,
         * without the cancellable, which is the future's own, and the callback.
         */
        static from_async<O extends object, S extends keyof O & string, F extends keyof O & string = AsyncFinish<O, S>>(object: O, start: S, finish?: F, ...args: any[]): Promise<AsyncOutcome<O[F]>>;

        then<R = T, E = never>(onFulfilled?: ((value: T) => R | PromiseLike<R>) | null, onRejected?: ((reason: any) => E | PromiseLike<E>) | null): globalThis.Promise<R | E>;

        catch<E = never>(onRejected?: ((reason: any) => E | PromiseLike<E>) | null): globalThis.Promise<T | E>;

        finally(onFinally?: (() => void) | null): globalThis.Promise<T>;

        /** C's then(): a future of what func(this) returns a future of. To cancel it cancels what it waits for. */
        chain<U = null>(func: (settled: this) => Future<U> | PromiseLike<U> | U | null | void): Future<U>;

        /** C's catch(): for a future that has failed, or was cancelled. */
        chain_catch<U = null>(func: (settled: this) => Future<U> | PromiseLike<U> | U | null | void): Future<T | U>;

        /** C's finally(): in any case, before what is derived has the outcome. */
        chain_finally(func: (settled: this) => unknown): Future<T>;

        /** Calls callback(fraction, text) when a worker tells how far it is. Returns the future itself. */
        onProgress(callback: (fraction: number, text: string | null) => void): this;

        /** What it has come to, once it is settled: returns what `await` gives, or throws. */
        get_value(): T;

        /** Blocks until it is settled. */
        result(timeout_us?: bigint | number, cancellable?: Gio.Cancellable | null): T;

        result_async(cancellable: Gio.Cancellable | null): globalThis.Promise<T>;

        result_async(cancellable: Gio.Cancellable | null, callback: Gio.AsyncReadyCallback<this> | null): void;

        result_async(cancellable: Gio.Cancellable | null, callback?: Gio.AsyncReadyCallback<this> | null): globalThis.Promise<T> | void;

        result_finish(result: Gio.AsyncResult): T;

        /** @deprecated Throws: what it calls would be called on another thread. */
        watch(callback: never): never;
    }

    class FutureIterator<F extends Future = Future> extends GObject.Object {
        iterator(): FutureIterator<F>;

        next(timeout_us: bigint | number, cancellable: Gio.Cancellable | null): F | null;

        next_async(cancellable: Gio.Cancellable | null): globalThis.Promise<F | null>;

        next_async(cancellable: Gio.Cancellable | null, callback: Gio.AsyncReadyCallback<this> | null): void;

        next_async(cancellable: Gio.Cancellable | null, callback?: Gio.AsyncReadyCallback<this> | null): globalThis.Promise<F | null> | void;

        next_finish(result: Gio.AsyncResult): F | null;

        next_value(): F | null;

        [Symbol.asyncIterator](): AsyncIterableIterator<Settled<F>>;
    }

    /** A future of several, F each, and a list model of them */
    class FutureSet<T = any, F extends Future = Future> extends Future<T> implements Gio.ListModel<F> {
        get_item(position: number): F | null;

        vfunc_get_item(position: number): F | null;

        iterator(): FutureIterator<F>;

        [Symbol.asyncIterator](): AsyncIterableIterator<Settled<F>>;
    }

    /** A future that can be settled */
    class Promise<T = any> extends Future<T> {
        static ["new"]<T = any>(): Promise<T>;

        static new_for_context<T = any>(home: GLib.MainContext | null): Promise<T>;

        /** With a promise, it comes to what that one comes to. False: it was settled before. */
        resolve(value: T | PromiseLike<T>): boolean;

        /** With an Error, as a rule. False: it was settled before. */
        reject(reason: any): boolean;
    }

    abstract class Executor extends GObject.Object {
        /** Calls a function by its name. */
        call<R = any>(name: string, ...args: Value[]): Future<R>;

        call_full<R = any>(priority: number, cancellable: Gio.Cancellable | null, name: string, ...args: Value[]): Future<R>;

        /** The results of a named function for each item, in order. */
        map<R = any>(name: string, items: Iterable<Value> | AsyncIterable<Value>, options?: MapOptions): AsyncIterableIterator<R>;

        /** C's map(): a future of the array. */
        map<R = any>(name: string, items: GLib.Variant, chunk_size?: number | MapOptions): Future<R>;

        /** An object with the functions that can be called by their names */
        proxy<M = {readonly [name: string]: (...args: Value[]) => any}>(): ModuleProxy<M>;

        submit<R = any>(func: (promise: Promise<R>) => void): Future<R>;

        submit_delayed<R = any>(delay_us: bigint | number, func: (promise: Promise<R>) => void): Future<R>;

        submit_full<R = any>(priority: number, cancellable: Gio.Cancellable | null, func: (promise: Promise<R>) => void): Future<R>;

        submit_repeating<R = any>(delay_us: bigint | number, interval_us: bigint | number, func: (promise: Promise<R>) => void): Future<R>;
    }

    namespace ProcessPoolExecutor {
        interface ConstructorProps extends Executor.ConstructorProps {
            /** The URI or the absolute path of the module that its workers serve */
            module: string;
            /** The files of the bundles of resources that the module needs */
            resources: readonly string[];
            initializer: string | null;
            initializer_arguments: GLib.Variant | readonly Value[] | null;
            initializerArguments: GLib.Variant | readonly Value[] | null;
            working_directory: string | null;
            workingDirectory: string | null;
        }
    }

    class ProcessPoolExecutor extends Executor {
        get initializer(): string | null;
        set initializer(val: string | null);

        get initializer_arguments(): GLib.Variant | null;
        set initializer_arguments(val: GLib.Variant | null);

        get initializerArguments(): GLib.Variant | null;
        set initializerArguments(val: GLib.Variant | null);

        get working_directory(): string | null;
        set working_directory(val: string | null);

        get workingDirectory(): string | null;
        set workingDirectory(val: string | null);

        /** @deprecated Throws: a function cannot run in another process; call a named one. */
        submit(func: never): never;

        /** @deprecated Throws, as submit() */
        submit_delayed(delay_us: bigint | number, func: never): never;

        /** @deprecated Throws, as submit() */
        submit_full(priority: number, cancellable: Gio.Cancellable | null, func: never): never;

        /** @deprecated Throws, as submit() */
        submit_repeating(delay_us: bigint | number, interval_us: bigint | number, func: never): never;
    }

    class ThreadPoolExecutor extends Executor {
        /** @deprecated Throws: a function cannot run on another thread; call a named one. */
        submit(func: never): never;

        /** @deprecated Throws, as submit() */
        submit_delayed(delay_us: bigint | number, func: never): never;

        /** @deprecated Throws, as submit() */
        submit_full(priority: number, cancellable: Gio.Cancellable | null, func: never): never;

        /** @deprecated Throws, as submit() */
        submit_repeating(delay_us: bigint | number, interval_us: bigint | number, func: never): never;

        /** @deprecated Throws: a function cannot run on another thread. */
        set_initializer(initializer: never): never;
    }
}

}
