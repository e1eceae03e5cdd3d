import '@girs/gjs';
import '@girs/gjs/dom';
import '@girs/gio-2.0';
import '@girs/glib-2.0';
import '@girs/gobject-2.0';
