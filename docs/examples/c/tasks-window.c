/* tasks-window.c - a window that shows tasks, those of a pool and those of a set
 *
 *   tasks-window
 *   tasks-window --quit-after-done      # as a test
 *
 * “Start” has a pool of threads count prime numbers. Futures are what the lists
 * show: the window binds to their properties, and there is no code to keep it up
 * to date. The tasks belong to a GfTaskScope, which is bound to the window: to
 * close it cancels them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <gfutures.h>
#include <gtk/gtk.h>
#include <math.h>

#define N_TASKS    24
#define RANGE      400000               /* numbers that a task looks at */
#define FIRST      1000000
#define STEP       2000                 /* numbers between two looks at the promise */

/* The options */
static gboolean quit_after_done;
static gboolean close_early;

typedef struct
{
  GtkWindow          *window;
  GtkNoSelection     *members;          /* of the list on the right */
  GtkProgressBar     *total;
  GtkLabel           *summary;
  GtkWidget          *start;
  GtkWidget          *stop;
  GtkWidget          *spinner;

  GfExecutor         *pool;
  GfTaskScope        *scope;            /* of what was started last */
  GfFutureSet        *set;              /* its tasks */
  GfFuture           *ended;            /* when nothing of it runs any more */

  gint64              last_frame;       /* µs */
  gint64              longest_gap;      /* µs, while tasks ran */
  guint               n_frames;
} Demo;

/* The work */

/* Runs on a worker */
static void
count_primes (GfPromise *promise,
              gpointer   data,
              GError   **error G_GNUC_UNUSED)
{
  guint first = GPOINTER_TO_UINT (data);
  guint n_primes = 0;
  g_autofree char *found = NULL;

  for (guint i = 0; i < RANGE; i++)
    {
      guint n = first + i;
      guint root = (guint) sqrt (n);
      guint divisor = 2;

      while (divisor <= root && n % divisor != 0)
        divisor++;
      n_primes += divisor > root;

      if (i % STEP == 0)
        {
          g_autofree char *status = NULL;

          if (gf_promise_should_stop (promise))
            return;
          status = g_strdup_printf ("%u so far", n_primes);
          gf_promise_set_progress (promise, (double) i / RANGE, status);
        }
    }

  found = g_strdup_printf ("%u primes", n_primes);
  gf_promise_set_progress (promise, 1, found);
  gf_promise_resolve_int (promise, (int) n_primes);
}

/* The lists. All of this is in the main thread, where futures notify. */

static double
get_fraction (gpointer object G_GNUC_UNUSED,
              double   progress,
              gpointer data G_GNUC_UNUSED)
{
  return MAX (0, progress);             /* -1: unknown */
}

static char *
get_text (gpointer      object G_GNUC_UNUSED,
          GfFutureState state,
          const char   *status,
          gpointer      data G_GNUC_UNUSED)
{
  switch (state)
    {
    case GF_FUTURE_STATE_PENDING:
      return g_strdup ("waiting");
    case GF_FUTURE_STATE_CANCELLED:
      return g_strdup ("cancelled");
    case GF_FUTURE_STATE_FAILED:
      return g_strdup ("failed");
    case GF_FUTURE_STATE_RUNNING:
    case GF_FUTURE_STATE_SUCCEEDED:
    default:
      return g_strdup (status != NULL ? status : "");
    }
}

static gboolean
is_unsettled (gpointer object G_GNUC_UNUSED,
              gboolean settled,
              gpointer data G_GNUC_UNUSED)
{
  return !settled;
}

static void
cancel_cb (GtkButton   *button G_GNUC_UNUSED,
           GtkListItem *item)
{
  gf_future_cancel (gtk_list_item_get_item (item));
}

/* Returns: (transfer full): the property @name of the future that a row shows */
static GtkExpression *
future_property (const char *name)
{
  return gtk_property_expression_new (GF_TYPE_FUTURE,
                                      gtk_property_expression_new (GTK_TYPE_LIST_ITEM, NULL, "item"),
                                      name);
}

