try {
    await pool.call('decode', bytes);
} catch (error) {
    if (error instanceof RangeError)
        print(`${error}\n${error.stack}`);      // with the lines of the module
    else if (error.matches?.(GFutures.FutureError, GFutures.FutureError.WORKER_DIED))
        print(error.message);                   // with the signal, and the last lines of stderr
    else
        throw error;
}
