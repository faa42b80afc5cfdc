//! options of sockets: a getter and a setter for each line of a table.
//!
//! A thin coat over socket2, which knows every option: this module only chooses names, tokio's, and
//! those that users reach for. For the rest there is `as_sock_ref`.

#![forbid(unsafe_code)]

/// Lines of: what it is, setter, getter, type; then setter and getter of socket2. For a type with
/// the method `as_sock_ref`.
macro_rules! options {
    ($socket:ty: $(
        $(#[$attribute:meta])*
        $what:literal, $set:ident, $get:ident, $value:ty, $set2:ident, $get2:ident;
    )*) => {
        impl $socket {
            $(
                $(#[$attribute])*
                #[doc = concat!("Sets ", $what, ".\n\n# Errors\nThe system's.")]
                pub fn $set(&self, value: $value) -> ::std::io::Result<()> {
                    self.as_sock_ref().$set2(value)
                }

                $(#[$attribute])*
                #[doc = concat!("Reads ", $what, ".\n\n# Errors\nThe system's.")]
                pub fn $get(&self) -> ::std::io::Result<$value> {
                    self.as_sock_ref().$get2()
                }
            )*
        }
    };
}
pub(crate) use options;

/// How the close of a TCP socket goes.
macro_rules! linger {
    ($socket:ty) => {
        impl $socket {
            /// How long `close` holds on to unsent data (`SO_LINGER`).
            ///
            /// # Errors
            /// The system's.
            pub fn linger(&self) -> ::std::io::Result<Option<::std::time::Duration>> {
                self.as_sock_ref().linger()
            }

            /// Sets how long `close` holds on to unsent data, in whole seconds.
            ///
            /// A socket that lingers blocks the thread that drops it: use it only for a socket that
            /// is given to std.
            ///
            /// # Errors
            /// The system's.
            #[deprecated = "a lingering close blocks the thread; see `set_zero_linger`"]
            pub fn set_linger(
                &self,
                linger: Option<::std::time::Duration>,
            ) -> ::std::io::Result<()> {
                self.as_sock_ref().set_linger(linger)
            }

            /// Makes the close a reset: unsent data is thrown away, the peer gets an error.
            ///
            /// # Errors
            /// The system's.
            pub fn set_zero_linger(&self) -> ::std::io::Result<()> {
                self.as_sock_ref().set_linger(Some(::std::time::Duration::ZERO))
            }
        }
    };
}
pub(crate) use linger;

/// Which interface of the machine a socket uses.
macro_rules! device {
    ($socket:ty) => {
        #[cfg(any(target_os = "linux", target_os = "android", target_os = "fuchsia"))]
        impl $socket {
            /// The name of the interface this socket is bound to, if it is (`SO_BINDTODEVICE`).
            ///
            /// # Errors
            /// The system's.
            pub fn device(&self) -> ::std::io::Result<Option<Vec<u8>>> {
                self.as_sock_ref().device()
            }

            /// Binds to an interface by name, or to none.
            ///
            /// # Errors
            /// The system's; older systems ask for rights.
            pub fn bind_device(&self, interface: Option<&[u8]>) -> ::std::io::Result<()> {
                self.as_sock_ref().bind_device(interface)
            }
        }
    };
}
pub(crate) use device;

/// How packets are marked for the routers on their way.
macro_rules! traffic {
    ($socket:ty) => {
        $crate::net::options::options! { $socket:
            #[cfg(not(any(
                target_os = "fuchsia",
                target_os = "redox",
                target_os = "solaris",
                target_os = "illumos",
                target_os = "haiku",
                target_os = "wasi",
            )))]
            "the type of service of packets sent (`IP_TOS`)",
                set_tos_v4, tos_v4, u32, set_tos_v4, tos_v4;
            #[cfg(not(any(
                target_os = "fuchsia",
                target_os = "redox",
                target_os = "solaris",
                target_os = "illumos",
                target_os = "haiku",
                target_os = "wasi",
            )))]
            #[doc(hidden)]
            #[deprecated = "it is IPv4's alone: now `tos_v4` and `set_tos_v4`"]
            "the type of service of packets sent (`IP_TOS`)",
                set_tos, tos, u32, set_tos_v4, tos_v4;
            #[cfg(any(
                target_os = "android",
                target_os = "dragonfly",
                target_os = "freebsd",
                target_os = "fuchsia",
                target_os = "linux",
                target_os = "macos",
                target_os = "netbsd",
                target_os = "openbsd",
                target_os = "cygwin",
            ))]
            "the traffic class of IPv6 packets sent (`IPV6_TCLASS`)",
                set_tclass_v6, tclass_v6, u32, set_tclass_v6, tclass_v6;
        }
    };
}
pub(crate) use traffic;