static void
setup_row_cb (GtkListItemFactory *factory G_GNUC_UNUSED,
              GtkListItem        *item)
{
  GtkWidget *row = gtk_grid_new ();
  GtkWidget *label = gtk_label_new (NULL);
  GtkWidget *status = gtk_label_new (NULL);
  GtkWidget *bar = gtk_progress_bar_new ();
  GtkWidget *cancel = gtk_button_new_from_icon_name ("process-stop-symbolic");
  GtkExpression *state_and_status[] = { future_property ("state"), future_property ("status") };
  GtkExpression *progress = future_property ("progress");
  GtkExpression *settled = future_property ("settled");

  gtk_expression_bind (future_property ("label"), label, "label", item);
  gtk_expression_bind (gtk_cclosure_expression_new (G_TYPE_STRING, NULL, 2, state_and_status,
                                                    G_CALLBACK (get_text), NULL, NULL),
                       status, "label", item);
  gtk_expression_bind (gtk_cclosure_expression_new (G_TYPE_DOUBLE, NULL, 1, &progress,
                                                    G_CALLBACK (get_fraction), NULL, NULL),
                       bar, "fraction", item);
  gtk_expression_bind (gtk_cclosure_expression_new (G_TYPE_BOOLEAN, NULL, 1, &settled,
                                                    G_CALLBACK (is_unsettled), NULL, NULL),
                       cancel, "sensitive", item);
  g_signal_connect (cancel, "clicked", G_CALLBACK (cancel_cb), item);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_END);
  gtk_label_set_xalign (GTK_LABEL (status), 1);
  gtk_widget_set_hexpand (status, TRUE);
  gtk_widget_add_css_class (status, "dim-label");
  gtk_widget_add_css_class (cancel, "flat");
  gtk_widget_set_tooltip_text (cancel, "Cancel");
  gtk_widget_set_valign (cancel, GTK_ALIGN_CENTER);
  gtk_widget_set_margin_start (row, 6);
  gtk_widget_set_margin_end (row, 6);
  gtk_grid_set_column_spacing (GTK_GRID (row), 12);
  gtk_grid_attach (GTK_GRID (row), label, 0, 0, 1, 1);
  gtk_grid_attach (GTK_GRID (row), status, 1, 0, 1, 1);
  gtk_grid_attach (GTK_GRID (row), bar, 0, 1, 2, 1);
  gtk_grid_attach (GTK_GRID (row), cancel, 2, 0, 1, 2);
  gtk_list_item_set_child (item, row);
}

/* Returns: (transfer floating): a list of the futures in @model, below a title */
static GtkWidget *
create_list (const char        *title,
             GtkSelectionModel *model)
{
  GtkListItemFactory *factory = gtk_signal_list_item_factory_new ();
  GtkWidget *frame = gtk_frame_new (title);
  GtkWidget *scrolled = gtk_scrolled_window_new ();

  g_signal_connect (factory, "setup", G_CALLBACK (setup_row_cb), NULL);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scrolled), gtk_list_view_new (model, factory));
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (scrolled), GTK_POLICY_NEVER, GTK_POLICY_AUTOMATIC);
  gtk_widget_set_vexpand (scrolled, TRUE);
  gtk_frame_set_child (GTK_FRAME (frame), scrolled);

  return frame;
}

/* Starting and ending */

static void
update_summary (Demo *self)
{
  g_autofree char *text = NULL;

  text = g_strdup_printf ("%u of %u done, longest frame %.0f ms", gf_future_set_get_n_done (self->set),
                          g_list_model_get_n_items (G_LIST_MODEL (self->set)), self->longest_gap / 1e3);
  gtk_label_set_text (self->summary, text);
}

static void
n_done_cb (Demo *self)
{
  if (self->window == NULL)
    return;

  update_summary (self);
  if (close_early && gf_future_set_get_n_done (self->set) > 0)
    gtk_window_destroy (self->window);
}

