//! asyncio's facts about coroutines, tasks and `run`, row by row.
//!
//! The rows and their values are what CPython 3.11 prints; each names its test.
//!
//! | asyncio | value there | here |
//! |---|---|---|
//! | `coro.await_twice` | `RuntimeError` | does not compile: an await takes the future |
//! | `await_coro.no_yield` | `['x', 'x']` | `await_coro_no_yield` |
//! | `task.lazy_start` | pending after `create_task` | `task_lazy_start` |
//! | `sched.fifo_round_robin` | `abcabc` | `sched_fifo_round_robin` |
//! | `task.await_twice` | `(1, 1)` | `task_await_twice`: the output is given once |
//! | `task.names` | `True` | `task_names` |
//! | `task.cancel_done` | `False` | `task_cancel_done` |
//! | `task.cancel_before_start` | the body never runs | `task_cancel_before_start` |
//! | `task.cancel_msg` | `CancelledError(why)` | `task_cancel_msg` |
//! | `task.cancel_returns` | counted | `task_cancel_returns`: the first one counts |
//! | `task.swallow_cancel` | survived | `task_swallow_cancel`: only a token can be ignored |
//! | `task.exception_never_retrieved` | it is logged | `task_exception_never_retrieved` |
//! | `run.propagates` | `ValueError(main)` | `run_propagates` |
//! | `run.leftover_tasks` | cancelled and awaited | `run_leftover_tasks`: dropped |
//! | `run.leftover_raises_in_cleanup` | goes to the handler | `run_leftover_raises_in_cleanup` |
//! | `run.fire_and_forget_gets_one_step` | one step | `run_fire_and_forget_gets_no_step` |
//! | `run.waits_default_executor` | `0.2s` | `run_waits_for_blocking_closures` |
//! | `async_with.aexit` | once, on each way out | `async_with_aexit`: a destructor |
//! | `to_thread.error` | `ValueError(in thread)` | `to_thread_error` |
//! | `to_thread.contextvars` | copied | `to_thread_contextvars`: a task's values stay with it |
//! | `debug.slow_callback` | it is logged | `stalls.rs`: while it is stuck, with the task's name |
//! | `debug.never_awaited` | a warning | the compiler warns: futures are `must_use` |
//! | `debug.call_soon_other_thread` | an error | a waker may be called on any thread |

use mainspring::runtime::{Builder, Runtime, Unhandled};
use mainspring::sync::CancellationToken;
use mainspring::task::{self, yield_now};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use tests::runtime;

/// What is said, in order.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<String>>);

impl Log {
    fn say(&self, word: &str) {
        self.0.lock().unwrap().push_str(word);
    }
    fn text(&self) -> String {
        self.0.lock().unwrap().clone()
    }
}

