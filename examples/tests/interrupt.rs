//! ctrl-c is heard from the call on, not only from the first poll of what it gives back.

#![cfg(unix)]

use examples::interrupt::ctrl_c;
use mainspring::runtime::Builder;
use mainspring::time::timeout;
use std::process::Command;
use std::time::Duration;

/// In the child it says what to do: the parent's handlers stay as they are.
const CHILD: &str = "EXAMPLES_TEST_INTERRUPT";

#[test]
fn a_ctrl_c_before_the_first_poll_is_heard() {
    if std::env::var_os(CHILD).is_some() {
        let runtime = Builder::new_current_thread().build().unwrap();
        return runtime.block_on(async {
            for _ in 0..3 {
                let told = ctrl_c().await;
                let me = std::process::id().to_string();
                assert!(Command::new("kill").args(["-INT", &me]).status().unwrap().success());
                timeout(Duration::from_secs(60), told).await.unwrap().unwrap();
            }
        });
    }
    let me = std::env::current_exe().unwrap();
    let child = Command::new(me)
        .args(["--exact", "a_ctrl_c_before_the_first_poll_is_heard"])
        .env(CHILD, "1")
        .output()
        .unwrap();
    assert!(child.status.success(), "{child:?}");
}