static void
ended_cb (Demo *self)
{
  if (self->window == NULL)
    return;

  update_summary (self);
  gtk_widget_set_sensitive (self->start, TRUE);
  gtk_widget_set_sensitive (self->stop, FALSE);
  gtk_spinner_stop (GTK_SPINNER (self->spinner));
  if (quit_after_done)
    gtk_window_destroy (self->window);
}

static void
start_cb (Demo *self)
{
  g_autoptr (GPtrArray) futures = g_ptr_array_new_with_free_func (g_object_unref);

  g_clear_object (&self->scope);
  g_clear_object (&self->set);
  g_clear_object (&self->ended);

  self->scope = gf_task_scope_new (self->pool, GF_TASK_SCOPE_POLICY_COLLECT_ERRORS);
  gf_task_scope_bind (self->scope, G_OBJECT (self->window));
  for (guint i = 0; i < N_TASKS; i++)
    {
      guint first = FIRST + i * RANGE;
      GfFuture *future = gf_executor_submit (GF_EXECUTOR (self->scope), count_primes,
                                             GUINT_TO_POINTER (first), NULL);
      g_autofree char *label = g_strdup_printf ("Primes from %.1f to %.1f million", first / 1e6, (first + RANGE) / 1e6);

      gf_future_set_label (future, label);
      g_ptr_array_add (futures, future);
    }
  /* Takes no more, so it ends when these have */
  self->ended = gf_task_scope_close (self->scope);
  self->set = gf_future_all_settled ((GfFuture **) futures->pdata, futures->len);

  gtk_no_selection_set_model (self->members, G_LIST_MODEL (self->set));
  g_object_bind_property (self->set, "progress", self->total, "fraction", G_BINDING_SYNC_CREATE);
  g_signal_connect_swapped (self->set, "notify::n-done", G_CALLBACK (n_done_cb), self);
  g_signal_connect_swapped (self->ended, "done", G_CALLBACK (ended_cb), self);

  gtk_widget_set_sensitive (self->start, FALSE);
  gtk_widget_set_sensitive (self->stop, TRUE);
  gtk_spinner_start (GTK_SPINNER (self->spinner));
  self->longest_gap = 0;
  self->n_frames = 0;
}

static void
stop_cb (Demo *self)
{
  g_object_unref (gf_task_scope_cancel (self->scope));
}

/* Called before each frame: how fluid is it? */
static gboolean
frame_cb (GtkWidget     *widget G_GNUC_UNUSED,
          GdkFrameClock *clock G_GNUC_UNUSED,
          gpointer       data)
{
  Demo *self = data;
  gint64 now = g_get_monotonic_time ();  /* the clock's own is smoothed */

  /* The first frames draw the window itself */
  if (self->ended != NULL && !gf_future_is_done (self->ended) && self->n_frames++ > 2)
    self->longest_gap = MAX (self->longest_gap, now - self->last_frame);
  self->last_frame = now;

  return G_SOURCE_CONTINUE;
}