/// Says its word when it is dropped.
struct Leaves(Log, &'static str);

impl Drop for Leaves {
    fn drop(&mut self) {
        self.0.say(self.1);
    }
}

/// Each runs on `current_thread`, which is strictly first come, first served.
fn run<F: Future>(future: F) -> F::Output {
    runtime().block_on(future)
}

#[test]
fn await_coro_no_yield() {
    let log = Log::default();
    run(async {
        let other = log.clone();
        let task = task::spawn(async move { other.say("task") });
        let coro = || async { log.say("x") };
        coro().await;
        coro().await;
        assert_eq!(log.text(), "xx", "an await of a future that is ready gives nobody a turn");
        task.await.unwrap();
    });
    assert_eq!(log.text(), "xxtask");
}

#[test]
fn task_lazy_start() {
    let log = Log::default();
    run(async {
        let inner = log.clone();
        let task = task::spawn(async move { inner.say("started") });
        assert!(log.text().is_empty() && !task.is_finished());
        yield_now().await;
        assert!(task.is_finished());
    });
    assert_eq!(log.text(), "started");
}

#[test]
fn sched_fifo_round_robin() {
    let log = Log::default();
    run(async {
        let tasks = ["a", "b", "c"].map(|name| {
            let log = log.clone();
            task::spawn(async move {
                log.say(name);
                yield_now().await;
                log.say(name);
            })
        });
        for task in tasks {
            task.await.unwrap();
        }
    });
    assert_eq!(log.text(), "abcabc");
}

/// There the result is kept for whoever asks again. Here an output need not be `Clone`, so it is
/// given once; a handle that is asked again says so.
#[test]
fn task_await_twice() {
    run(async {
        let mut task = task::spawn(async { 1 });
        assert_eq!((&mut task).await.unwrap(), 1);
        let again = task::spawn(async move { task.await.unwrap() }).await;
        assert!(again.unwrap_err().is_panic());
    });
}

#[test]
fn task_names() {
    let runtime = Builder::new_current_thread().dump(true).build().unwrap();
    let name = runtime.block_on(async {
        let named = async { task::current()?.name().map(str::to_owned) };
        task::Builder::new().name("worker").spawn(named).unwrap().await.unwrap()
    });
    assert_eq!(name.as_deref(), Some("worker"));
}

#[test]
fn task_cancel_done() {
    run(async {
        let task = task::spawn(async { 7 });
        yield_now().await;
        task.abort();
        assert_eq!(task.await.unwrap(), 7, "too late: the output stands");
    });
}

#[test]
fn task_cancel_before_start() {
    let log = Log::default();
    run(async {
        let (inner, leaves) = (log.clone(), Leaves(log.clone(), "dropped"));
        let task = task::spawn(async move {
            inner.say("ran");
            drop(leaves);
        });
        task.abort();
        assert!(task.await.unwrap_err().is_cancelled());
    });
    assert_eq!(log.text(), "dropped");
}

#[test]
fn task_cancel_msg() {
    run(async {
        let task = task::spawn(std::future::pending::<()>());
        task.abort_handle().abort_with("why");
        let error = task.await.unwrap_err();
        assert_eq!((error.is_cancelled(), error.message()), (true, Some("why")));
    });
}

/// There each call counts, and a task that catches one meets the next. Here a task cannot catch
/// the first one, so it is the one that counts.
#[test]
fn task_cancel_returns() {
    run(async {
        let task = task::spawn(std::future::pending::<()>());
        task.abort_handle().abort_with("first");
        task.abort_handle().abort_with("second");
        assert_eq!(task.await.unwrap_err().message(), Some("first"));
    });
}

/// An abort drops the future at its await: nothing can catch it. Who wants to be asked takes a
/// token.
#[test]
fn task_swallow_cancel() {
    run(async {
        let aborted = task::spawn(async {
            yield_now().await;
            "survived"
        });
        yield_now().await;
        aborted.abort();
        assert!(aborted.await.unwrap_err().is_cancelled());

        let token = CancellationToken::new();
        let asked = token.clone();
        let polite = task::spawn(async move {
            asked.cancelled().await;
            "survived"
        });
        token.cancel();
        assert_eq!(polite.await.unwrap(), "survived");
    });
}

/// On every way that loses the handle: before the end, after it, and with a set.
#[test]
fn task_exception_never_retrieved() {
    for workers in [0, 2] {
        let mut builder = match workers {
            0 => Builder::new_current_thread(),
            _ => Builder::new_multi_thread(),
        };
        let (tell, told) = channel();
        let tell = move |news| drop(tell.send(news));
        let runtime = builder.worker_threads(workers.max(1)).unhandled(tell).build().unwrap();
        let ids = runtime.block_on(async {
            let before = task::spawn(async { panic!("before") });
            let before_id = before.id();
            drop(before);
            let after = task::spawn(async { panic!("after") });
            tests::until(|| after.is_finished()).await;
            let after_id = after.id();
            drop(after);
            let mut set = task::JoinSet::new();
            let in_set = set.spawn(async { panic!("in a set") });
            tests::until(|| in_set.is_finished()).await;
            drop(set);
            // These are looked at, or are no errors.
            assert!(task::spawn(async { panic!("seen") }).await.unwrap_err().is_panic());
            let aborted = task::spawn(std::future::pending::<()>());
            aborted.abort();
            drop(aborted);
            [before_id, after_id, in_set.id()]
        });
        drop(runtime);
        let mut heard: Vec<_> = told.try_iter().collect();
        assert_eq!(heard.len(), 3, "{heard:?}");
        for id in ids {
            let at =
                heard.iter().position(|news| matches!(news, Unhandled::Task(e) if e.id() == id));
            let text = heard.remove(at.expect("each is reported once")).to_string();
            assert!(text.contains(&format!("task {id} panicked")), "{text}");
            assert!(text.contains("nobody looked at its output"), "{text}");
        }
    }
}

#[test]
fn run_propagates() {
    assert_eq!(run(async { Err::<(), _>("main") }), Err("main"));
    let runtime = runtime();
    let panics = catch_unwind(AssertUnwindSafe(|| runtime.block_on(async { panic!("main") })));
    assert!(panics.is_err());
    assert_eq!(runtime.block_on(async { 1 }), 1, "and the runtime can be used again");
}

/// There the leftovers are cancelled and awaited; here the end of the runtime drops them.
#[test]
fn run_leftover_tasks() {
    let log = Log::default();
    let leaves = Leaves(log.clone(), "dropped");
    let value = run(async {
        task::spawn(async move {
            std::future::pending::<()>().await;
            drop(leaves);
        });
        yield_now().await;
        "value"
    });
    assert_eq!((value, &*log.text()), ("value", "dropped"));
}

#[test]
fn run_leftover_raises_in_cleanup() {
    struct Raises;
    impl Drop for Raises {
        fn drop(&mut self) {
            panic!("in the destructor");
        }
    }
    let (tell, told) = channel();
    let tell = move |news: Unhandled| drop(tell.send(news.to_string()));
    let runtime = Builder::new_current_thread().unhandled(tell).build().unwrap();
    let value = runtime.block_on(async {
        let raises = Raises;
        task::spawn(async move {
            std::future::pending::<()>().await;
            drop(raises);
        });
        yield_now().await;
        7
    });
    drop(runtime);
    assert_eq!(value, 7);
    assert!(told.try_recv().is_ok_and(|text| text.contains("in the destructor")));
}

/// There a task that was spawned last runs up to its first await. Here the root future's end is the
/// end: what has not begun is dropped.
#[test]
fn run_fire_and_forget_gets_no_step() {
    let began = Arc::new(AtomicBool::new(false));
    let begins = began.clone();
    run(async move {
        task::spawn(async move { begins.store(true, Ordering::Release) });
    });
    assert!(!began.load(Ordering::Acquire));
}

#[test]
fn run_waits_for_blocking_closures() {
    let done = Arc::new(AtomicBool::new(false));
    let (begin, begins) = channel();
    let (go_on, goes_on) = channel::<()>();
    let sets = done.clone();
    let runtime = Runtime::new().unwrap();
    runtime.spawn_blocking(move || {
        begin.send(()).unwrap();
        // An error is the word to go on, too.
        let _ = goes_on.recv();
        sets.store(true, Ordering::Release);
    });
    begins.recv().unwrap();
    let ends = std::thread::spawn(move || drop(runtime));
    drop(go_on);
    ends.join().unwrap();
    assert!(done.load(Ordering::Acquire), "it has begun, so it is waited for");
}

#[test]
fn async_with_aexit() {
    let exits = Arc::new(AtomicUsize::new(0));
    struct With(Arc<AtomicUsize>);
    impl Drop for With {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::AcqRel);
        }
    }
    let body = |error: Option<&'static str>, waits: bool| {
        let with = With(exits.clone());
        async move {
            let _with = with;
            if waits {
                std::future::pending::<()>().await;
            }
            error.map_or(Ok(()), Err)
        }
    };
    run(async {
        assert_eq!(body(None, false).await, Ok(()));
        assert_eq!(body(Some("error"), false).await, Err("error"));
        let cancelled = task::spawn(body(None, true));
        yield_now().await;
        cancelled.abort();
        assert!(cancelled.await.unwrap_err().is_cancelled());
    });
    assert_eq!(exits.load(Ordering::Acquire), 3, "once on each way out");
}

#[test]
fn to_thread_error() {
    run(async {
        let error = task::spawn_blocking(|| panic!("in thread")).await.unwrap_err();
        assert_eq!(*error.into_panic().downcast::<&str>().unwrap(), "in thread");
    });
}

mainspring::task_local! { static VALUE: u32; }

#[test]
fn to_thread_contextvars() {
    run(VALUE.scope(7, async {
        assert_eq!(VALUE.get(), 7);
        let there = task::spawn_blocking(|| VALUE.try_with(|value| *value).ok()).await.unwrap();
        assert_eq!(there, None, "the values of a task do not travel: move them in");
    }));
}
