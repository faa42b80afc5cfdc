//! gather: values in order; the first error ends the siblings.

use crate::{Error, Log, fails, ms, run, worker};
use mainspring::task::{gather, gather_all, yield_now};
use mainspring::time::{Instant, sleep, timeout};
use std::future::Future;
use std::pin::Pin;

#[test]
fn gather_order() {
    run(async {
        let log = Log::default();
        let workers = [("a", 20), ("b", 10), ("c", 30)];
        let workers = workers.map(|(name, millis)| worker(log.clone(), name, millis));
        assert_eq!(gather(workers).await, Ok(vec!["a", "b", "c"]));
        assert_eq!(log.said(), ["b:done", "a:done", "c:done"]);
    });
}

#[test]
fn gather_empty() {
    run(async {
        let nothing: [std::future::Ready<Result<u8, u8>>; 0] = [];
        assert_eq!(gather(nothing).await, Ok(vec![]));
        let nothing: [std::future::Ready<u8>; 0] = [];
        assert!(gather_all(nothing).await.is_empty());
    });
}

/// In asyncio the siblings have said nothing yet: they run on. Here they have ended.
#[test]
fn gather_first_error() {
    run(async {
        let (log, start) = (Log::default(), Instant::now());
        let three = vec![
            boxed(worker(log.clone(), "x", 100)),
            boxed(fails(10, Error::Value(1))),
            boxed(fails(20, Error::Key(2))),
        ];
        assert_eq!(gather(three).await, Err(Error::Value(1)));
        assert!(start.elapsed() < ms(15), "at once: after 10 ms");
        assert_eq!(log.said(), ["x:cancelled"]);
    });
}

type Boxed = Pin<Box<dyn Future<Output = Result<&'static str, Error>> + Send>>;

fn boxed(future: impl Future<Output = Result<&'static str, Error>> + Send + 'static) -> Boxed {
    Box::pin(future)
}

/// In asyncio `y` gets to its end, unobserved. Here nothing outlives the call.
#[test]
fn gather_sibling_is_ended() {
    run(async {
        let log = Log::default();
        let two = [boxed(fails(10, Error::Value(1))), boxed(worker(log.clone(), "y", 30))];
        assert!(gather(two).await.is_err());
        assert_eq!(log.said(), ["y:cancelled"]);
        sleep(ms(50)).await;
        assert_eq!(log.said(), ["y:cancelled"], "and nothing goes on");
    });
}

#[test]
fn gather_return_exceptions() {
    run(async {
        let inputs = [Ok(1), Err(Error::Value(2)), Ok(3)];
        let outputs = gather_all(inputs.map(async |input: Result<u32, Error>| input)).await;
        let outputs: Vec<_> = outputs.into_iter().map(Result::unwrap).collect();
        assert_eq!(outputs, inputs);
    });
}

#[test]
fn gather_cancel_outer() {
    run(async {
        let log = Log::default();
        let two = ["x", "y"].map(|name| worker(log.clone(), name, 1_000));
        let outer = mainspring::spawn(gather(two));
        sleep(ms(10)).await;
        outer.abort();
        assert!(outer.await.unwrap_err().is_cancelled());
        yield_now().await;
        assert_eq!(log.said(), ["x:cancelled", "y:cancelled"]);
    });
}

#[test]
fn gather_cancel_outer_retexc() {
    run(async {
        let log = Log::default();
        let two = ["x", "y"].map(|name| worker(log.clone(), name, 1_000));
        assert!(timeout(ms(10), gather_all(two)).await.is_err());
        yield_now().await;
        assert_eq!(log.said(), ["x:cancelled", "y:cancelled"]);
    });
}

fn two_of_which_one_is_aborted() -> [mainspring::task::JoinHandle<u64>; 2] {
    let children = [1, 2].map(|number| {
        mainspring::spawn(async move {
            sleep(ms(number * 10)).await;
            number
        })
    });
    children[0].abort();
    children
}

/// There the cancelled child is a value that `isinstance(r, Exception)` misses. Here it is an
/// error, as its own join says it, among the outputs.
#[test]
fn gather_child_cancelled_retexc() {
    run(async {
        let children = two_of_which_one_is_aborted();
        let outputs = gather_all(children).await;
        let outputs: Vec<_> = outputs.into_iter().map(Result::unwrap).collect();
        assert!(outputs[0].as_ref().unwrap_err().is_cancelled());
        assert_eq!(*outputs[1].as_ref().unwrap(), 2);
    });
}

/// The join of the child is the input, and its error the first.
#[test]
fn gather_child_cancelled() {
    run(async {
        let children = two_of_which_one_is_aborted();
        assert!(gather(children).await.unwrap_err().is_cancelled());
    });
}