static void
activate_cb (GtkApplication *application,
             Demo           *self)
{
  GtkWidget *window = gtk_application_window_new (application);
  GtkWidget *header = gtk_header_bar_new ();
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 12);
  GtkWidget *lists = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12);
  GtkWidget *total = gtk_progress_bar_new ();
  GtkWidget *summary = gtk_label_new ("Counts prime numbers on every processor");
  GtkNoSelection *tasks = gtk_no_selection_new (g_object_ref (gf_executor_get_futures (self->pool)));
  GtkNoSelection *members = gtk_no_selection_new (NULL);

  g_set_weak_pointer (&self->window, GTK_WINDOW (window));
  self->members = members;
  self->total = GTK_PROGRESS_BAR (total);
  self->summary = GTK_LABEL (summary);
  self->start = gtk_button_new_with_label ("Start");
  self->stop = gtk_button_new_with_label ("Cancel all");
  self->spinner = gtk_spinner_new ();

  gtk_widget_add_css_class (self->start, "suggested-action");
  gtk_widget_set_sensitive (self->stop, FALSE);
  g_signal_connect_swapped (self->start, "clicked", G_CALLBACK (start_cb), self);
  g_signal_connect_swapped (self->stop, "clicked", G_CALLBACK (stop_cb), self);
  gtk_header_bar_pack_start (GTK_HEADER_BAR (header), self->start);
  gtk_header_bar_pack_start (GTK_HEADER_BAR (header), self->stop);
  gtk_header_bar_pack_end (GTK_HEADER_BAR (header), self->spinner);

  gtk_box_set_homogeneous (GTK_BOX (lists), TRUE);
  gtk_box_append (GTK_BOX (lists), create_list ("In the pool", GTK_SELECTION_MODEL (tasks)));
  gtk_box_append (GTK_BOX (lists), create_list ("In the set", GTK_SELECTION_MODEL (members)));
  gtk_box_append (GTK_BOX (box), total);
  gtk_box_append (GTK_BOX (box), summary);
  gtk_box_append (GTK_BOX (box), lists);
  gtk_widget_set_margin_top (box, 12);
  gtk_widget_set_margin_bottom (box, 12);
  gtk_widget_set_margin_start (box, 12);
  gtk_widget_set_margin_end (box, 12);

  gtk_window_set_title (GTK_WINDOW (window), "Tasks");
  gtk_window_set_titlebar (GTK_WINDOW (window), header);
  gtk_window_set_default_size (GTK_WINDOW (window), 860, 480);
  gtk_window_set_child (GTK_WINDOW (window), box);
  gtk_widget_add_tick_callback (window, frame_cb, self, NULL);
  gtk_window_present (GTK_WINDOW (window));

  if (quit_after_done || close_early)
    start_cb (self);
}

/* Returns: FALSE if anything of it still runs */
static gboolean
print_outcome (Demo *self)
{
  guint n[GF_FUTURE_STATE_CANCELLED + 1] = { 0 };
  gboolean ended;

  if (self->set == NULL)
    return TRUE;

  /* To close the window has cancelled what was left, which soon notices */
  ended = gf_future_wait (self->ended, 10 * G_TIME_SPAN_SECOND, NULL, NULL);
  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (self->set)); i++)
    {
      g_autoptr (GfFuture) future = g_list_model_get_item (G_LIST_MODEL (self->set), i);

      n[gf_future_get_state (future)]++;
    }
  g_print ("%u succeeded, %u failed, %u cancelled, %u not settled; %u frames, longest gap %.1f ms%s\n",
           n[GF_FUTURE_STATE_SUCCEEDED], n[GF_FUTURE_STATE_FAILED], n[GF_FUTURE_STATE_CANCELLED],
           n[GF_FUTURE_STATE_PENDING] + n[GF_FUTURE_STATE_RUNNING],
           self->n_frames, self->longest_gap / 1e3, ended ? "" : "; still running");

  return ended;
}

int
main (int   argc,
      char *argv[])
{
  g_autoptr (GtkApplication) application = NULL;
  Demo demo = { 0 };
  gboolean ended;
  int status;
  const GOptionEntry entries[] = {
    { "quit-after-done", 0, 0, G_OPTION_ARG_NONE, &quit_after_done, "Start, and quit when all is done", NULL },
    { "close-early", 0, 0, G_OPTION_ARG_NONE, &close_early, "Start, and close the window early", NULL },
    G_OPTION_ENTRY_NULL
  };

  application = gtk_application_new (NULL, G_APPLICATION_NON_UNIQUE);
  g_application_add_main_option_entries (G_APPLICATION (application), entries);
  g_signal_connect (application, "activate", G_CALLBACK (activate_cb), &demo);

  demo.pool = gf_thread_pool_executor_new (0);
  status = g_application_run (G_APPLICATION (application), argc, argv);
  ended = print_outcome (&demo);

  g_clear_weak_pointer (&demo.window);
  g_clear_object (&demo.scope);
  g_clear_object (&demo.set);
  g_clear_object (&demo.ended);
  g_clear_object (&demo.pool);

  return status != 0 ? status : ended ? EXIT_SUCCESS : EXIT_FAILURE;
}
