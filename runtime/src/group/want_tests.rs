//! tests of errors, told apart, and of rests.

use super::*;
use crate::runtime::builder::Builder;
use crate::time::instant::Instant;
use std::future::poll_fn;

#[cfg(unix)]
#[test]
fn errors_of_accept_are_told_apart() {
    let of = |code| Trouble::of(&io::Error::from_raw_os_error(code));
    for code in [libc::ECONNABORTED, libc::EINTR, libc::EPROTO, libc::ENETDOWN] {
        assert_eq!(of(code), Trouble::CallerLeft);
    }
    for code in [libc::EMFILE, libc::ENFILE, libc::ENOBUFS, libc::ENOMEM] {
        assert_eq!(of(code), Trouble::NoRoom);
    }
    for code in [libc::EBADF, libc::EINVAL, libc::ENOTSOCK, libc::EFAULT] {
        assert_eq!(of(code), Trouble::Else);
    }
    assert_eq!(Trouble::of(&io::Error::other("the runtime has ended")), Trouble::Else);
}

#[test]
fn rests_grow_to_a_limit_that_leaves_room_within_a_second() {
    let runtime = Builder::new_current_thread().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let (mut rest, mut lengths) = (Rest::new(), Vec::new());
        for _ in 0..8 {
            let start = Instant::now();
            rest.begin();
            poll_fn(|cx| rest.poll(cx)).await;
            lengths.push(start.elapsed().as_millis());
        }
        assert_eq!(lengths, [10, 20, 40, 80, 160, 320, 640, 640]);
        rest.begin();
        rest.cut();
        assert!(rest.is_news() && !rest.is_news());
        rest.is_over();
        assert!(rest.is_news());
        let start = Instant::now();
        poll_fn(|cx| rest.poll(cx)).await;
        assert_eq!(start.elapsed(), Duration::ZERO, "a client's end cuts it");
    });
}
