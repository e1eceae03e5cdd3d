def show(future, progress_bar, cancel_button):
    flags = GObject.BindingFlags.SYNC_CREATE
    future.bind_property('progress', progress_bar, 'fraction', flags,
                         lambda binding, progress: max(0, progress))
    future.bind_property('settled', cancel_button, 'sensitive',
                         flags | GObject.BindingFlags.INVERT_BOOLEAN)
    cancel_button.connect('clicked', lambda button: future.cancel_running())
