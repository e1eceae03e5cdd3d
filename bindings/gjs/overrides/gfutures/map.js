/* map.js - the results of a function for many items, in their order
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* exported Mapping */

var {Mapping} = (() => {
    const {Array, Promise} = globalThis;
    const {callAlone, callItems, callTuples} = imports.overrides.gfutures.calls;
    const {runsModule} = imports.overrides.gfutures.processes;

    /* How many chunks are under way, for each worker, if nobody says it. */
    const CHUNKS_PER_WORKER = 4;

    function checkSize(name, value) {
        if (!Number.isInteger(value) || value < 1)
            throw new RangeError(`${name} has to be an integer above 0, and not ${value}`);
        return value;
    }

    /* Some items that travel together. Each kind has its futures, and collects what they
     * have come to: the results, and what was thrown in place of the next one. */

    /* To a module of JavaScript's: it says itself how far it came. */
    class ModuleChunk {
        constructor(executor, name, items, offset) {
            this.futures = [callItems(executor, name, items, offset)];
        }

        async collect() {
            const {results, error} = await this.futures[0];

            return {results, thrown: error === undefined ? [] : [error]};
        }
    }

    /* To functions of another language, which an array of their arguments is sent to. */
    class TupleChunk {
        constructor(future) {
            this.futures = [future];
        }

        async collect() {
            return {results: Array.from(await this.futures[0]), thrown: []};
        }
    }

    /* Arguments of different types make no array. */
    class MixedChunk {
        constructor(executor, name, items) {
            this.futures = items.map(item => callAlone(executor, name, item));
        }

        async collect() {
            const results = [];

            for (const future of this.futures) {
                try {
                    results.push(await future);
                } catch (error) {
                    return {results, thrown: [error]};
                }
            }
            return {results, thrown: []};
        }
    }

    /* In place of the items that could not be had, or not be sent. */
    class FailedChunk {
        constructor(error) {
            this.futures = [];
            this._error = error;
        }

        async collect() {
            return {results: [], thrown: [this._error]};
        }
    }

    /* What Executor.map() returns: an asynchronous iterator. It has taken the first items
     * when it is made, and takes others as results are asked for. */
    class Mapping {
        constructor(executor, nativeMap, name, items, {chunkSize = 1, bufferSize} = {}) {
            this._executor = executor;
            this._nativeMap = nativeMap;
            this._name = name;
            this._chunkSize = checkSize('chunkSize', chunkSize);
            this._bufferSize = checkSize('bufferSize',
                bufferSize ?? CHUNKS_PER_WORKER * Math.max(1, executor.get_max_workers()));
            this._isAsync = typeof items?.[Symbol.asyncIterator] === 'function';
            if (!this._isAsync && typeof items?.[Symbol.iterator] !== 'function')
                throw new TypeError('map: the items are no iterable');
            this._source = this._isAsync ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
            this._nTaken = 0;
            this._ended = false;     /* the source */
            this._isStopped = false;
            this._stopped = new Promise(resolve => {
                this._setStopped = resolve;
            });
            this._pulling = null;    /* from a source that is asynchronous */
            this._chunks = [];       /* the oldest first */
            this._results = [];      /* of the chunk that is handed out */
            this._index = 0;
            this._thrown = [];       /* what comes after them */
            this._nAsked = 0;
            this._turn = Promise.resolve();
            this._fill();
        }

        /* ---- from the source to the executor ---- */

        get _hasRoom() {
            return !this._ended && this._chunks.length < this._bufferSize;
        }

        _createChunk(items) {
            const {_executor: executor, _name: name, _nTaken: offset} = this;

            if (runsModule(executor))
                return new ModuleChunk(executor, name, items, offset);

            const future = callTuples(executor, this._nativeMap, name, items, offset);

            return future !== null ? new TupleChunk(future) : new MixedChunk(executor, name, items);
        }

        _submit(items) {
            if (items.length === 0)
                return;
            try {
                this._chunks.push(this._createChunk(items));
                this._nTaken += items.length;
            } catch (error) {
                if (items.length === 1)
                    throw error;
                /* One of them cannot be sent. */
                for (const item of items)
                    this._submit([item]);
            }
        }

        /* What was taken from the source, and what it has thrown then */
        _take(items, thrown) {
            /* One that has come to its end needs not be closed. */
            if (this._ended || thrown.length > 0)
                this._source = null;
            try {
                this._submit(items);
            } catch (error) {
                thrown = [error];
            }
            if (thrown.length > 0) {
                this._ended = true;
                this._chunks.push(new FailedChunk(thrown[0]));
            }
        }

        _fill() {
            if (this._isAsync) {
                this._pull();
                return;
            }

            while (this._hasRoom) {
                const items = [];
                const thrown = [];

                try {
                    while (items.length < this._chunkSize && !this._ended) {
                        const {value, done} = this._source.next();

                        if (done)
                            this._ended = true;
                        else
                            items.push(value);
                    }
                } catch (error) {
                    thrown.push(error);
                }
                this._take(items, thrown);
            }
        }

        _pull() {
            if (this._pulling !== null || !this._hasRoom)
                return;
            this._pulling = this._pullChunk().then(() => {
                this._pulling = null;
                this._pull();
            });
        }

        async _pullChunk() {
            const items = [];
            const thrown = [];

            try {
                while (items.length < this._chunkSize && !this._ended) {
                    const {value, done} = await this._source.next();

                    if (done)
                        this._ended = true;
                    else
                        items.push(value);
                }
            } catch (error) {
                thrown.push(error);
            }
            if (!this._isStopped)
                this._take(items, thrown);
        }

        /* ---- from the executor to who asks ---- */

        async _getNext() {
            while (this._index === this._results.length) {
                if (this._thrown.length > 0) {
                    const [error] = this._thrown;

                    await this._stop().catch(() => {});
                    throw error;
                }

                while (this._chunks.length === 0 && this._pulling !== null && !this._isStopped)
                    await Promise.race([this._pulling, this._stopped]);
                if (this._chunks.length === 0)
                    return {value: undefined, done: true};

                const {results, thrown} = await this._chunks[0].collect().catch(
                    error => ({results: [], thrown: [error]}));

                if (this._isStopped)
                    return {value: undefined, done: true};
                this._chunks.shift();
                this._results = results;
                this._index = 0;
                this._thrown = thrown;
                if (thrown.length === 0)
                    this._fill();
            }
            return {value: this._results[this._index++], done: false};
        }

        /* No more is wanted. */
        async _stop() {
            const source = this._source;
            const isPulling = this._pulling !== null;

            this._isStopped = true;
            this._ended = true;
            this._source = null;
            this._setStopped();
            for (const {futures} of this._chunks)
                futures.forEach(future => future.cancel());
            this._chunks = [];
            this._results = [];
            this._index = 0;
            this._thrown = [];

            if (typeof source?.return !== 'function')
                return;
            /* One that is asked for an item answers that first, if ever. */
            if (isPulling)
                Promise.resolve(source.return()).catch(() => {});
            else
                await source.return();
        }

        /* Those that are asked for together come one after the other. Most often there is
         * a result, and nobody before who waits. */
        next() {
            if (this._nAsked === 0 && this._index < this._results.length)
                return Promise.resolve({value: this._results[this._index++], done: false});

            const taken = this._takeAfter(this._turn);

            this._nAsked++;
            this._turn = taken.catch(() => {});
            return taken;
        }

        async _takeAfter(turn) {
            await turn;
            try {
                return await this._getNext();
            } finally {
                this._nAsked--;
            }
        }

        async return(value) {
            await this._stop();
            return {value, done: true};
        }

        [Symbol.asyncIterator]() {
            return this;
        }
    }

    return {Mapping};
})();
