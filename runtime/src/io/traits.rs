//! AsyncRead, AsyncWrite.
