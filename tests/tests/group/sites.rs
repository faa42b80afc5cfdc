//! A task is known by the place where it was asked for, not by a line of the library.

use mainspring::task::{JoinSet, TaskGroup, as_completed, gather, gather_all};
use std::pin::Pin;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;
use tests::{Kind, poll_once};

type Starts = Pin<Box<dyn Future<Output = u32>>>;

/// Says that it has begun, and blocks its thread until it is told.
async fn blocks(begun: std::sync::mpsc::Sender<()>, go: Receiver<()>) -> Result<(), ()> {
    begun.send(()).map_err(drop)?;
    let _ = go.recv();
    Ok(())
}

/// Starts such a task in some way, on a line that `start` returns, and looks at who is still
/// running when the runtime ends.
#[track_caller]
fn is_found(start: impl FnOnce(Pin<Box<dyn Future<Output = Result<(), ()>> + Send>>) -> Starts) {
    let runtime = Kind::Workers(1).runtime();
    let ((begin, begun), (tell, go)) = (channel(), channel());
    let mut starts = start(Box::pin(blocks(begin, go)));
    let line = runtime.block_on(async {
        match poll_once(starts.as_mut()).await {
            std::task::Poll::Ready(line) => line,
            std::task::Poll::Pending => LINE.get(),
        }
    });
    begun.recv_timeout(Duration::from_secs(60)).expect("it begins");
    let report = runtime.shutdown_timeout(Duration::ZERO);
    let places: Vec<_> = report.still_running().map(|(_, at)| (at.file(), at.line())).collect();
    tell.send(()).expect("it is waiting");
    assert_eq!(places, [(file!(), line)]);
}

thread_local! {
    /// Where the task was asked for.
    static LINE: std::cell::Cell<u32> = const { std::cell::Cell::new(0) };
}

fn here(line: u32) {
    LINE.set(line);
}

#[test]
fn every_way_to_start_a_task_says_where() {
    is_found(|task| {
        Box::pin(async move {
            let mut set = JoinSet::new();
            let line = (line!(), set.spawn(task)).0;
            std::mem::forget(set);
            line
        })
    });
    is_found(|task| {
        Box::pin(async move {
            let mut set = JoinSet::new();
            let line = (line!(), set.extend([task])).0;
            std::mem::forget(set);
            line
        })
    });
    is_found(|task| {
        Box::pin(async move {
            let (line, ends) = (line!(), as_completed([task]));
            std::mem::forget(ends);
            line
        })
    });
    is_found(|task| {
        let (line, all) = (line!(), gather([task]));
        here(line);
        Box::pin(async move { all.await.map_or(0, |_| 0) })
    });
    is_found(|task| {
        let (line, all) = (line!(), gather_all([task]));
        here(line);
        Box::pin(async move { all.await.len() as u32 })
    });
    is_found(|task| {
        Box::pin(async move {
            let scope = TaskGroup::scope(async |group: TaskGroup<()>| {
                here((line!(), group.spawn(task)).0);
                Ok(0)
            });
            scope.await.unwrap_or(0)
        })
    });
}
