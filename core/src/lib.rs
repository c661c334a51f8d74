//! A deterministic simulation of an Apache RocketMQ cluster.
//!
//! A [`Lab`](lab::Lab) is a run under control: it goes on, stops, goes back, takes orders and says what happened.
//! In it is a [`World`](world::World) of processes (name servers, brokers, producers, consumers), which talk over a
//! simulated network in RocketMQ's own requests. Nothing here knows a browser, a clock, a thread or a file; the same
//! recording gives the same trace on every machine.
//!
//! ```
//! use lab_core::lab::Lab;
//! use lab_core::time::Instant;
//!
//! let recording = "
//!     lab profile=V5 seed=42
//!     name-server nsrv-0
//!     broker broker-a
//!     topic Orders queues=2
//!     producer p1
//!     send p1 Orders key=first
//! ";
//! let mut lab = Lab::new(recording.parse()?);
//! lab.run_until(Instant::from_millis(1000));
//! assert!(lab.trace().iter().any(|event| event.fact.kind() == "send-succeeded"));
//! lab.issue("kill broker-a".parse()?)?;
//! # Ok::<(), lab_core::command::CommandError>(())
//! ```
//!
//! # The loop
//!
//! 1. [`World::step`](world::World::step) takes the earliest event off the [`agenda`]: an arrival, an alarm
//!    clock, an order. Equal times come in the order in which they were added.
//! 2. It sets the present to that moment and hands one [`Input`](outbox::Input) to one process.
//! 3. The process changes its own state and pushes [`Effect`](outbox::Effect)s into an [`Outbox`](outbox::Outbox). It
//!    never sees another process, the network or the agenda.
//! 4. The world carries the effects out in order: packets go to the [`network`], which decides when they
//!    arrive; clocks go to the agenda; [`Fact`](fact::Fact)s go to the trace, each with its cause.
//! 5. [Commands](command) of a person come between events, before everything else of their millisecond.
//! 6. A [`Recording`](recording::Recording) (set-up, commands with their times) is all it takes to do it again.
//!
//! # Layers
//!
//! A module uses only modules of its own row or a row above; the four kinds of node never use each other.
//!
//! | row | modules |
//! |---|---|
//! | words | [`time`], [`rng`], [`id`], [`names`], [`message`], [`gather`], [`memory`], [`hash_order`], [`unique_id`], [`sys_flag`], [`config`], [`validators`] |
//! | protocol | [`rpc`], [`timer`], [`command`], [`fact`], [`outbox`] |
//! | pure parts | [`store`], [`route`], [`fault_strategy`], [`queue_choice`], [`send_loop`], [`allocate`], [`rebalance`], [`pull_from_where`], [`filter`], [`retry_policy`], [`process_queue`], [`consume_result`], [`offset_store`], [`trace`], [`remoting`], [`client_instance`], [`dledger`], [`controller`], [`server_choice`] |
//! | nodes | [`name_server`], [`broker`], [`producer`], [`consumer`], [`mqadmin`], [`registry`], [`kafka`] |
//! | world | [`node`], [`agenda`], [`network`], [`recording`], [`world`] |
//! | lab | [`view`], [`lab`], [`fidelity`], [`lesson`], [`score`] |
//!
//! To look at a run without a page: `cargo run -p lab-core --example run -- SCENARIO`; the notation of scenarios is
//! told in [`command`] and [`recording`], the JSON of `--view` is [`view::View`].

pub mod agenda;
pub mod allocate;
pub mod broker;
pub mod client_instance;
pub mod command;
pub mod config;
pub mod consume_result;
pub mod consumer;
pub mod controller;
pub mod dledger;
pub mod fact;
pub mod fault_strategy;
pub mod fidelity;
pub mod filter;
pub mod gather;
pub mod hash_order;
pub mod id;
pub mod kafka;
pub mod lab;
pub mod lesson;
pub mod memory;
pub mod message;
pub mod mqadmin;
pub mod name_server;
pub mod names;
pub mod network;
pub mod node;
pub mod offset_store;
pub mod outbox;
pub mod process_queue;
pub mod producer;
pub mod pull_from_where;
pub mod queue_choice;
pub mod rebalance;
pub mod recording;
pub mod registry;
pub mod remoting;
pub mod retry_policy;
pub mod rng;
pub mod route;
pub mod rpc;
pub mod score;
pub mod send_loop;
pub mod server_choice;
pub mod store;
pub mod sys_flag;
pub mod time;
pub mod timer;
pub mod trace;
pub mod unique_id;
pub mod validators;
pub mod view;
pub mod world;
