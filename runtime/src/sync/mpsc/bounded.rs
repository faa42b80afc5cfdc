//! Sender and Receiver of a channel with a capacity.
