/* gfutures-1.d.ts - what TypeScript and editors know of GFutures
 *
 * Written by generate.py: what the GIR says, completed by override.d.ts. The types of
 * GLib, GObject and Gio are not here: they come from @girs/gio-2.0, or from whatever
 * else declares modules of the name gi://Gio?version=2.0.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
declare module 'gi://GFutures?version=1' {
// Module dependencies
import type Gio from 'gi://Gio?version=2.0';
import type GObject from 'gi://GObject?version=2.0';
import type GLib from 'gi://GLib?version=2.0';

export namespace GFutures {
    /**
     * GFutures-1
     */

    class FutureError extends GLib.Error {
        static $gtype: GObject.GType<GLib.Error>;

        // Static fields
        static SHUT_DOWN: number;

        static BROKEN_EXECUTOR: number;

        static WORKER_DIED: number;

        static UNKNOWN_FUNCTION: number;

        static INVALID_STATE: number;

        static BROKEN_PROMISE: number;

        static PROTOCOL: number;

        static MESSAGE_TOO_LARGE: number;

        static REMOTE: number;

        // Constructors
        constructor(options: { message: string; code: number });

        // Static methods
        static quark(): GLib.Quark;
    }

    export namespace FutureState {
        export const $gtype: GObject.GType<FutureState>;
    }

    enum FutureState {
        PENDING = 0,
        RUNNING = 1,
        SUCCEEDED = 2,
        FAILED = 3,
        CANCELLED = 4,
    }

    export namespace ReturnWhen {
        export const $gtype: GObject.GType<ReturnWhen>;
    }

    enum ReturnWhen {
        ALL_COMPLETED = 0,
        FIRST_COMPLETED = 1,
        FIRST_EXCEPTION = 2,
    }

    export namespace TaskScopePolicy {
        export const $gtype: GObject.GType<TaskScopePolicy>;
    }

    enum TaskScopePolicy {
        CANCEL_ON_ERROR = 0,
        COLLECT_ERRORS = 1,
    }

    export namespace WorkerTransport {
        export const $gtype: GObject.GType<WorkerTransport>;
    }

    enum WorkerTransport {
        AUTO = 0,
        SOCKET = 1,
        STDIO = 2,
    }

    const MAJOR_VERSION: number;

    const MICRO_VERSION: number;

    const MINOR_VERSION: number;

    /** The futures in the order in which they are settled: `for await (const future of …)`. */
    function as_completed<F extends Future>(futures: Iterable<F>): FutureIterator<F>;

    function binding_call_quietly(executor: Executor, _function: string, _arguments: GLib.Variant | null): Future;
    function binding_call_serialized_quietly(executor: Executor, _function: string, type: string, data: Uint8Array | string): Future;
    function binding_ignore_data(key: string): void;
    function binding_set_follower(_function: FutureCallback): void;

    function error_get_remote_traceback(error: GLib.Error): string | null;

    function error_set_remote_traceback(error: GLib.Error, traceback: string | null): void;

    function function_register(name: string | null, _function: Function): void;

    function function_register_serialized(name: string | null, max_size: bigint | number, _function: SerializedFunction): void;

    function function_return_serialized(promise: Promise, type: string, data: Uint8Array | string): void;

    function future_error_quark(): GLib.Quark;

    function wait(futures: Future[], return_when: ReturnWhen, timeout_us: bigint | number, cancellable: Gio.Cancellable | null): boolean;

    function wait_poll(futures: Future[], return_when: ReturnWhen, timeout_us: bigint | number): boolean;

    function worker_exit(status: number): void;

    function worker_requested(): boolean;

    function worker_run(argv: string[]): number;

    interface Continuation {
        (settled: Future): Future | null;
    }

    interface FinishFunc<A = GObject.Object> {
        (promise: Promise, source: A | null, result: Gio.AsyncResult): void;
    }

    interface Function {
        (_arguments: GLib.Variant | null, promise: Promise): GLib.Variant | null;
    }

    interface FutureCallback {
        (future: Future): void;
    }

    interface PostFunc {
        (data: null): void;
    }

    interface SerializedFunction {
        (promise: Promise, _function: string, type: string | null, data: Uint8Array | null, _arguments: GLib.Variant | null): void;
    }

    interface TaskFunc {
        (promise: Promise): void;
    }

    interface ThreadInitializer {
        (user_data: null): boolean;
    }

    namespace Executor {
        // Signal signatures
        interface SignalSignatures extends GObject.Object.SignalSignatures {
            "notify::label": (pspec: GObject.ParamSpec) => void;
            "notify::max-workers": (pspec: GObject.ParamSpec) => void;
            "notify::n-pending": (pspec: GObject.ParamSpec) => void;
            "notify::n-running": (pspec: GObject.ParamSpec) => void;
        }

        // Constructor properties interface
        interface ConstructorProps extends GObject.Object.ConstructorProps {
            label: string | null;
            max_workers: number;
            maxWorkers: number;
            n_pending: number;
            nPending: number;
            n_running: number;
            nRunning: number;
        }
    }

    abstract class Executor extends GObject.Object {
        static $gtype: GObject.GType<Executor>;

        // Properties
        get label(): string | null;
        set label(val: string | null);

        get max_workers(): number;

        get maxWorkers(): number;

        get n_pending(): number;

        get nPending(): number;

        get n_running(): number;

        get nRunning(): number;

        /**
         * Compile-time signal type information.
         *
         * This instance property is generated only for TypeScript type checking.
         * It is not defined at runtime and should not be accessed in JS code.
         * @internal
         */
        $signals: Executor.SignalSignatures;

        // Constructors
        constructor(properties?: Partial<Executor.ConstructorProps>, ...args: any[]);

        _init(...args: any[]): void;

        // Signals
        /** @signal */
        connect<K extends keyof Executor.SignalSignatures>(signal: K, callback: GObject.SignalCallback<this, Executor.SignalSignatures[K]>): number;
        connect(signal: string, callback: (...args: any[]) => any): number;

        /** @signal */
        connect_after<K extends keyof Executor.SignalSignatures>(signal: K, callback: GObject.SignalCallback<this, Executor.SignalSignatures[K]>): number;
        connect_after(signal: string, callback: (...args: any[]) => any): number;

        /** @signal */
        emit<K extends keyof Executor.SignalSignatures>(signal: K, ...args: GObject.GjsParameters<Executor.SignalSignatures[K]> extends [any, ...infer Q] ? Q : never): void;
        emit(signal: string, ...args: any[]): void;

        // Virtual methods
        vfunc_enqueue(task: Promise): void;

        vfunc_enqueue_many(tasks: Promise[]): void;

        vfunc_stop(cancel_futures: boolean): void;

        /** Calls a function by its name. */
        call<R = any>(name: string, ...args: Value[]): Future<R>;

        call_full<R = any>(priority: number, cancellable: Gio.Cancellable | null, name: string, ...args: Value[]): Future<R>;

        call_serialized(priority: number, _function: string, type: string, data: Uint8Array | string): Future;

        get_futures(): Gio.ListModel;

        get_label(): string | null;

        get_max_workers(): number;

        get_n_pending(): number;

        get_n_running(): number;

        /** The results of a named function for each item, in order. */
        map<R = any>(name: string, items: Iterable<Value> | AsyncIterable<Value>, options?: MapOptions): AsyncIterableIterator<R>;

        /** C's map(): a future of the array. */
        map<R = any>(name: string, items: GLib.Variant, chunk_size?: number | MapOptions): Future<R>;

        set_label(label: string | null): void;

        shutdown(wait: boolean, cancel_futures: boolean): void;

        shutdown_async(cancel_futures: boolean, cancellable: Gio.Cancellable | null): globalThis.Promise<boolean>;

        shutdown_async(cancel_futures: boolean, cancellable: Gio.Cancellable | null, callback: Gio.AsyncReadyCallback<this> | null): void;

        shutdown_async(cancel_futures: boolean, cancellable: Gio.Cancellable | null, callback?: Gio.AsyncReadyCallback<this> | null): globalThis.Promise<boolean> | void;

        shutdown_finish(result: Gio.AsyncResult): boolean;

        submit<R = any>(func: (promise: Promise<R>) => void): Future<R>;

        submit_delayed<R = any>(delay_us: bigint | number, func: (promise: Promise<R>) => void): Future<R>;

        submit_full<R = any>(priority: number, cancellable: Gio.Cancellable | null, func: (promise: Promise<R>) => void): Future<R>;

        submit_repeating<R = any>(delay_us: bigint | number, interval_us: bigint | number, func: (promise: Promise<R>) => void): Future<R>;

        /** An object with the functions that can be called by their names */
        proxy<M = {readonly [name: string]: (...args: Value[]) => any}>(): ModuleProxy<M>;
    }

    namespace Future {
        // Signal signatures
        interface SignalSignatures extends GObject.Object.SignalSignatures {
            /** @signal */
            done: () => void;
            "notify::label": (pspec: GObject.ParamSpec) => void;
            "notify::progress": (pspec: GObject.ParamSpec) => void;
            "notify::settled": (pspec: GObject.ParamSpec) => void;
            "notify::state": (pspec: GObject.ParamSpec) => void;
            "notify::status": (pspec: GObject.ParamSpec) => void;
        }

        // Constructor properties interface
        interface ConstructorProps extends GObject.Object.ConstructorProps {
            label: string | null;
            progress: number;
            settled: boolean;
            state: FutureState;
            status: string;
        }
    }

    /** A result that will be there later: `await future` gives it. */
    class Future<T = any> extends GObject.Object implements PromiseLike<T> {
        static $gtype: GObject.GType<Future>;

        // Properties
        get label(): string | null;
        set label(val: string | null);

        get progress(): number;

        get settled(): boolean;

        get state(): FutureState;

        get status(): string | null;

        /**
         * Compile-time signal type information.
         *
         * This instance property is generated only for TypeScript type checking.
         * It is not defined at runtime and should not be accessed in JS code.
         * @internal
         */
        $signals: Future.SignalSignatures;

        // Constructors
        constructor(properties?: Partial<Future.ConstructorProps>, ...args: any[]);

        _init(...args: any[]): void;

        static new_delay(delay_us: bigint | number): Future<null>;

        static new_for_boolean(value: boolean): Future<boolean>;

        static new_for_double(value: number): Future<number>;

        static new_for_error(error: GLib.Error): Future<never>;

        static new_for_int(value: number): Future<number>;

        static new_for_int64(value: bigint | number): Future<number>;

        static new_for_object<O extends GObject.Object | null>(value: O): Future<O>;

        static new_for_string<S extends string | null>(value: S): Future<S>;

        static new_for_value(value: GObject.Value | any): Future;

        static new_for_variant(value: GLib.Variant | null): Future;

        // Signals
        /** @signal */
        connect<K extends keyof Future.SignalSignatures>(signal: K, callback: GObject.SignalCallback<this, Future.SignalSignatures[K]>): number;
        connect(signal: string, callback: (...args: any[]) => any): number;

        /** @signal */
        connect_after<K extends keyof Future.SignalSignatures>(signal: K, callback: GObject.SignalCallback<this, Future.SignalSignatures[K]>): number;
        connect_after(signal: string, callback: (...args: any[]) => any): number;

        /** @signal */
        emit<K extends keyof Future.SignalSignatures>(signal: K, ...args: GObject.GjsParameters<Future.SignalSignatures[K]> extends [any, ...infer Q] ? Q : never): void;
        emit(signal: string, ...args: any[]): void;

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

        // Methods
        add_done_callback(executor: Executor | null, callback: FutureCallback): void;

        cancel(): boolean;

        cancel_pending(): boolean;

        catch<E = never>(onRejected?: ((reason: any) => E | PromiseLike<E>) | null): globalThis.Promise<T | E>;

        /** C's then(): a future of what func(this) returns a future of. To cancel it cancels what it waits for. */
        chain<U = null>(func: (settled: this) => Future<U> | PromiseLike<U> | U | null | void): Future<U>;

        dup_status(): string | null;

        finally(onFinally?: (() => void) | null): globalThis.Promise<T>;

        follow(): void;

        forward_to_task(task: Gio.Task): void;

        get_boolean(): boolean;

        get_double(): number;

        get_error(): GLib.Error | null;

        get_error_details(): GLib.Bytes | null;

        get_int(): number;

        get_int64(): number;

        get_label(): string | null;

        get_object<T = GObject.Object>(): T;

        get_progress(): number;

        get_serialized(): [GLib.Bytes | null, string];

        get_state(): FutureState;

        get_string(): string | null;

        /** What it has come to, once it is settled: returns what `await` gives, or throws. */
        get_value(): T;

        get_variant(): GLib.Variant | null;

        is_cancelled(): boolean;

        is_done(): boolean;

        is_running(): boolean;

        peek_serialized(max_size: bigint | number): [Uint8Array | null, string];

        poll(timeout_us: bigint | number): boolean;

        /** Blocks until it is settled. */
        result(timeout_us?: bigint | number, cancellable?: Gio.Cancellable | null): T;

        result_async(cancellable: Gio.Cancellable | null): globalThis.Promise<T>;

        result_async(cancellable: Gio.Cancellable | null, callback: Gio.AsyncReadyCallback<this> | null): void;

        result_async(cancellable: Gio.Cancellable | null, callback?: Gio.AsyncReadyCallback<this> | null): globalThis.Promise<T> | void;

        result_finish(result: Gio.AsyncResult): T;

        run_until_done(cancellable: Gio.Cancellable | null): boolean;

        set_cancellable(cancellable: Gio.Cancellable | null): void;

        set_label(label: string | null): void;

        set_quiet(quiet: boolean): void;

        set_timeout(timeout_us: bigint | number): void;

        wait(timeout_us: bigint | number, cancellable: Gio.Cancellable | null): boolean;

        want(): void;

        /** @deprecated Throws: what it calls would be called on another thread. */
        watch(callback: never): never;

        /**
         * Starts an asynchronous operation of GIO's kind. The arguments are those of the function,
         * without the cancellable, which is the future's own, and the callback.
         */
        static from_async<O extends object, S extends keyof O & string, F extends keyof O & string = AsyncFinish<O, S>>(object: O, start: S, finish?: F, ...args: any[]): Promise<AsyncOutcome<O[F]>>;

        then<R = T, E = never>(onFulfilled?: ((value: T) => R | PromiseLike<R>) | null, onRejected?: ((reason: any) => E | PromiseLike<E>) | null): globalThis.Promise<R | E>;

        /** C's catch(): for a future that has failed, or was cancelled. */
        chain_catch<U = null>(func: (settled: this) => Future<U> | PromiseLike<U> | U | null | void): Future<T | U>;

        /** C's finally(): in any case, before what is derived has the outcome. */
        chain_finally(func: (settled: this) => unknown): Future<T>;

        /** Calls callback(fraction, text) when a worker tells how far it is. Returns the future itself. */
        onProgress(callback: (fraction: number, text: string | null) => void): this;
    }

    namespace FutureIterator {
        // Signal signatures
        interface SignalSignatures extends GObject.Object.SignalSignatures {}

        // Constructor properties interface
        interface ConstructorProps extends GObject.Object.ConstructorProps {}
    }

    class FutureIterator<F extends Future = Future> extends GObject.Object {
        static $gtype: GObject.GType<FutureIterator>;

        /**
         * Compile-time signal type information.
         *
         * This instance property is generated only for TypeScript type checking.
         * It is not defined at runtime and should not be accessed in JS code.
         * @internal
         */
        $signals: FutureIterator.SignalSignatures;

        // Constructors
        constructor(properties?: Partial<FutureIterator.ConstructorProps>, ...args: any[]);

        _init(...args: any[]): void;

        // Signals
        /** @signal */
        connect<K extends keyof FutureIterator.SignalSignatures>(signal: K, callback: GObject.SignalCallback<this, FutureIterator.SignalSignatures[K]>): number;
        connect(signal: string, callback: (...args: any[]) => any): number;

        /** @signal */
        connect_after<K extends keyof FutureIterator.SignalSignatures>(signal: K, callback: GObject.SignalCallback<this, FutureIterator.SignalSignatures[K]>): number;
        connect_after(signal: string, callback: (...args: any[]) => any): number;

        /** @signal */
        emit<K extends keyof FutureIterator.SignalSignatures>(signal: K, ...args: GObject.GjsParameters<FutureIterator.SignalSignatures[K]> extends [any, ...infer Q] ? Q : never): void;
        emit(signal: string, ...args: any[]): void;

        iterator(): FutureIterator<F>;

        next(timeout_us: bigint | number, cancellable: Gio.Cancellable | null): F | null;

        next_async(cancellable: Gio.Cancellable | null): globalThis.Promise<F | null>;

        next_async(cancellable: Gio.Cancellable | null, callback: Gio.AsyncReadyCallback<this> | null): void;

        next_async(cancellable: Gio.Cancellable | null, callback?: Gio.AsyncReadyCallback<this> | null): globalThis.Promise<F | null> | void;

        next_finish(result: Gio.AsyncResult): F | null;

        next_value(): F | null;

        [Symbol.asyncIterator](): AsyncIterableIterator<Settled<F>>;
    }

    namespace FutureSet {
        // Signal signatures
        interface SignalSignatures extends Future.SignalSignatures, Gio.ListModel.SignalSignatures {
            "notify::n-done": (pspec: GObject.ParamSpec) => void;
            "notify::label": (pspec: GObject.ParamSpec) => void;
            "notify::progress": (pspec: GObject.ParamSpec) => void;
            "notify::settled": (pspec: GObject.ParamSpec) => void;
            "notify::state": (pspec: GObject.ParamSpec) => void;
            "notify::status": (pspec: GObject.ParamSpec) => void;
        }

        // Constructor properties interface
        interface ConstructorProps<A extends GObject.Object = GObject.Object> extends Future.ConstructorProps, Gio.ListModel.ConstructorProps {
            n_done: number;
            nDone: number;
        }
    }

    /** A future of several, F each, and a list model of them */
    class FutureSet<T = any, F extends Future = Future> extends Future<T> implements Gio.ListModel<F> {
        static $gtype: GObject.GType<FutureSet>;

        // Properties
        get n_done(): number;

        get nDone(): number;

        /**
         * Compile-time signal type information.
         *
         * This instance property is generated only for TypeScript type checking.
         * It is not defined at runtime and should not be accessed in JS code.
         * @internal
         */
        $signals: FutureSet.SignalSignatures;

        // Constructors
        constructor(properties?: Partial<FutureSet.ConstructorProps>, ...args: any[]);

        _init(...args: any[]): void;

        // Signals
        /** @signal */
        connect<K extends keyof FutureSet.SignalSignatures>(signal: K, callback: GObject.SignalCallback<this, FutureSet.SignalSignatures[K]>): number;
        connect(signal: string, callback: (...args: any[]) => any): number;

        /** @signal */
        connect_after<K extends keyof FutureSet.SignalSignatures>(signal: K, callback: GObject.SignalCallback<this, FutureSet.SignalSignatures[K]>): number;
        connect_after(signal: string, callback: (...args: any[]) => any): number;

        /** @signal */
        emit<K extends keyof FutureSet.SignalSignatures>(signal: K, ...args: GObject.GjsParameters<FutureSet.SignalSignatures[K]> extends [any, ...infer Q] ? Q : never): void;
        emit(signal: string, ...args: any[]): void;

        // Methods
        get_decisive(): Future | null;

        get_n_done(): number;

        iterator(): FutureIterator<F>;

        get_item_type(): GObject.GType;

        get_n_items(): number;

        get_item(position: number): F | null;

        items_changed(position: number, removed: number, added: number): void;

        vfunc_get_item(position: number): F | null;

        vfunc_get_item_type(): GObject.GType;

        vfunc_get_n_items(): number;

        [Symbol.asyncIterator](): AsyncIterableIterator<Settled<F>>;
    }

    namespace InlineExecutor {
        // Signal signatures
        interface SignalSignatures extends Executor.SignalSignatures {
            "notify::label": (pspec: GObject.ParamSpec) => void;
            "notify::max-workers": (pspec: GObject.ParamSpec) => void;
            "notify::n-pending": (pspec: GObject.ParamSpec) => void;
            "notify::n-running": (pspec: GObject.ParamSpec) => void;
        }

        // Constructor properties interface
        interface ConstructorProps extends Executor.ConstructorProps {}
    }

    class InlineExecutor extends Executor {
        static $gtype: GObject.GType<InlineExecutor>;

        /**
         * Compile-time signal type information.
         *
         * This instance property is generated only for TypeScript type checking.
         * It is not defined at runtime and should not be accessed in JS code.
         * @internal
         */
        $signals: InlineExecutor.SignalSignatures;

        // Constructors
        constructor(properties?: Partial<InlineExecutor.ConstructorProps>, ...args: any[]);

        _init(...args: any[]): void;

        // Signals
        /** @signal */
        connect<K extends keyof InlineExecutor.SignalSignatures>(signal: K, callback: GObject.SignalCallback<this, InlineExecutor.SignalSignatures[K]>): number;
        connect(signal: string, callback: (...args: any[]) => any): number;

        /** @signal */
        connect_after<K extends keyof InlineExecutor.SignalSignatures>(signal: K, callback: GObject.SignalCallback<this, InlineExecutor.SignalSignatures[K]>): number;
        connect_after(signal: string, callback: (...args: any[]) => any): number;

        /** @signal */
        emit<K extends keyof InlineExecutor.SignalSignatures>(signal: K, ...args: GObject.GjsParameters<InlineExecutor.SignalSignatures[K]> extends [any, ...infer Q] ? Q : never): void;
        emit(signal: string, ...args: any[]): void;

        // Static methods
        static get(): Executor;
    }

    namespace LimitedExecutor {
        // Signal signatures
        interface SignalSignatures extends Executor.SignalSignatures {
            "notify::executor": (pspec: GObject.ParamSpec) => void;
            "notify::max-in-flight": (pspec: GObject.ParamSpec) => void;
            "notify::max-queued": (pspec: GObject.ParamSpec) => void;
            "notify::n-queued": (pspec: GObject.ParamSpec) => void;
            "notify::label": (pspec: GObject.ParamSpec) => void;
            "notify::max-workers": (pspec: GObject.ParamSpec) => void;
            "notify::n-pending": (pspec: GObject.ParamSpec) => void;
            "notify::n-running": (pspec: GObject.ParamSpec) => void;
        }

        // Constructor properties interface
        interface ConstructorProps extends Executor.ConstructorProps {
            executor: Executor;
            max_in_flight: number;
            maxInFlight: number;
            max_queued: number;
            maxQueued: number;
            n_queued: number;
            nQueued: number;
        }
    }

    class LimitedExecutor extends Executor {
        static $gtype: GObject.GType<LimitedExecutor>;

        // Properties
        get executor(): Executor;

        get max_in_flight(): number;
        set max_in_flight(val: number);

        get maxInFlight(): number;
        set maxInFlight(val: number);

        get max_queued(): number;
        set max_queued(val: number);

        get maxQueued(): number;
        set maxQueued(val: number);

        get n_queued(): number;

        get nQueued(): number;

        /**
         * Compile-time signal type information.
         *
         * This instance property is generated only for TypeScript type checking.
         * It is not defined at runtime and should not be accessed in JS code.
         * @internal
         */
        $signals: LimitedExecutor.SignalSignatures;

        // Constructors
        constructor(properties?: Partial<LimitedExecutor.ConstructorProps>, ...args: any[]);

        _init(...args: any[]): void;

        static ["new"](executor: Executor, max_in_flight: number, max_queued: number): LimitedExecutor;

        // Signals
        /** @signal */
        connect<K extends keyof LimitedExecutor.SignalSignatures>(signal: K, callback: GObject.SignalCallback<this, LimitedExecutor.SignalSignatures[K]>): number;
        connect(signal: string, callback: (...args: any[]) => any): number;

        /** @signal */
        connect_after<K extends keyof LimitedExecutor.SignalSignatures>(signal: K, callback: GObject.SignalCallback<this, LimitedExecutor.SignalSignatures[K]>): number;
        connect_after(signal: string, callback: (...args: any[]) => any): number;

        /** @signal */
        emit<K extends keyof LimitedExecutor.SignalSignatures>(signal: K, ...args: GObject.GjsParameters<LimitedExecutor.SignalSignatures[K]> extends [any, ...infer Q] ? Q : never): void;
        emit(signal: string, ...args: any[]): void;

        // Methods
        wait_for_room(): Future;
    }

    namespace MainContextExecutor {
        // Signal signatures
        interface SignalSignatures extends Executor.SignalSignatures {
            "notify::label": (pspec: GObject.ParamSpec) => void;
            "notify::max-workers": (pspec: GObject.ParamSpec) => void;
            "notify::n-pending": (pspec: GObject.ParamSpec) => void;
            "notify::n-running": (pspec: GObject.ParamSpec) => void;
        }

        // Constructor properties interface
        interface ConstructorProps extends Executor.ConstructorProps {}
    }

    class MainContextExecutor extends Executor {
        static $gtype: GObject.GType<MainContextExecutor>;

        /**
         * Compile-time signal type information.
         *
         * This instance property is generated only for TypeScript type checking.
         * It is not defined at runtime and should not be accessed in JS code.
         * @internal
         */
        $signals: MainContextExecutor.SignalSignatures;

        // Constructors
        constructor(properties?: Partial<MainContextExecutor.ConstructorProps>, ...args: any[]);

        _init(...args: any[]): void;

        static ["new"](context: GLib.MainContext | null): MainContextExecutor;

        // Signals
        /** @signal */
        connect<K extends keyof MainContextExecutor.SignalSignatures>(signal: K, callback: GObject.SignalCallback<this, MainContextExecutor.SignalSignatures[K]>): number;
        connect(signal: string, callback: (...args: any[]) => any): number;

        /** @signal */
        connect_after<K extends keyof MainContextExecutor.SignalSignatures>(signal: K, callback: GObject.SignalCallback<this, MainContextExecutor.SignalSignatures[K]>): number;
        connect_after(signal: string, callback: (...args: any[]) => any): number;

        /** @signal */
        emit<K extends keyof MainContextExecutor.SignalSignatures>(signal: K, ...args: GObject.GjsParameters<MainContextExecutor.SignalSignatures[K]> extends [any, ...infer Q] ? Q : never): void;
        emit(signal: string, ...args: any[]): void;
    }

    namespace ProcessPoolExecutor {
        // Signal signatures
        interface SignalSignatures extends Executor.SignalSignatures {
            /** @signal */
            "worker-exited": (pid: number, wait_status: number) => void;
            /** @signal */
            "worker-started": (pid: number) => void;
            "notify::cancel-grace": (pspec: GObject.ParamSpec) => void;
            "notify::environment": (pspec: GObject.ParamSpec) => void;
            "notify::idle-timeout": (pspec: GObject.ParamSpec) => void;
            "notify::initializer": (pspec: GObject.ParamSpec) => void;
            "notify::initializer-arguments": (pspec: GObject.ParamSpec) => void;
            "notify::launcher": (pspec: GObject.ParamSpec) => void;
            "notify::max-message-size": (pspec: GObject.ParamSpec) => void;
            "notify::max-retries": (pspec: GObject.ParamSpec) => void;
            "notify::max-tasks-per-worker": (pspec: GObject.ParamSpec) => void;
            "notify::memory-limit": (pspec: GObject.ParamSpec) => void;
            "notify::modules": (pspec: GObject.ParamSpec) => void;
            "notify::start-timeout": (pspec: GObject.ParamSpec) => void;
            "notify::task-timeout": (pspec: GObject.ParamSpec) => void;
            "notify::transport": (pspec: GObject.ParamSpec) => void;
            "notify::worker-argv": (pspec: GObject.ParamSpec) => void;
            "notify::working-directory": (pspec: GObject.ParamSpec) => void;
            "notify::label": (pspec: GObject.ParamSpec) => void;
            "notify::max-workers": (pspec: GObject.ParamSpec) => void;
            "notify::n-pending": (pspec: GObject.ParamSpec) => void;
            "notify::n-running": (pspec: GObject.ParamSpec) => void;
        }

        // Constructor properties interface
        interface ConstructorProps extends Executor.ConstructorProps {
            cancel_grace: number;
            cancelGrace: number;
            environment: string[];
            idle_timeout: number;
            idleTimeout: number;
            initializer: string | null;
            initializer_arguments: GLib.Variant | readonly Value[] | null;
            initializerArguments: GLib.Variant | readonly Value[] | null;
            launcher: string[];
            max_message_size: bigint | number;
            maxMessageSize: bigint | number;
            max_retries: number;
            maxRetries: number;
            max_tasks_per_worker: number;
            maxTasksPerWorker: number;
            memory_limit: bigint | number;
            memoryLimit: bigint | number;
            modules: string[];
            start_timeout: number;
            startTimeout: number;
            task_timeout: bigint | number;
            taskTimeout: bigint | number;
            transport: WorkerTransport;
            worker_argv: string[];
            workerArgv: string[];
            working_directory: string | null;
            workingDirectory: string | null;
            /** The URI or the absolute path of the module that its workers serve */
            module: string;
            /** The files of the bundles of resources that the module needs */
            resources: readonly string[];
        }
    }

    class ProcessPoolExecutor extends Executor {
        static $gtype: GObject.GType<ProcessPoolExecutor>;

        // Properties
        get cancel_grace(): number;
        set cancel_grace(val: number);

        get cancelGrace(): number;
        set cancelGrace(val: number);

        get environment(): string[];
        set environment(val: string[]);

        get idle_timeout(): number;
        set idle_timeout(val: number);

        get idleTimeout(): number;
        set idleTimeout(val: number);

        get initializer(): string | null;
        set initializer(val: string | null);

        get initializer_arguments(): GLib.Variant | null;
        set initializer_arguments(val: GLib.Variant | null);

        get initializerArguments(): GLib.Variant | null;
        set initializerArguments(val: GLib.Variant | null);

        get launcher(): string[];
        set launcher(val: string[]);

        get max_message_size(): number;
        set max_message_size(val: bigint | number);

        get maxMessageSize(): number;
        set maxMessageSize(val: bigint | number);

        get max_retries(): number;
        set max_retries(val: number);

        get maxRetries(): number;
        set maxRetries(val: number);

        get max_tasks_per_worker(): number;
        set max_tasks_per_worker(val: number);

        get maxTasksPerWorker(): number;
        set maxTasksPerWorker(val: number);

        get memory_limit(): number;
        set memory_limit(val: bigint | number);

        get memoryLimit(): number;
        set memoryLimit(val: bigint | number);

        get modules(): string[];
        set modules(val: string[]);

        get start_timeout(): number;
        set start_timeout(val: number);

        get startTimeout(): number;
        set startTimeout(val: number);

        get task_timeout(): number;
        set task_timeout(val: bigint | number);

        get taskTimeout(): number;
        set taskTimeout(val: bigint | number);

        get transport(): WorkerTransport;
        set transport(val: WorkerTransport);

        get worker_argv(): string[];

        get workerArgv(): string[];

        get working_directory(): string | null;
        set working_directory(val: string | null);

        get workingDirectory(): string | null;
        set workingDirectory(val: string | null);

        /**
         * Compile-time signal type information.
         *
         * This instance property is generated only for TypeScript type checking.
         * It is not defined at runtime and should not be accessed in JS code.
         * @internal
         */
        $signals: ProcessPoolExecutor.SignalSignatures;

        // Constructors
        constructor(properties?: Partial<ProcessPoolExecutor.ConstructorProps>, ...args: any[]);

        _init(...args: any[]): void;

        static ["new"](max_workers: number, worker_argv: string[] | null): ProcessPoolExecutor;

        static new_for_self(max_workers: number): ProcessPoolExecutor;

        // Signals
        /** @signal */
        connect<K extends keyof ProcessPoolExecutor.SignalSignatures>(signal: K, callback: GObject.SignalCallback<this, ProcessPoolExecutor.SignalSignatures[K]>): number;
        connect(signal: string, callback: (...args: any[]) => any): number;

        /** @signal */
        connect_after<K extends keyof ProcessPoolExecutor.SignalSignatures>(signal: K, callback: GObject.SignalCallback<this, ProcessPoolExecutor.SignalSignatures[K]>): number;
        connect_after(signal: string, callback: (...args: any[]) => any): number;

        /** @signal */
        emit<K extends keyof ProcessPoolExecutor.SignalSignatures>(signal: K, ...args: GObject.GjsParameters<ProcessPoolExecutor.SignalSignatures[K]> extends [any, ...infer Q] ? Q : never): void;
        emit(signal: string, ...args: any[]): void;

        // Methods
        get_error(): GLib.Error | null;

        get_worker_pids(): number[];

        kill_workers(): void;

        terminate_workers(): void;

        /** @deprecated Throws: a function cannot run in another process; call a named one. */
        submit(func: never): never;

        /** @deprecated Throws, as submit() */
        submit_delayed(delay_us: bigint | number, func: never): never;

        /** @deprecated Throws, as submit() */
        submit_full(priority: number, cancellable: Gio.Cancellable | null, func: never): never;

        /** @deprecated Throws, as submit() */
        submit_repeating(delay_us: bigint | number, interval_us: bigint | number, func: never): never;
    }

    namespace Promise {
        // Signal signatures
        interface SignalSignatures extends Future.SignalSignatures {
            "notify::label": (pspec: GObject.ParamSpec) => void;
            "notify::progress": (pspec: GObject.ParamSpec) => void;
            "notify::settled": (pspec: GObject.ParamSpec) => void;
            "notify::state": (pspec: GObject.ParamSpec) => void;
            "notify::status": (pspec: GObject.ParamSpec) => void;
        }

        // Constructor properties interface
        interface ConstructorProps extends Future.ConstructorProps {}
    }

    /** A future that can be settled */
    class Promise<T = any> extends Future<T> {
        static $gtype: GObject.GType<Promise>;

        /**
         * Compile-time signal type information.
         *
         * This instance property is generated only for TypeScript type checking.
         * It is not defined at runtime and should not be accessed in JS code.
         * @internal
         */
        $signals: Promise.SignalSignatures;

        // Constructors
        constructor(properties?: Partial<Promise.ConstructorProps>, ...args: any[]);

        _init(...args: any[]): void;

        static ["new"]<T = any>(): Promise<T>;

        static new_for_context<T = any>(home: GLib.MainContext | null): Promise<T>;

        // Signals
        /** @signal */
        connect<K extends keyof Promise.SignalSignatures>(signal: K, callback: GObject.SignalCallback<this, Promise.SignalSignatures[K]>): number;
        connect(signal: string, callback: (...args: any[]) => any): number;

        /** @signal */
        connect_after<K extends keyof Promise.SignalSignatures>(signal: K, callback: GObject.SignalCallback<this, Promise.SignalSignatures[K]>): number;
        connect_after(signal: string, callback: (...args: any[]) => any): number;

        /** @signal */
        emit<K extends keyof Promise.SignalSignatures>(signal: K, ...args: GObject.GjsParameters<Promise.SignalSignatures[K]> extends [any, ...infer Q] ? Q : never): void;
        emit(signal: string, ...args: any[]): void;

        // Static methods
        static get_current(): Promise | null;

        // Methods
        get_arguments(): GLib.Variant | null;

        get_cancellable(): Gio.Cancellable;

        get_function(): string | null;

        get_priority(): number;

        hold(): PromiseHold;

        /** With an Error, as a rule. False: it was settled before. */
        reject(reason: any): boolean;

        reject_literal(domain: GLib.Quark, code: number, message: string): boolean;

        reject_with_details(error: GLib.Error, details: GLib.Bytes | Uint8Array | null): boolean;

        /** With a promise, it comes to what that one comes to. False: it was settled before. */
        resolve(value: T | PromiseLike<T>): boolean;

        resolve_boolean(value: boolean): boolean;

        resolve_double(value: number): boolean;

        resolve_int(value: number): boolean;

        resolve_int64(value: bigint | number): boolean;

        resolve_object(value: GObject.Object | null): boolean;

        resolve_string(value: string | null): boolean;

        resolve_variant(value: GLib.Variant | null): boolean;

        run(): void;

        set_home(home: GLib.MainContext | null): void;

        set_progress(fraction: number, status: string | null): void;

        set_running(): boolean;

        should_stop(): boolean;

        take_string(value: string | null): boolean;

        take_value(value: GObject.Value | any): [boolean, unknown];
    }

    namespace TaskScope {
        // Signal signatures
        interface SignalSignatures extends Executor.SignalSignatures {
            "notify::executor": (pspec: GObject.ParamSpec) => void;
            "notify::policy": (pspec: GObject.ParamSpec) => void;
            "notify::label": (pspec: GObject.ParamSpec) => void;
            "notify::max-workers": (pspec: GObject.ParamSpec) => void;
            "notify::n-pending": (pspec: GObject.ParamSpec) => void;
            "notify::n-running": (pspec: GObject.ParamSpec) => void;
        }

        // Constructor properties interface
        interface ConstructorProps extends Executor.ConstructorProps {
            executor: Executor;
            policy: TaskScopePolicy;
        }
    }

    class TaskScope extends Executor {
        static $gtype: GObject.GType<TaskScope>;

        // Properties
        get executor(): Executor;

        get policy(): TaskScopePolicy;

        /**
         * Compile-time signal type information.
         *
         * This instance property is generated only for TypeScript type checking.
         * It is not defined at runtime and should not be accessed in JS code.
         * @internal
         */
        $signals: TaskScope.SignalSignatures;

        // Constructors
        constructor(properties?: Partial<TaskScope.ConstructorProps>, ...args: any[]);

        _init(...args: any[]): void;

        static ["new"](executor: Executor | null, policy: TaskScopePolicy): TaskScope;

        // Signals
        /** @signal */
        connect<K extends keyof TaskScope.SignalSignatures>(signal: K, callback: GObject.SignalCallback<this, TaskScope.SignalSignatures[K]>): number;
        connect(signal: string, callback: (...args: any[]) => any): number;

        /** @signal */
        connect_after<K extends keyof TaskScope.SignalSignatures>(signal: K, callback: GObject.SignalCallback<this, TaskScope.SignalSignatures[K]>): number;
        connect_after(signal: string, callback: (...args: any[]) => any): number;

        /** @signal */
        emit<K extends keyof TaskScope.SignalSignatures>(signal: K, ...args: GObject.GjsParameters<TaskScope.SignalSignatures[K]> extends [any, ...infer Q] ? Q : never): void;
        emit(signal: string, ...args: any[]): void;

        // Methods
        add(future: Future): void;

        bind(owner: GObject.Object): void;

        cancel(): Future;

        close(): Future;

        get_failures(): Future[];

        get_future(): Future;
    }

    namespace ThreadPoolExecutor {
        // Signal signatures
        interface SignalSignatures extends Executor.SignalSignatures {
            "notify::idle-timeout": (pspec: GObject.ParamSpec) => void;
            "notify::max-threads": (pspec: GObject.ParamSpec) => void;
            "notify::n-threads": (pspec: GObject.ParamSpec) => void;
            "notify::thread-name-prefix": (pspec: GObject.ParamSpec) => void;
            "notify::label": (pspec: GObject.ParamSpec) => void;
            "notify::max-workers": (pspec: GObject.ParamSpec) => void;
            "notify::n-pending": (pspec: GObject.ParamSpec) => void;
            "notify::n-running": (pspec: GObject.ParamSpec) => void;
        }

        // Constructor properties interface
        interface ConstructorProps extends Executor.ConstructorProps {
            idle_timeout: number;
            idleTimeout: number;
            max_threads: number;
            maxThreads: number;
            n_threads: number;
            nThreads: number;
            thread_name_prefix: string;
            threadNamePrefix: string;
        }
    }

    class ThreadPoolExecutor extends Executor {
        static $gtype: GObject.GType<ThreadPoolExecutor>;

        // Properties
        get idle_timeout(): number;
        set idle_timeout(val: number);

        get idleTimeout(): number;
        set idleTimeout(val: number);

        get max_threads(): number;

        get maxThreads(): number;

        get n_threads(): number;

        get nThreads(): number;

        get thread_name_prefix(): string;

        get threadNamePrefix(): string;

        /**
         * Compile-time signal type information.
         *
         * This instance property is generated only for TypeScript type checking.
         * It is not defined at runtime and should not be accessed in JS code.
         * @internal
         */
        $signals: ThreadPoolExecutor.SignalSignatures;

        // Constructors
        constructor(properties?: Partial<ThreadPoolExecutor.ConstructorProps>, ...args: any[]);

        _init(...args: any[]): void;

        static ["new"](max_workers: number): ThreadPoolExecutor;

        // Signals
        /** @signal */
        connect<K extends keyof ThreadPoolExecutor.SignalSignatures>(signal: K, callback: GObject.SignalCallback<this, ThreadPoolExecutor.SignalSignatures[K]>): number;
        connect(signal: string, callback: (...args: any[]) => any): number;

        /** @signal */
        connect_after<K extends keyof ThreadPoolExecutor.SignalSignatures>(signal: K, callback: GObject.SignalCallback<this, ThreadPoolExecutor.SignalSignatures[K]>): number;
        connect_after(signal: string, callback: (...args: any[]) => any): number;

        /** @signal */
        emit<K extends keyof ThreadPoolExecutor.SignalSignatures>(signal: K, ...args: GObject.GjsParameters<ThreadPoolExecutor.SignalSignatures[K]> extends [any, ...infer Q] ? Q : never): void;
        emit(signal: string, ...args: any[]): void;

        // Static methods
        static get_default(): Executor;

        // Methods
        get_idle_timeout(): number;

        get_max_threads(): number;

        get_n_threads(): number;

        get_thread_name_prefix(): string;

        set_idle_timeout(idle_timeout_ms: number): void;

        /** @deprecated Throws: a function cannot run on another thread. */
        set_initializer(initializer: never): never;

        /** @deprecated Throws: a function cannot run on another thread; call a named one. */
        submit(func: never): never;

        /** @deprecated Throws, as submit() */
        submit_delayed(delay_us: bigint | number, func: never): never;

        /** @deprecated Throws, as submit() */
        submit_full(priority: number, cancellable: Gio.Cancellable | null, func: never): never;

        /** @deprecated Throws, as submit() */
        submit_repeating(delay_us: bigint | number, interval_us: bigint | number, func: never): never;
    }

    class Buffer {
        static $gtype: GObject.GType<Buffer>;

        // Constructors
        constructor(size: bigint | number);

        static ["new"](size: bigint | number): Buffer;

        static new_for_bytes(bytes: GLib.Bytes | Uint8Array): Buffer;

        static new_from_fd(fd: number, size: bigint | number): Buffer;

        static new_local(size: bigint | number): Buffer;

        // Methods
        dup_fd(): number;

        get_data(): Uint8Array | null;

        ref(): Buffer;

        seal(): GLib.Bytes;

        send_call(executor: Executor, priority: number, _function: string, type: string): Future;

        send_result(promise: Promise, type: string): boolean;

        unref(): void;

        write(offset: bigint | number, data: Uint8Array | string): boolean;
    }

    type ExecutorClass = typeof Executor;

    type FutureIteratorClass = typeof FutureIterator;

    type InlineExecutorClass = typeof InlineExecutor;

    type LimitedExecutorClass = typeof LimitedExecutor;

    type MainContextExecutorClass = typeof MainContextExecutor;

    type ProcessPoolExecutorClass = typeof ProcessPoolExecutor;

    class PromiseHold {
        static $gtype: GObject.GType<PromiseHold>;

        // Methods
        copy(): PromiseHold;

        free(): void;

        get_promise(): Promise | null;

        release(): void;
    }

    type TaskScopeClass = typeof TaskScope;

    type ThreadPoolExecutorClass = typeof ThreadPoolExecutor;

    const __name__: string;

    const __version__: string;

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
}

export default GFutures;

}

declare module 'gi://GFutures' {
    import GFutures1 from 'gi://GFutures?version=1';
    export default GFutures1;
}
