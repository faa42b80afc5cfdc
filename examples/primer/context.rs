//! A resource that takes time to get and time to give back: `async with`.
//!
//! ```text
//! cargo run --release --example context                  3 s
//! cargo run --release --example context -- --scale 0.1
//! ```
//!
//! What you will see: the resource is acquired, used and released, half a second each way; then
//! the same with a failure inside, which is released too, and with a time limit that cuts the use
//! short: the guard's `Drop` gives the resource back, without waiting.
//!
//! From the third document (`__aenter__`, `__aexit__`). A destructor cannot wait, so the patient
//! way out is a method, `close`, and `Drop` is the fallback for a use that is cut short.

use std::process::ExitCode;

use examples::primer::{self, Ended, Out};
use mainspring::time::timeout;

pub fn main() -> ExitCode {
    primer::run("A resource that takes time to get and to give back: async with", program)
}

pub async fn program(out: Out) -> Ended {
    with_resource(&out, async |resource| {
        resource.out.line("Using resource");
        Ok(())
    })
    .await?;

    let failed = with_resource(&out, async |_| Err::<(), _>("it broke".to_owned())).await;
    out.line(format!("{failed:?}"));

    let used = with_resource(&out, async |resource| {
        resource.out.rest(60.0).await;
        Ok(())
    });
    let cut = timeout(out.time(1.0), used).await;
    out.line(format!("cut short: {}", cut.is_err()));
    Ok(())
}

/// Acquires, lets `body` use it, and releases, whatever came of that.
async fn with_resource<T>(
    out: &Out,
    body: impl AsyncFnOnce(&Resource) -> Result<T, String>,
) -> Result<T, String> {
    let resource = Resource::acquire(out).await;
    let result = body(&resource).await;
    resource.close().await;
    result
}

struct Resource {
    out: Out,
    open: bool,
}

impl Resource {
    async fn acquire(out: &Out) -> Resource {
        out.line("Acquiring resource");
        out.rest(0.5).await;
        Resource { out: out.clone(), open: true }
    }

    async fn close(mut self) {
        self.out.line("Releasing resource");
        self.out.rest(0.5).await;
        self.open = false;
    }
}

impl Drop for Resource {
    fn drop(&mut self) {
        if self.open {
            self.out.line("Dropping resource");
        }
    }
}
