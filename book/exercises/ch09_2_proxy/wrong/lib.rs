//! WRONG: whichever direction ends first ends both. Who asks and closes gets no answer.

use stage_ch09::io::{AsyncWriteExt, copy};
use stage_ch09::net::{OwnedReadHalf, OwnedWriteHalf, TcpStream};
use stage_ch09::{Either, race};
use std::io;
use std::pin::pin;

async fn one_way(mut from: OwnedReadHalf, mut to: OwnedWriteHalf) -> io::Result<u64> {
    let copied = copy(&mut from, &mut to).await?;
    to.shutdown().await?;
    Ok(copied)
}

/// Sends everything from `a` to `b` and from `b` to `a`, until both have ended. Returns how many
/// bytes went from `a` to `b`, and from `b` to `a`.
///
/// When one side says that no more bytes follow, the other is told so, and may still answer.
pub async fn copy_both(a: TcpStream, b: TcpStream) -> io::Result<(u64, u64)> {
    let ((from_a, to_a), (from_b, to_b)) = (a.into_split(), b.into_split());
    match race(pin!(one_way(from_a, to_b)), pin!(one_way(from_b, to_a))).await {
        Either::Left(copied) => Ok((copied?, 0)),
        Either::Right(copied) => Ok((0, copied?)),
    }
}
