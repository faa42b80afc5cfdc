//! Step by step as tokio's: what is made, asked, polled, dropped and handled, in which order.
//!
//! The same programs are compiled with both crates' macros, and their logs compared.

/// The programs, with the macros of a crate.
macro_rules! programs {
    ($name:ident, $from:ident) => {
        mod $name {
            use $from::{join, pin, select, try_join};
            use std::cell::RefCell;
            use std::future::Future;
            use std::pin::Pin;
            use std::task::{Context, Poll};

            thread_local! {
                static LOG: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
            }

            fn say(words: impl Into<String>) {
                LOG.with_borrow_mut(|log| log.push(words.into()));
            }

            /// Ready in the poll of that number, 0 for never.
            struct Step(&'static str, usize);

            fn make(name: &'static str, ready_in: usize) -> Step {
                say(format!("make {name}"));
                Step(name, ready_in)
            }

            impl Future for Step {
                type Output = Value;

                fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Value> {
                    say(format!("poll {}", self.0));
                    if self.1 == 1 {
                        return Poll::Ready(Value(self.0));
                    }
                    self.1 = self.1.saturating_sub(1);
                    cx.waker().wake_by_ref();
                    Poll::Pending
                }
            }

            impl Drop for Step {
                fn drop(&mut self) {
                    say(format!("drop {}", self.0));
                }
            }

            struct Value(&'static str);

            impl Drop for Value {
                fn drop(&mut self) {
                    say(format!("drop the value of {}", self.0));
                }
            }

            fn asked(name: &'static str, answer: bool) -> bool {
                say(format!("ask {name}"));
                answer
            }

            pub async fn log() -> Vec<String> {
                select! {
                    biased;
                    _ = make("a", 0), if asked("a", true) => say("handler a"),
                    _ = make("b", 2), if asked("b", true) => say("handler b"),
                    _ = make("c", 1), if asked("c", false) => say("handler c"),
                }
                select! {
                    biased;
                    Value("x") = make("a", 1) => say("handler a"),
                    Value("x") = make("b", 2) => say("handler b"),
                    else => say("else"),
                }
                select! {
                    biased;
                    Value("x") = make("a", 1) => say("handler a"),
                    value = make("b", 2) => {
                        say("handler b");
                        drop(value);
                    }
                    _ = make("c", 3) => say("handler c"),
                }
                join!(make("a", 3), make("b", 1), make("c", 2));
                join!(biased; make("a", 3), make("b", 1), make("c", 2));
                let fails = async {
                    make("a", 3).await;
                    Err::<u8, _>("a fails")
                };
                let result = try_join!(fails, async { Ok(make("b", 5).await) });
                say(result.map(drop).unwrap_err());
                let fails = async {
                    make("a", 2).await;
                    Err::<u8, _>("a fails")
                };
                let result = try_join!(async { Ok(make("b", 1).await) }, fails);
                say(result.map(drop).unwrap_err());
                {
                    let (a, b) = (make("a", 0), make("b", 0));
                    pin!(a, b);
                    let _: (Pin<&mut Step>, Pin<&mut Step>) = (a, b);
                    say("end of a block");
                }
                LOG.take()
            }
        }
    };
}

programs! { ours, mainspring }
programs! { tokios, tokio }

#[test]
fn every_step_is_in_tokios_order() {
    let ours = tests::runtime().block_on(ours::log());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let tokios = runtime.block_on(tokios::log());
    assert!(ours.len() > 80, "{ours:?}");
    for (step, (ours, tokios)) in ours.iter().zip(&tokios).enumerate() {
        assert_eq!(ours, tokios, "step {step}");
    }
    assert_eq!(ours.len(), tokios.len());
}
