use ch06_2_urgent::{Class, Executor, IN_A_ROW};
use stage_ch06::{Event, yield_now};
use std::sync::{Arc, Mutex};
use std::thread;

/// What the tasks say, in order.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<String>>);

impl Log {
    fn say(&self, what: &str) {
        self.0.lock().unwrap().push_str(what);
    }

    fn said(&self) -> String {
        self.0.lock().unwrap().clone()
    }

    /// A task that says `what` in so many turns.
    fn says(&self, what: &'static str, turns: u32) -> impl Future<Output = ()> + Send + 'static {
        let log = self.clone();
        async move {
            for _ in 0..turns {
                log.say(what);
                yield_now().await;
            }
        }
    }
}

#[test]
fn t1_within_a_class_first_in_first_out() {
    for class in [Class::Normal, Class::Urgent] {
        let (executor, log) = (Executor::default(), Log::default());
        for name in ["a", "b", "c"] {
            executor.spawn(class, log.says(name, 2));
        }
        assert_eq!(log.said(), "", "spawn runs nothing");
        executor.run();
        assert_eq!(log.said(), "abcabc", "{class:?}");
    }
}

#[test]
fn t2_urgent_ones_run_first() {
    let (executor, log) = (Executor::default(), Log::default());
    executor.spawn(Class::Normal, log.says("n", 2));
    executor.spawn(Class::Urgent, log.says("u", 2));
    executor.run();
    assert_eq!(log.said(), "uunn");
}

#[test]
fn t3_a_task_keeps_its_class_when_it_is_woken() {
    let (executor, log, event) = (Executor::default(), Log::default(), Arc::new(Event::default()));
    let (waits, there) = (log.says("u", 1), event.clone());
    executor.spawn(Class::Urgent, async move {
        there.wait().await;
        waits.await;
    });
    let first = log.says("n", 1);
    executor.spawn(Class::Normal, async move {
        first.await;
        event.set();
    });
    executor.spawn(Class::Normal, log.says("m", 2));
    executor.run();
    assert_eq!(log.said(), "nmum", "n sets the event in its second turn");
}

#[test]
fn t4_a_normal_one_has_its_turn() {
    let (executor, log) = (Executor::default(), Log::default());
    executor.spawn(Class::Normal, log.says("n", 3));
    executor.spawn(Class::Urgent, log.says("u", 20));
    executor.run();
    let eight = "u".repeat(IN_A_ROW as usize);
    assert_eq!(log.said(), format!("{eight}n{eight}nuuuun"));
}

#[test]
fn t5_a_task_may_spawn() {
    let (executor, log) = (Executor::default(), Log::default());
    let (inner, says) = (executor.clone(), log.says("b", 1));
    let handle = executor.spawn(Class::Normal, async move {
        let handle = inner.spawn(Class::Urgent, says);
        handle.await.unwrap();
        7
    });
    executor.run();
    assert_eq!(log.said(), "b");
    assert_eq!(stage_ch06::block_on(handle).unwrap(), 7);
}

#[test]
fn t6_a_wake_from_another_thread_queues() {
    let (executor, log, event) = (Executor::default(), Log::default(), Arc::new(Event::default()));
    let (says, there) = (log.says("u", 1), event.clone());
    executor.spawn(Class::Urgent, async move {
        there.wait().await;
        says.await;
    });
    executor.run();
    thread::spawn(move || event.set()).join().unwrap();
    assert_eq!(log.said(), "", "a wake runs nothing");
    executor.run();
    assert_eq!(log.said(), "u");
}
