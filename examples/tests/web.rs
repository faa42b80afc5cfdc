//! TLS and HTTP over the library's trait families: both TLS crates, both versions of HTTP, over TCP
//! and over TLS, on both schedulers. No tokio runtime: `tree.rs` looks at what is compiled in.

#[path = "web/http.rs"]
mod http;
#[path = "web/tls.rs"]
mod tls;

use mainspring::runtime::{Builder, Runtime};
use mainspring::time::{Duration, timeout};
use std::future::Future;

/// No test here takes longer than a few seconds on a quiet machine.
const LIMIT: Duration = Duration::from_secs(60);

/// Runs a test on each scheduler, and fails when it hangs.
fn on_each<F: Future<Output = ()>>(test: impl Fn() -> F) {
    let build = |builder: &mut Builder| -> Runtime { builder.build().unwrap() };
    let runtimes = [
        build(&mut Builder::new_current_thread()),
        build(Builder::new_multi_thread().worker_threads(2)),
    ];
    for runtime in runtimes {
        let flavor = runtime.handle().runtime_flavor();
        let ended = runtime.block_on(async { timeout(LIMIT, test()).await });
        assert!(ended.is_ok(), "hangs on {flavor:?}");
    }
}
