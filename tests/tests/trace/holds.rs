//! What is in a timeline: each kind of event, where it belongs, and who was the cause.

use crate::timeline::{Event, Timeline};
use crate::timeline_of;
use mainspring::io::{AsyncReadExt, AsyncWriteExt};
use mainspring::net::{TcpListener, TcpStream};
use mainspring::runtime::TaskState;
use mainspring::sync::{mpsc, oneshot};
use mainspring::task::{self, JoinHandle, yield_now};
use mainspring::time::{Duration, sleep};
use std::future::Future;
use tests::{Kind, until};

fn named<F>(name: &str, future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    task::Builder::new().name(name).spawn(future).unwrap()
}

fn many_tasks_of_all_sorts_fit_together(kind: Kind) {
    let timeline = timeline_of(kind, |runtime| {
        runtime.block_on(async {
            let (send, mut receive) = mpsc::channel(3);
            let tasks: Vec<_> = (0..40_u64)
                .map(|n| {
                    let send = send.clone();
                    mainspring::spawn(async move {
                        yield_now().await;
                        sleep(Duration::from_millis(n % 3)).await;
                        send.send(n).await.unwrap();
                        task::spawn_blocking(move || n).await.unwrap()
                    })
                })
                .collect();
            drop(send);
            let mut sum = 0;
            while let Some(n) = receive.recv().await {
                sum += n;
            }
            assert_eq!(sum, 780);
            for (n, task) in tasks.into_iter().enumerate() {
                assert_eq!(task.await.unwrap(), n as u64);
            }
        });
    });
    assert_eq!(timeline.cat("spawn").count(), 80);
    assert_eq!(timeline.cat("blocking").count(), 40);
    assert!(timeline.cat("again").count() >= 40);
    let lanes = |cat: &str| timeline.cat(cat).map(|event| timeline.lane(event.lane)).collect();
    let (polls, closures): (Vec<_>, Vec<_>) = (lanes("poll"), lanes("blocking"));
    assert!(closures.iter().all(|lane| lane == "mainspring-blocking"), "{closures:?}");
    if kind.is_pool() && kind != Kind::Helping {
        let tasks = timeline.cat("poll").zip(polls).filter(|(event, _)| event.task() != 0);
        for (poll, lane) in tasks {
            assert!(lane.starts_with("worker "), "{lane}: {poll:?}");
        }
    }
}

fn a_timer_comes_before_the_wake_and_that_before_the_poll(kind: Kind) {
    let timeline = timeline_of(kind, |runtime| {
        runtime.block_on(async {
            named("sleeps", sleep(Duration::from_millis(2))).await.unwrap();
        });
    });
    let task = timeline.named("sleeps");
    let polls = timeline.polls(task);
    assert_eq!(polls.len(), 2, "{polls:?}");
    let wake = timeline.cat("wake").find(|wake| wake.task() == task).unwrap();
    assert_eq!(wake.args["by"], "timer");
    let timer = timeline.cat("timer").rfind(|timer| timer.place < wake.place).unwrap();
    assert_eq!(timer.lane, wake.lane);
    assert!(timer.args["due"].as_f64().unwrap() * 1000.0 <= timer.start as f64);
    assert!(polls[0].start < timer.start && timer.start <= wake.start);
    assert!(wake.start <= polls[1].start && wake.place < polls[1].place);
    if kind == Kind::CurrentThread {
        let park = timeline.cat("park").find(|park| park.end >= timer.start).unwrap();
        assert!(park.start < timer.start, "the timer ends a sleep");
    }
}

fn a_wake_says_by_whom(kind: Kind) {
    let timeline = timeline_of(kind, |runtime| {
        runtime.block_on(async {
            let ((tell, told), (ask, asked)) = (oneshot::channel(), oneshot::channel());
            let waits = named("waits", async move {
                ask.send(()).unwrap();
                told.await.unwrap();
            });
            asked.await.unwrap();
            let tells = named("tells", async move {
                // The other has gone to sleep by then, whatever it takes.
                sleep(Duration::from_millis(20)).await;
                tell.send(()).unwrap();
            });
            tells.await.unwrap();
            waits.await.unwrap();
        });
    });
    let (waits, tells) = (timeline.named("waits"), timeline.named("tells"));
    let wake = |task: u64| timeline.cat("wake").filter(move |wake| wake.task() == task);
    assert!(wake(waits).any(|wake| wake.args["by"] == tells));
    // The root: by a task that sent to it, and by one that ended.
    assert!(wake(0).any(|wake| wake.args["by"] == tells), "{:?}", wake(0).collect::<Vec<_>>());
    let spawn = timeline.cat("spawn").next().unwrap();
    assert_eq!(spawn.args["by"], 0);
    let here = spawn.args["spawned"].as_str().unwrap();
    assert!(here.contains("holds.rs:"), "{here}");
}

fn a_wake_from_outside_is_on_the_lane_of_its_thread(kind: Kind) {
    let timeline = timeline_of(kind, |runtime| {
        let (tell, told) = oneshot::channel();
        let task = runtime.spawn(async { told.await.unwrap() });
        let id = task.id();
        let waits = move || {
            let tasks = mainspring::runtime::dump();
            tasks.iter().any(|task| task.id() == id && task.state() == TaskState::Waiting)
        };
        runtime.block_on(until(waits));
        let outside = std::thread::Builder::new().name("outside".to_owned());
        outside.spawn(move || tell.send(()).unwrap()).unwrap().join().unwrap();
        runtime.block_on(task).unwrap();
    });
    let wake = timeline.cat("wake").find(|wake| wake.args["by"] == "outside").unwrap();
    assert_eq!((wake.task(), timeline.lane(wake.lane)), (1, "outside".to_owned()));
}

