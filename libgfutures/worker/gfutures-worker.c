/* gfutures-worker.c - the stock worker of process pools
 *
 * Loads shared objects that export `void gf_module_register (void)`, and serves
 * the functions that they register.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <gfutures.h>

#include <dlfcn.h>

static gboolean
load_module (const char *path,
             GError    **error)
{
  /* It stays: its functions are called. */
  gpointer module = dlopen (path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  void (*register_functions) (void);

  if (module == NULL)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "The module cannot be loaded: %s", dlerror ());
      return FALSE;
    }

  register_functions = (void (*) (void)) dlsym (module, "gf_module_register");
  if (register_functions == NULL)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED,
                   "The module %s does not export gf_module_register()", path);
      return FALSE;
    }

  register_functions ();

  return TRUE;
}

int
main (int    argc,
      char **argv)
{
  g_auto (GStrv) modules = NULL;
  gboolean version = FALSE;
  const GOptionEntry options[] = {
    { "module", 'm', 0, G_OPTION_ARG_FILENAME_ARRAY, &modules, "Load a module", "FILE" },
    { "version", 0, 0, G_OPTION_ARG_NONE, &version, "Print the version and exit", NULL },
    { NULL }
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;

  /* A launcher may not have passed the variable on. Nothing may print before
   * standard output is known not to be the pool's. */
  g_setenv ("GFUTURES_TRANSPORT", "stdio", FALSE);

  g_option_context_set_summary (context, "Serves the functions of modules to a process pool of libgfutures, which\n"
                                         "starts it: over descriptor 3, or standard input and output.");
  g_option_context_add_main_entries (context, options, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    {
      g_printerr ("%s\n", error->message);
      return 2;
    }
  if (version)
    {
      g_print ("gfutures-worker %d.%d.%d\n", GF_MAJOR_VERSION, GF_MINOR_VERSION, GF_MICRO_VERSION);
      return 0;
    }

  gf_worker_requested ();

  for (guint i = 0; modules != NULL && modules[i] != NULL; i++)
    if (!load_module (modules[i], &error))
      {
        g_printerr ("%s\n", error->message);
        return 1;
      }

  return gf_worker_run (argc, argv);
}
