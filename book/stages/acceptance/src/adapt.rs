//! how a stage does what the traits ask for: all stages use the same names.
//!
//! `machine! { stage_ch04: Futures, BlockOn }` makes a type `Stage` for `tests!`.

/// The type `Stage`, with these traits.
#[macro_export]
macro_rules! machine {
    ($stage:ident: $($part:ident),+ $(,)?) => {
        struct Stage;
        $( $crate::machine_part! { $part $stage } )+
    };
}

/// One trait of a stage.
#[macro_export]
macro_rules! machine_part {
    (Futures $stage:ident) => {
        impl $crate::futures::Futures for Stage {
            fn run<F: Future>(future: F) -> F::Output {
                run(future)
            }
            async fn join<A, B>(a: A, b: B) -> (A::Output, B::Output)
            where
                A: Future + Unpin,
                B: Future + Unpin,
            {
                $stage::join(a, b).await
            }
            async fn race<A, B>(a: A, b: B) -> Result<A::Output, B::Output>
            where
                A: Future + Unpin,
                B: Future + Unpin,
            {
                match $stage::race(a, b).await {
                    $stage::Either::Left(a) => Ok(a),
                    $stage::Either::Right(b) => Err(b),
                }
            }
        }
    };
    (BlockOn $stage:ident) => {
        impl $crate::block_on::BlockOn for Stage {
            fn block_on<F: Future>(future: F) -> F::Output {
                run(future)
            }
        }
    };
    (Spawn $stage:ident) => {
        impl $crate::spawn::Spawn for Stage {
            type Handle<T: Send + 'static> = $stage::JoinHandle<T>;

            fn spawn<F>(future: F) -> $stage::JoinHandle<F::Output>
            where
                F: Future<Output: Send + 'static> + Send + 'static,
            {
                spawn(future)
            }
            async fn join<T: Send + 'static>(
                handle: &mut $stage::JoinHandle<T>,
            ) -> Result<T, $crate::spawn::Failed> {
                match handle.await {
                    Ok(output) => Ok(output),
                    Err($stage::JoinError::Cancelled) => Err($crate::spawn::Failed::Cancelled),
                    Err($stage::JoinError::Panicked(thrown)) => {
                        Err($crate::spawn::Failed::panicked(&*thrown))
                    }
                }
            }
            fn abort<T: Send + 'static>(handle: &$stage::JoinHandle<T>) {
                handle.abort();
            }
            fn is_finished<T: Send + 'static>(handle: &$stage::JoinHandle<T>) -> bool {
                handle.is_finished()
            }
        }
    };
    (Local $stage:ident) => {
        impl $crate::local::Local for Stage {
            fn spawn_local<F>(future: F) -> impl Future<Output = F::Output> + 'static
            where
                F: Future<Output: 'static> + 'static,
            {
                let task = $stage::spawn(future);
                async { task.await.expect("no task of these tests fails") }
            }
            async fn yield_now() {
                $stage::yield_now().await;
            }
        }
    };
    (Time $stage:ident) => {
        impl $crate::time::Time for Stage {
            fn block_on_paused<F: Future>(future: F) -> F::Output {
                run_paused(future)
            }
            fn now() -> std::time::Instant {
                $stage::time::now()
            }
            async fn sleep(duration: std::time::Duration) {
                $stage::time::sleep(duration).await;
            }
            async fn timeout<F: Future>(
                duration: std::time::Duration,
                future: F,
            ) -> Option<F::Output> {
                $stage::time::timeout(duration, future).await.ok()
            }
            async fn every(period: std::time::Duration, count: u32, mut tick: impl FnMut()) {
                let mut interval = $stage::time::interval(period);
                for _ in 0..count {
                    interval.tick().await;
                    tick();
                }
            }
        }
    };
}
