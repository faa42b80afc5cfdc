//! `select!`: x

#[test]
fn smoke() {
    let r = tests::runtime();
    let x = r.block_on(async {
        let mut v = vec![1];
        let mut n = 0;
        loop {
            mainspring::select! {
                Some(x) = async { v.pop() } => n += x,
                _ = std::future::pending::<()>() => {}
                else => break n,
            }
            if n == 1 { break 7; }
        }
    });
    assert_eq!(x, 7);
    let r = r.block_on(async { mainspring::join!(async {1}, async {"a"}) });
    assert_eq!(r, (1, "a"));
}
