//! Futures with a fault: the harness names each of them.

use crate::harness::Class::Nothing;
use crate::harness::{Lent, Other, Row, Scene, play};
use mainspring::sync::Notify;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use tests::panic_of;

#[track_caller]
fn is_caught(scene: fn() -> Scene, words: &str) {
    let said = panic_of(|| play(&Row { path: "planted", class: Nothing, lost: "", scene }));
    assert!(said.text.contains(words), "{said:?}");
}

/// Who waits, and whether they are told.
#[derive(Debug, Default)]
struct Flag {
    up: bool,
    wakers: Vec<Waker>,
}

impl Flag {
    fn poll(flag: &Mutex<Self>, cx: &Context<'_>, keep: bool) -> Poll<()> {
        let mut flag = flag.lock().unwrap();
        if flag.up {
            return Poll::Ready(());
        }
        if keep {
            flag.wakers.push(cx.waker().clone());
        }
        Poll::Pending
    }
}

#[test]
fn a_wake_that_never_comes() {
    is_caught(
        || {
            let flag = Arc::new(Mutex::new(Flag::default()));
            let theirs = flag.clone();
            Scene::new(poll_fn(move |cx| Flag::poll(&flag, cx, false)))
                .step(move || theirs.lock().unwrap().up = true)
        },
        "its waker was not called",
    );
}

#[test]
fn a_waker_that_stays_in_the_line() {
    is_caught(
        || {
            let flag = Arc::new(Mutex::new(Flag::default()));
            let (theirs, last) = (flag.clone(), flag.clone());
            Scene::new(poll_fn(move |cx| Flag::poll(&flag, cx, true)))
                .step(move || {
                    theirs.lock().unwrap().up = true;
                    theirs.lock().unwrap().wakers.drain(..).for_each(Waker::wake);
                })
                .check(move |_| drop(last))
        },
        "a waker stays behind",
    );
}

#[test]
fn a_waker_that_outlives_everything() {
    is_caught(
        || {
            let mut leaked = false;
            let leaks = poll_fn(move |cx| {
                if !std::mem::replace(&mut leaked, true) {
                    std::mem::forget(cx.waker().clone());
                }
                cx.waker().wake_by_ref();
                if leaked { Poll::Ready(()) } else { Poll::Pending }
            });
            Scene::new(leaks).keeps_waker()
        },
        "stays behind all that it waited for",
    );
}

/// Takes what it was handed with it when it is dropped.
struct Greedy {
    inner: Pin<Box<dyn Future<Output = ()>>>,
    notify: Arc<Notify>,
    begun: bool,
}

impl Future for Greedy {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.begun = true;
        self.inner.as_mut().poll(cx)
    }
}

impl Drop for Greedy {
    fn drop(&mut self) {
        // As a faulty line would: what is stored for the next is used up.
        if self.begun {
            self.inner = Box::pin(std::future::ready(()));
            let mut next = Box::pin(self.notify.notified());
            let _ = crate::harness::poll(&mut next);
        }
    }
}

#[test]
fn a_notification_that_is_lost() {
    is_caught(
        || {
            let notify = Arc::new(Notify::new());
            let (ours, tell, theirs) = (notify.clone(), notify.clone(), notify.clone());
            let waits = async move { ours.notified().await };
            let greedy = Greedy { inner: Box::pin(waits), notify: notify.clone(), begun: false };
            Scene::new(greedy).step(move || tell.notify_one()).check(move |ready| {
                if !ready {
                    assert!(
                        Other::new(async move { theirs.notified().await }).poll(),
                        "it is lost"
                    );
                }
            })
        },
        "it is lost",
    );
}

#[test]
fn a_value_that_is_taken_too_early() {
    is_caught(
        || {
            let lent = Lent::new(vec![1]);
            let left = lent.clone();
            let takes = lent.future(async |values| {
                let _value = values.pop();
                mainspring::task::yield_now().await;
            });
            Scene::new(takes).check(move |ready| {
                assert!(ready || left.take() == [1], "the value is lost");
            })
        },
        "the value is lost",
    );
}
