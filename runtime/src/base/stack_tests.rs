//! The inbox: order, the announced sleep, the end.

use super::*;

struct Item {
    link: Link<Item>,
    number: usize,
}

// SAFETY(INV-4): the link is a field of its own.
unsafe impl Linked for Item {
    unsafe fn link(node: NonNull<Self>) -> NonNull<Link<Self>> {
        // SAFETY(INV-5): the caller's node is alive.
        unsafe { NonNull::new_unchecked(&raw mut (*node.as_ptr()).link) }
    }
}

fn item(number: usize) -> NonNull<Item> {
    let item = Box::new(Item { link: Link::new(None), number });
    NonNull::from(Box::leak(item))
}

fn push(inbox: &Inbox<Item>, item: NonNull<Item>) -> Push {
    // SAFETY(INV-4): made by `item`, pushed once. INV-5: freed only after it was popped.
    unsafe { inbox.push(item) }
}

/// Empties a chain and says what was in it.
fn numbers(mut chain: Chain<Item>) -> Vec<usize> {
    std::iter::from_fn(|| chain.pop_front())
        // SAFETY(INV-5): made by `item`, popped once.
        .map(|item| unsafe { Box::from_raw(item.as_ptr()) }.number)
        .collect()
}

#[cfg(not(loom))]
mod plain {
    use super::*;

    #[test]
    fn what_is_pushed_comes_out_once_and_in_order() {
        // INV-4: each node is in one place at a time, and leaves it once.
        let inbox = Inbox::new();
        for number in 0..5 {
            assert_eq!(push(&inbox, item(number)), Push::Pushed);
        }
        let mut chain = Chain::EMPTY;
        // SAFETY(INV-4): made by `item`, handed over once.
        unsafe { chain.push_back(item(100)) };
        chain.append(inbox.take_all());
        chain.append(inbox.take_all());
        // SAFETY(INV-4): as above.
        unsafe { chain.push_back(item(200)) };
        assert_eq!(numbers(chain), [100, 0, 1, 2, 3, 4, 200]);
        assert!(inbox.is_quiet());
    }

    #[test]
    fn the_front_of_a_chain_is_cut_off_where_it_is_asked_for() {
        let mut chain = Chain::EMPTY;
        // SAFETY(INV-4): made by `item`, handed over once.
        (0..5).for_each(|number| unsafe { chain.push_back(item(number)) });
        let mut take = |count| {
            let (front, taken) = chain.take_front(count);
            (numbers(front), taken)
        };
        assert_eq!(take(0), (vec![], 0));
        assert_eq!(take(2), (vec![0, 1], 2));
        assert_eq!(take(9), (vec![2, 3, 4], 3));
        assert_eq!(take(1), (vec![], 0));
        // SAFETY(INV-4): as above.
        unsafe { chain.push_back(item(5)) };
        assert_eq!(numbers(chain), [5]);
    }

    #[test]
    fn only_the_first_push_to_a_sleeper_nudges() {
        let inbox = Inbox::new();
        assert!(inbox.try_sleep());
        assert!(!inbox.try_sleep(), "announced already");
        assert_eq!(push(&inbox, item(1)), Push::OwnerAsleep);
        assert_eq!(push(&inbox, item(2)), Push::Pushed);
        assert!(!inbox.try_sleep(), "there is something");
        assert_eq!(numbers(inbox.take_all()), [1, 2]);
        assert!(inbox.try_sleep());
        assert!(numbers(inbox.take_all()).is_empty());
        assert!(inbox.is_quiet(), "taking ends an announced sleep");
    }

    #[test]
    fn a_closed_inbox_gives_the_node_back() {
        let inbox = Inbox::new();
        let _ = push(&inbox, item(1));
        assert_eq!(numbers(inbox.close()), [1]);
        let refused = item(2);
        assert_eq!(push(&inbox, refused), Push::Closed);
        // SAFETY(INV-5): still ours to free.
        drop(unsafe { Box::from_raw(refused.as_ptr()) });
    }
}

#[cfg(loom)]
mod model {
    use super::*;
    use crate::base::prim::{Arc, thread};
    use crate::wake::park::{Park, Parker};

    #[test]
    fn loom_inbox_a_push_to_a_sleeper_is_never_lost() {
        let mut model = loom::model::Builder::new();
        model.preemption_bound = Some(2);
        model.check(|| {
            let inbox = Arc::new(Inbox::<Item>::new());
            let parker = Parker::new();
            let pushers: Vec<_> = (0..2)
                .map(|number| {
                    let (inbox, owner) = (inbox.clone(), parker.unparker());
                    thread::spawn(move || {
                        if push(&inbox, item(number)) == Push::OwnerAsleep {
                            owner.unpark();
                        }
                    })
                })
                .collect();
            let mut seen = Vec::new();
            while seen.len() < 2 {
                if inbox.try_sleep() {
                    parker.park(None);
                }
                // INV-4, INV-5: what the pusher wrote is what the owner reads.
                seen.extend(numbers(inbox.take_all()));
            }
            pushers.into_iter().for_each(|pusher| pusher.join().unwrap());
            seen.sort_unstable();
            assert_eq!(seen, [0, 1]);
        });
    }
}
