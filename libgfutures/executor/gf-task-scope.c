/* gf-task-scope.c - tasks that end together
 *
 * The executor is only the way in. What the scope knows lives in a part of its
 * own, which the tasks have references to, so that dropping the last reference to
 * the executor is noticed while they run.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gf-task-scope.h"

#include "../loop/gf-completion-private.h"
#include "../loop/gf-thread-private.h"
#include "gf-executor-forward-private.h"

/**
 * SECTION:gf-task-scope
 * @title: GfTaskScope
 * @short_description: tasks that end together
 *
 * A #GfTaskScope is an executor for tasks that belong together: those of a
 * window, of a search, of one request. It has them run by another executor, and
 * has a future of its own, gf_task_scope_get_future(), that is settled when the
 * last function has returned: after that nothing of the scope runs any more, and
 * what its tasks use may go.
 *
 * gf_task_scope_close() lets the tasks run and takes no more;
 * gf_task_scope_cancel() cancels those that are not settled, running ones too.
 * What a failure means is the #GfTaskScopePolicy's to say: it cancels the rest, or
 * is collected, see gf_task_scope_get_failures(). In both cases the scope's future
 * fails with the first one. That a task was cancelled by itself is no failure.
 *
 * |[<!-- language="C" -->
 * #include <gfutures.h>
 *
 * static void
 * look_into (GfPromise *promise, gpointer path, GError **error)
 * {
 *   g_autofree char *text = NULL;
 *   gsize length;
 *
 *   if (g_file_get_contents (path, &text, &length, error))
 *     gf_promise_resolve_int64 (promise, length);
 * }
 *
 * int
 * main (int argc, char **argv)
 * {
 *   g_autoptr (GfTaskScope) scope = gf_task_scope_new (NULL, GF_TASK_SCOPE_POLICY_CANCEL_ON_ERROR);
 *   g_autoptr (GfFuture) all = NULL;
 *   g_autoptr (GError) error = NULL;
 *
 *   for (int i = 1; i < argc; i++)
 *     g_object_unref (gf_executor_submit (GF_EXECUTOR (scope), look_into, g_strdup (argv[i]), g_free));
 *
 *   all = gf_task_scope_close (scope);
 *   if (gf_future_result (all, -1, NULL, &error) == NULL)
 *     g_printerr ("%s\n", error->message);
 *
 *   return error != NULL;
 * }
 * ]|
 *
 * A scope is bound to the life of an object by gf_task_scope_bind(): when a window
 * is closed, its tasks are cancelled. The tasks of a scope over another scope
 * belong to both. A task may submit to its own scope as long as that is not
 * closed.
 *
 * Futures that no executor runs, like those of gf_future_then() or of asynchronous
 * operations, belong to the scope after gf_task_scope_add().
 *
 * Dropping the last reference of a scope that was not closed cancels it. One that
 * was closed goes on to its end.
 *
 * All functions may be called from any thread, gf_task_scope_bind() excepted. The
 * functions given to gf_executor_post() are waited for, but cannot be cancelled.
 * What is due later (gf_executor_submit_delayed()) belongs to the scope when it is
 * due, and fails with %GF_FUTURE_ERROR_SHUT_DOWN if the scope was closed before.
 */

/**
 * GfTaskScope:
 *
 * An executor whose tasks end together.
 *
 * Since: 1.0
 */

G_DEFINE_ENUM_TYPE (GfTaskScopePolicy, gf_task_scope_policy,
                    G_DEFINE_ENUM_VALUE (GF_TASK_SCOPE_POLICY_CANCEL_ON_ERROR, "cancel-on-error"),
                    G_DEFINE_ENUM_VALUE (GF_TASK_SCOPE_POLICY_COLLECT_ERRORS, "collect-errors"))

typedef struct
{
  int               ref_count;
  GfTaskScopePolicy policy;
  GfPromise        *promise;    /* what the application gets */
  GfPromise        *ended;      /* nobody but the library can cancel this one */

  GMutex            lock;
  GWeakRef          executor;
  GHashTable       *members;    /* GfFuture (a reference) → GfMemberKind, not settled */
  gsize             n_left;     /* that the end waits for */
  GPtrArray        *failures;   /* of GfFuture, in order */
  gboolean          cancelled;  /* by cancel() */
  gboolean          cancelling; /* what is not settled */
  gboolean          stopping;   /* what has not begun */
  gboolean          over;
} GfScope;

