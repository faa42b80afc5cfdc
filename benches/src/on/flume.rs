//! flume's channels on tokio: a third opinion in the rows about channels, and nowhere else.

#[path = "../workload/channel.rs"]
pub mod channel;
#[path = "../workload/queue.rs"]
pub mod queue;

pub mod rt {
    pub use super::super::tokio::rt::{Runtime, detach, joined, spawn};
    use std::fmt::Debug;

    #[inline]
    pub fn received<T, E>(next: Result<T, E>) -> Option<T> {
        next.ok()
    }
    #[inline]
    pub fn send_now<T: Debug>(sender: &mpsc::UnboundedSender<T>, value: T) {
        sender.0.send(value).expect("the receiver lives");
    }

    /// Both ends of a channel.
    #[derive(Debug)]
    pub struct Queue<T>(mpsc::Sender<T>, mpsc::Receiver<T>);

    impl<T> Queue<T> {
        pub fn new(capacity: usize) -> Self {
            let (sender, receiver) = mpsc::channel(capacity);
            Self(sender, receiver)
        }
    }
    #[inline]
    pub async fn put<T: Debug>(queue: &Queue<T>, item: T) {
        queue.0.send(item).await.expect("the receiver lives");
    }
    #[inline]
    pub async fn get<T>(queue: &Queue<T>) -> T {
        queue.1.recv().await.expect("the sender lives")
    }

    /// flume's two ends, with the names of the others.
    pub mod mpsc {
        use ::flume::r#async::{RecvFut, SendFut};

        pub use self::{Receiver as UnboundedReceiver, Sender as UnboundedSender};

        #[derive(Debug)]
        pub struct Sender<T>(pub(super) ::flume::Sender<T>);

        #[derive(Debug)]
        pub struct Receiver<T>(::flume::Receiver<T>);

        impl<T> Clone for Sender<T> {
            fn clone(&self) -> Self {
                Self(self.0.clone())
            }
        }
        impl<T> Sender<T> {
            #[inline]
            pub fn send(&self, value: T) -> SendFut<'_, T> {
                self.0.send_async(value)
            }
        }
        impl<T> Receiver<T> {
            #[inline]
            pub fn recv(&self) -> RecvFut<'_, T> {
                self.0.recv_async()
            }
        }
        pub fn channel<T>(capacity: usize) -> (Sender<T>, Receiver<T>) {
            let (sender, receiver) = ::flume::bounded(capacity);
            (Sender(sender), Receiver(receiver))
        }
        pub fn unbounded_channel<T>() -> (Sender<T>, Receiver<T>) {
            let (sender, receiver) = ::flume::unbounded();
            (Sender(sender), Receiver(receiver))
        }
    }
}
