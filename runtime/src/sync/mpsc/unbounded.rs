//! UnboundedSender and UnboundedReceiver.