fn a_socket_comes_before_the_wake(kind: Kind) {
    let timeline = timeline_of(kind, |runtime| {
        runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let server = named("server", async move {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut bytes = [0; 4];
                stream.read_exact(&mut bytes).await.unwrap();
                stream.write_all(&bytes).await.unwrap();
            });
            let mut stream = TcpStream::connect(address).await.unwrap();
            yield_now().await;
            stream.write_all(b"ping").await.unwrap();
            let mut bytes = [0; 4];
            stream.read_exact(&mut bytes).await.unwrap();
            server.await.unwrap();
        });
    });
    let wake = timeline.cat("wake").find(|wake| wake.args["by"] == "io").unwrap();
    let io = timeline.cat("io").rfind(|io| io.place < wake.place).unwrap();
    assert_eq!(io.lane, wake.lane);
    assert!(io.args["source"].is_u64() && !io.args["ready"].as_array().unwrap().is_empty());
}

fn a_poll_that_uses_up_its_budget_says_so(kind: Kind) {
    let timeline = timeline_of(kind, |runtime| {
        runtime.block_on(async {
            let greedy = named("greedy", async {
                let (send, mut receive) = mpsc::unbounded_channel();
                (0..500).for_each(|n| send.send(n).unwrap());
                for _ in 0..500 {
                    receive.recv().await.unwrap();
                }
            });
            greedy.await.unwrap();
        });
    });
    let task = timeline.named("greedy");
    assert_eq!(timeline.cat("budget").filter(|event| event.task() == task).count(), 3);
    assert_eq!(timeline.polls(task).len(), 4);
}

fn a_panic_ends_a_poll(kind: Kind) {
    let timeline = timeline_of(kind, |runtime| {
        let (_, said) = tests::heard(|| {
            runtime.block_on(async {
                assert!(named("panics", async { panic!("on purpose") }).await.is_err());
            });
        });
        assert!(said.len() <= 1);
    });
    let polls = timeline.polls(timeline.named("panics"));
    assert_eq!((polls.len(), &polls[0].args["ready"]), (1, &true.into()));
}

tests::each_scheduler! {
    many_tasks_of_all_sorts_fit_together,
    a_timer_comes_before_the_wake_and_that_before_the_poll,
    a_wake_says_by_whom,
    a_wake_from_outside_is_on_the_lane_of_its_thread,
    a_socket_comes_before_the_wake,
    a_poll_that_uses_up_its_budget_says_so,
    a_panic_ends_a_poll,
}

fn steals(timeline: &Timeline) -> Vec<&Event> {
    timeline.cat("steal").collect()
}

/// One worker waits in a poll for a task in its own ring: the other has to take it.
#[test]
fn a_steal_is_seen() {
    let kind = Kind::Workers(2);
    kind.run(|kind| {
        let timeline = timeline_of(kind, |runtime| {
            let blocks = runtime.spawn(async {
                let (tell, told) = std::sync::mpsc::channel();
                let stolen = named("stolen", async move { tell.send(()).unwrap() });
                told.recv().unwrap();
                stolen.await.unwrap();
            });
            runtime.block_on(blocks).unwrap();
        });
        let stolen = timeline.named("stolen");
        let steal = steals(&timeline).into_iter().find(|steal| steal.args["task"] == stolen);
        let steal = steal.expect("it was stolen");
        let poll = timeline.polls(stolen)[0];
        assert!(steal.start <= poll.start && steal.place < poll.place);
        let from = timeline.polls(1)[0];
        let victim = format!("worker {}", steal.args["from"]);
        assert_eq!(timeline.lane(from.lane), victim);
        assert_ne!(steal.lane, from.lane);
    });
}

/// Another thread mans the worker meanwhile; a block_on inside is a slice inside of the poll.
#[test]
fn block_in_place_keeps_its_lane() {
    Kind::Workers(2).run(|kind| {
        let timeline = timeline_of(kind, |runtime| {
            let blocks = runtime.spawn(async {
                task::block_in_place(|| {
                    let handle = mainspring::runtime::Handle::current();
                    handle.block_on(async {
                        for _ in 0..20 {
                            mainspring::spawn(yield_now()).await.unwrap();
                        }
                    });
                });
                yield_now().await;
            });
            runtime.block_on(blocks).unwrap();
        });
        let outer = timeline.polls(1)[0];
        let inner = timeline.polls(0).into_iter().find(|poll| {
            poll.lane == outer.lane && outer.start <= poll.start && poll.end <= outer.end
        });
        assert!(inner.is_some(), "{outer:?}");
        let inside = timeline.cat("spawn").filter(|spawn| spawn.name.starts_with("spawn task"));
        let by: Vec<_> = inside.map(|spawn| spawn.args["by"].clone()).collect();
        assert_eq!(by[1..], vec![serde_json::Value::from(0); 20], "by the block_on inside");
    });
}
