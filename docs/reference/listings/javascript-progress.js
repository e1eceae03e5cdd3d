const future = pool.call('render', scene)
    .onProgress((fraction, text) => label.set_label(`${Math.round(100 * fraction)} % ${text}`));

future.bind_property('progress', progressBar, 'fraction', GObject.BindingFlags.SYNC_CREATE);
cancelButton.connect('clicked', () => future.cancel());
try {
    show(await future);
} catch (error) {
    if (!error.matches?.(Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED))
        throw error;
}