struct _GfTaskScope
{
  GfExecutor parent_instance;

  GfScope   *scope;
  GPtrArray *bindings; /* of GfScopeBinding */
};

G_DEFINE_FINAL_TYPE (GfTaskScope, gf_task_scope, GF_TYPE_EXECUTOR)

typedef enum {
  GF_MEMBER_TASK = 1,
  /* Part of a whole that is a member itself. */
  GF_MEMBER_PART,
  GF_MEMBER_ADDED
} GfMemberKind;

typedef struct
{
  GObject *owner; /* NULL: it is gone */
  GfScope *scope;
} GfScopeBinding;

enum {
  PROP_EXECUTOR = 1,
  PROP_POLICY,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

/* On a scope's promise: its `ended`. */
static GQuark ended_quark;

/* ---- the scope ---- */

static GfScope *
gf_scope_ref (GfScope *self)
{
  g_atomic_int_inc (&self->ref_count);

  return self;
}

static void
gf_scope_unref (gpointer data)
{
  GfScope *self = data;

  if (!g_atomic_int_dec_and_test (&self->ref_count))
    return;

  g_weak_ref_clear (&self->executor);
  g_hash_table_unref (self->members);
  g_ptr_array_unref (self->failures);
  g_object_unref (self->promise);
  g_object_unref (self->ended);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/* Something has ended that the end waits for. */
static void
gf_scope_leave (GfScope *self)
{
  g_autoptr (GBytes) details = NULL;
  const GError *error = NULL;
  gboolean cancelled;
  gboolean over;

  g_mutex_lock (&self->lock);
  over = --self->n_left == 0;
  if (over)
    {
      self->over = TRUE;
      if (self->failures->len > 0)
        {
          error = gf_future_get_error (self->failures->pdata[0]);
          details = gf_future_get_error_details (self->failures->pdata[0]);
        }
    }
  cancelled = self->cancelled;
  g_mutex_unlock (&self->lock);

  if (!over)
    return;

  /* It may have been cancelled by itself. */
  if (cancelled)
    gf_future_settle_plain (GF_FUTURE (self->promise), GF_FUTURE_STATE_CANCELLED);
  else if (error != NULL)
    gf_promise_reject_with_details (self->promise, g_error_copy (error), details);
  else
    gf_future_settle_plain (GF_FUTURE (self->promise), GF_FUTURE_STATE_SUCCEEDED | GF_STATE_NO_VALUE);
  gf_future_settle_plain (GF_FUTURE (self->ended), GF_FUTURE_STATE_SUCCEEDED | GF_STATE_NO_VALUE);
}

static void gf_scope_cancel_members_elsewhere (gpointer data,
                                               gpointer user_data);

/* Closes it, and cancels what is not settled. */
static void
gf_scope_cancel_members (GfScope *self)
{
  g_autoptr (GPtrArray) futures = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GfExecutor) executor = NULL;
  GHashTableIter iter;
  gpointer future;

  g_mutex_lock (&self->lock);
  self->cancelling = TRUE;
  g_mutex_unlock (&self->lock);

  /* The handlers of the tasks' cancellables are the application's. */
  if (gf_thread_get ()->is_shared)
    {
      gf_completion_push (gf_scope_cancel_members_elsewhere, gf_scope_ref (self));
      return;
    }

  executor = g_weak_ref_get (&self->executor);
  if (executor != NULL)
    gf_executor_close (executor, FALSE);

  g_mutex_lock (&self->lock);
  g_hash_table_iter_init (&iter, self->members);
  while (g_hash_table_iter_next (&iter, &future, NULL))
    g_ptr_array_add (futures, g_object_ref (future));
  g_mutex_unlock (&self->lock);

  for (guint i = 0; i < futures->len; i++)
    gf_future_cancel (futures->pdata[i]);
}

static void
gf_scope_cancel_members_elsewhere (gpointer data,
                                   gpointer user_data G_GNUC_UNUSED)
{
  gf_scope_cancel_members (data);
  gf_scope_unref (data);
}

static void
gf_scope_cancel (GfScope *self)
{
  gboolean over;

  g_mutex_lock (&self->lock);
  over = self->over;
  self->cancelled |= !over;
  g_mutex_unlock (&self->lock);

  if (!over)
    gf_scope_cancel_members (self);
}

static void
gf_scope_member_settled (GfFuture *future,
                         gpointer  data)
{
  GfScope *self = data;
  gboolean failed = gf_future_get_state (future) == GF_FUTURE_STATE_FAILED;
  GfMemberKind kind;
  gboolean cancel;

  g_mutex_lock (&self->lock);
  kind = GPOINTER_TO_INT (g_hash_table_lookup (self->members, future));
  /* It was given both ways. */
  failed &= kind != GF_MEMBER_PART &&
            (kind != GF_MEMBER_ADDED || !g_ptr_array_find (self->failures, future, NULL));
  if (failed)
    g_ptr_array_add (self->failures, g_object_ref (future));
  cancel = failed && self->policy == GF_TASK_SCOPE_POLICY_CANCEL_ON_ERROR && !self->cancelling;
  g_hash_table_steal (self->members, future);
  g_mutex_unlock (&self->lock);

  if (cancel)
    gf_scope_cancel_members (self);
  gf_scope_leave (self);

  g_object_unref (future);
  gf_scope_unref (self);
}

static void
gf_scope_child_ended (GfFuture *future G_GNUC_UNUSED,
                      gpointer  data)
{
  gf_scope_leave (data);
  gf_scope_unref (data);
}

/* FALSE: it is over. */
static gboolean
gf_scope_take_member (GfScope      *self,
                      GfFuture     *future,
                      GfMemberKind  kind)
{
  GfFuture *ended = kind == GF_MEMBER_ADDED ? g_object_get_qdata (G_OBJECT (future), ended_quark) : NULL;
  gboolean is_member;
  gboolean over;

  g_mutex_lock (&self->lock);
  over = self->over;
  is_member = g_hash_table_contains (self->members, future);
  if (!over && !is_member)
    {
      g_hash_table_insert (self->members, g_object_ref (future), GINT_TO_POINTER (kind));
      self->n_left += ended != NULL ? 2 : 1;
    }
  g_mutex_unlock (&self->lock);

  if (over || is_member)
    return !over;

  gf_future_observe (future, gf_scope_member_settled, gf_scope_ref (self));
  /* The future of another scope that is cancelled is settled before its tasks have
   * returned. */
  if (ended != NULL)
    gf_future_observe (ended, gf_scope_child_ended, gf_scope_ref (self));

  return TRUE;
}

/* The application, or a set that it is in, has cancelled the scope's future. */
static void
gf_scope_promise_settled (GfFuture *promise,
                          gpointer  data)
{
  if (gf_future_is_cancelled (promise))
    gf_scope_cancel (data);
  gf_scope_unref (data);
}

static GfScope *
gf_scope_new (void)
{
  GfScope *self = g_new0 (GfScope, 1);

  self->ref_count = 1;
  g_mutex_init (&self->lock);
  g_weak_ref_init (&self->executor, NULL);
  self->members = g_hash_table_new_full (NULL, NULL, g_object_unref, NULL);
  self->failures = g_ptr_array_new_with_free_func (g_object_unref);
  /* The executor, till it has finished. */
  self->n_left = 1;

  self->promise = gf_promise_new ();
  self->ended = gf_promise_new ();
  g_object_set_qdata_full (G_OBJECT (self->promise), ended_quark,
                           g_object_ref (self->ended), g_object_unref);
  gf_promise_set_running (self->promise);
  gf_future_observe (GF_FUTURE (self->promise), gf_scope_promise_settled, gf_scope_ref (self));

  return self;
}

/* ---- the executor ---- */

static void
gf_task_scope_enqueue (GfExecutor *executor,
                       GfPromise  *task)
{
  GfScope *scope = GF_TASK_SCOPE (executor)->scope;
  guint state = gf_future_load_state ((GfFuture *) task);
  gboolean cancel = FALSE;

  /* A posted function counts, and that is all. */
  if (!(state & GF_STATE_POST))
    {
      gf_scope_take_member (scope, (GfFuture *) task,
                            (state & GF_STATE_MAP) ? GF_MEMBER_PART : GF_MEMBER_TASK);

      g_mutex_lock (&scope->lock);
      cancel = scope->cancelling || scope->stopping;
      g_mutex_unlock (&scope->lock);
    }

  if (cancel)
    {
      gf_promise_cancel_pending (task);
      g_object_unref (task);
    }
  else
    gf_executor_forward (gf_executor_get_inner (executor), task);
}

static void
gf_task_scope_stop (GfExecutor *executor,
                    gboolean    cancel_futures)
{
  GfScope *scope = GF_TASK_SCOPE (executor)->scope;
  g_autoptr (GPtrArray) tasks = g_ptr_array_new_with_free_func (g_object_unref);
  GHashTableIter iter;
  gpointer future, kind;

  if (!cancel_futures)
    return;

  g_mutex_lock (&scope->lock);
  scope->stopping = TRUE;
  g_hash_table_iter_init (&iter, scope->members);
  while (g_hash_table_iter_next (&iter, &future, &kind))
    if (GPOINTER_TO_INT (kind) != GF_MEMBER_ADDED)
      g_ptr_array_add (tasks, g_object_ref (future));
  g_mutex_unlock (&scope->lock);

  for (guint i = 0; i < tasks->len; i++)
    gf_promise_cancel_pending (tasks->pdata[i]);
}

static void
gf_task_scope_whole_begun (GfExecutor *executor,
                           GfPromise  *whole)
{
  GfScope *scope = GF_TASK_SCOPE (executor)->scope;
  gboolean cancel;

  gf_scope_take_member (scope, (GfFuture *) whole, GF_MEMBER_TASK);

  g_mutex_lock (&scope->lock);
  cancel = scope->cancelling;
  g_mutex_unlock (&scope->lock);

  if (cancel)
    gf_future_cancel (GF_FUTURE (whole));
}

static void
gf_task_scope_finished (GfExecutor *executor)
{
  gf_scope_leave (GF_TASK_SCOPE (executor)->scope);
}

static void
gf_scope_owner_gone (gpointer  data,
                     GObject  *owner G_GNUC_UNUSED)
{
  GfScopeBinding *binding = data;
  GfScope *scope = gf_scope_ref (binding->scope);

  binding->owner = NULL;
  gf_scope_cancel (scope);
  gf_scope_unref (scope);
}

static void
gf_scope_binding_free (gpointer data)
{
  GfScopeBinding *self = data;

  if (self->owner != NULL)
    g_object_weak_unref (self->owner, gf_scope_owner_gone, self);
  gf_scope_unref (self->scope);
  g_free (self);
}

static void
gf_task_scope_dispose (GObject *object)
{
  GfExecutorPrivate *priv = gf_executor_get_private (GF_EXECUTOR (object));
  gboolean closed;

  g_mutex_lock (&priv->lock);
  closed = priv->shut_down;
  g_mutex_unlock (&priv->lock);

  /* The parent closes it. */
  if (!closed)
    gf_scope_cancel (GF_TASK_SCOPE (object)->scope);

  G_OBJECT_CLASS (gf_task_scope_parent_class)->dispose (object);
}

static void
gf_task_scope_finalize (GObject *object)
{
  GfTaskScope *self = GF_TASK_SCOPE (object);

  g_ptr_array_unref (self->bindings);
  gf_scope_unref (self->scope);

  G_OBJECT_CLASS (gf_task_scope_parent_class)->finalize (object);
}

static void
gf_task_scope_constructed (GObject *object)
{
  GfExecutor *self = GF_EXECUTOR (object);

  gf_executor_set_max_workers (self, gf_executor_get_max_workers (gf_executor_get_inner (self)));

  G_OBJECT_CLASS (gf_task_scope_parent_class)->constructed (object);
}

static void
gf_task_scope_get_property (GObject    *object,
                            guint       prop_id,
                            GValue     *value,
                            GParamSpec *pspec)
{
  switch (prop_id)
    {
    case PROP_EXECUTOR:
      g_value_set_object (value, gf_executor_get_inner (GF_EXECUTOR (object)));
      break;
    case PROP_POLICY:
      g_value_set_enum (value, GF_TASK_SCOPE (object)->scope->policy);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
gf_task_scope_set_property (GObject      *object,
                            guint         prop_id,
                            const GValue *value,
                            GParamSpec   *pspec)
{
  switch (prop_id)
    {
    case PROP_EXECUTOR:
      gf_executor_set_inner (GF_EXECUTOR (object), g_value_get_object (value));
      break;
    case PROP_POLICY:
      GF_TASK_SCOPE (object)->scope->policy = g_value_get_enum (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
gf_task_scope_class_init (GfTaskScopeClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GfExecutorClass *executor_class = GF_EXECUTOR_CLASS (klass);

  ended_quark = g_quark_from_static_string ("gf-task-scope-ended");

  object_class->constructed = gf_task_scope_constructed;
  object_class->dispose = gf_task_scope_dispose;
  object_class->finalize = gf_task_scope_finalize;
  object_class->get_property = gf_task_scope_get_property;
  object_class->set_property = gf_task_scope_set_property;

  executor_class->enqueue = gf_task_scope_enqueue;
  executor_class->stop = gf_task_scope_stop;

  /**
   * GfTaskScope:executor:
   *
   * The executor that runs the tasks; if none is given, the default thread pool.
   *
   * Since: 1.0
   */
  props[PROP_EXECUTOR] =
    g_param_spec_object ("executor", NULL, NULL, GF_TYPE_EXECUTOR,
                         G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  /**
   * GfTaskScope:policy:
   *
   * What happens when a task fails.
   *
   * Since: 1.0
   */
  props[PROP_POLICY] =
    g_param_spec_enum ("policy", NULL, NULL,
                       GF_TYPE_TASK_SCOPE_POLICY, GF_TASK_SCOPE_POLICY_CANCEL_ON_ERROR,
                       G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
gf_task_scope_init (GfTaskScope *self)
{
  static const GfExecutorTraits traits = {
    .outlives_references = TRUE,
    .finished = gf_task_scope_finished,
    .whole_begun = gf_task_scope_whole_begun,
  };

  gf_executor_set_traits (GF_EXECUTOR (self), &traits);
  self->scope = gf_scope_new ();
  g_weak_ref_set (&self->scope->executor, self);
  self->bindings = g_ptr_array_new_with_free_func (gf_scope_binding_free);
}

/**
 * gf_task_scope_new:
 * @executor: (nullable): the executor that is to run the tasks, or %NULL for the
 *   default thread pool
 * @policy: what to do when a task fails
 *
 * Creates a scope, whose future is at home in the caller's thread-default
 * context. It may be used from any thread.
 *
 * Returns: (transfer full): a new scope
 *
 * Since: 1.0
 */
GfTaskScope *
gf_task_scope_new (GfExecutor       *executor,
                   GfTaskScopePolicy policy)
{
  g_return_val_if_fail (executor == NULL || GF_IS_EXECUTOR (executor), NULL);

  return g_object_new (GF_TYPE_TASK_SCOPE,
                       "executor", executor,
                       "policy", policy,
                       NULL);
}

/**
 * gf_task_scope_add:
 * @self: a scope
 * @future: a future
 *
 * Makes @future belong to the scope as if it were a task of it: its failure is
 * one of the scope's, it is cancelled with the scope, and the scope's future is not
 * settled before it is. If @future is another scope's, the end of that one's
 * functions is waited for, too.
 *
 * As long as the scope's future is not settled this may be done after
 * gf_task_scope_close(), too: a task may add what is to go on after it. If the
 * scope is cancelled, or its future settled, @future is cancelled at once.
 *
 * Any thread may call this.
 *
 * Since: 1.0
 */
void
gf_task_scope_add (GfTaskScope *self,
                   GfFuture    *future)
{
  GfScope *scope;
  gboolean cancel;

  g_return_if_fail (GF_IS_TASK_SCOPE (self));
  g_return_if_fail (GF_IS_FUTURE (future));
  /* It would wait for itself. */
  g_return_if_fail (future != GF_FUTURE (self->scope->promise));

  scope = self->scope;
  cancel = !gf_scope_take_member (scope, future, GF_MEMBER_ADDED);

  g_mutex_lock (&scope->lock);
  cancel |= scope->cancelling;
  g_mutex_unlock (&scope->lock);

  if (cancel)
    gf_future_cancel (future);
}

/**
 * gf_task_scope_bind:
 * @self: a scope
 * @owner: an object, for example a window
 *
 * Cancels the scope, see gf_task_scope_cancel(), when @owner is disposed of. It
 * keeps neither of them alive. A scope may be bound to several objects.
 *
 * Call it in the thread that @owner belongs to, which has to be the one that has
 * created the scope.
 *
 * Since: 1.0
 */
void
gf_task_scope_bind (GfTaskScope *self,
                    GObject     *owner)
{
  GfScopeBinding *binding;

  g_return_if_fail (GF_IS_TASK_SCOPE (self));
  g_return_if_fail (G_IS_OBJECT (owner));

  binding = g_new (GfScopeBinding, 1);
  binding->owner = owner;
  binding->scope = gf_scope_ref (self->scope);
  g_ptr_array_add (self->bindings, binding);
  g_object_weak_ref (owner, gf_scope_owner_gone, binding);
}

/**
 * gf_task_scope_close:
 * @self: a scope
 *
 * Takes no more tasks, and lets those that there are run. This is what
 * gf_executor_shutdown() does without waiting. Any thread may call it, a task of
 * the scope too; a second time it only returns the future.
 *
 * Returns: (transfer full): the scope's future, see gf_task_scope_get_future()
 *
 * Since: 1.0
 */
GfFuture *
gf_task_scope_close (GfTaskScope *self)
{
  g_return_val_if_fail (GF_IS_TASK_SCOPE (self), NULL);

  gf_executor_close (GF_EXECUTOR (self), FALSE);

  return g_object_ref (GF_FUTURE (self->scope->promise));
}

/**
 * gf_task_scope_cancel:
 * @self: a scope
 *
 * Closes the scope and cancels all that is not settled, running tasks too. The
 * scope's future is settled as cancelled when the last function has returned; if
 * it is settled, this does nothing. Handlers of the tasks' cancellables run in the
 * calling thread. Any thread may call this, a task of the scope too.
 *
 * Returns: (transfer full): the scope's future, see gf_task_scope_get_future()
 *
 * Since: 1.0
 */
GfFuture *
gf_task_scope_cancel (GfTaskScope *self)
{
  g_return_val_if_fail (GF_IS_TASK_SCOPE (self), NULL);

  gf_scope_cancel (self->scope);

  return g_object_ref (GF_FUTURE (self->scope->promise));
}

/**
 * gf_task_scope_get_future:
 * @self: a scope
 *
 * Gets the future of the scope. It is settled when the scope is closed, its last
 * function has returned, and the last future is settled: as cancelled if the scope
 * was cancelled, else with the error of the first that failed, else as succeeded,
 * with no value.
 *
 * gf_future_cancel() on it cancels the scope. But like all futures it is settled
 * at once then, while functions may still run: prefer gf_task_scope_cancel().
 *
 * Any thread may ask.
 *
 * Returns: (transfer none): the future, which lives as long as the scope
 *
 * Since: 1.0
 */
GfFuture *
gf_task_scope_get_future (GfTaskScope *self)
{
  g_return_val_if_fail (GF_IS_TASK_SCOPE (self), NULL);

  return GF_FUTURE (self->scope->promise);
}

/**
 * gf_task_scope_get_failures:
 * @self: a scope
 *
 * Gets the futures of the scope that have failed so far, in the order in which
 * they did. Those that were cancelled are not among them. Of a gf_executor_map()
 * it is the future of the whole. Any thread may ask.
 *
 * Returns: (transfer container) (element-type GfFuture): the failed futures
 *
 * Since: 1.0
 */
GPtrArray *
gf_task_scope_get_failures (GfTaskScope *self)
{
  GPtrArray *failures;

  g_return_val_if_fail (GF_IS_TASK_SCOPE (self), NULL);

  failures = g_ptr_array_new_with_free_func (g_object_unref);

  g_mutex_lock (&self->scope->lock);
  g_ptr_array_extend (failures, self->scope->failures, (GCopyFunc) g_object_ref, NULL);
  g_mutex_unlock (&self->scope->lock);

  return failures;
}
