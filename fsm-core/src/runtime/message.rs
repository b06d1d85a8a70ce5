//! What a machine's action has for other machines: an event, a child, a stop.
//!
//! It is an effect like any other: owed from the transition on, carried out after its commit, in
//! order, at least once; and since the other machine remembers the effect's key, once.

use std::any::Any;
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use super::Machine;
use super::effects::EffectKey;
use super::error::SendError;
use super::post::Post;
use crate::journal::{Codec, CodecError, MachineId, Parent, Pending};
use crate::machine::{Effects, Fsm};

/// Something for another machine.
pub(super) trait Message: fmt::Debug + Send + Sync + 'static {
    /// What it says, for people.
    fn text(&self) -> String;

    /// Carries it out.
    fn deliver<'a>(
        &'a self,
        post: &'a Post,
        key: &'a EffectKey,
    ) -> Pending<'a, Result<(), Undelivered>>;

    /// The machine that it spawns, which is stopped if its sender ends.
    fn child(&self) -> Option<Child> {
        None
    }
}

/// Why a message was not delivered.
#[derive(Debug)]
pub(super) enum Undelivered {
    /// It may be later.
    NotYet,
    /// It never will be.
    Refused(String),
}

/// A message as a parcel: what [`Effects`] carries.
#[derive(Clone, Debug)]
pub(super) struct Packed(pub(super) Arc<dyn Message>);

/// A child that is being spawned: [`Effects::spawn`]. Say who is told of its end, and that is all.
#[derive(Debug)]
pub struct Spawning<'a, E, G: Machine> {
    effects: &'a mut Effects<E>,
    id: MachineId,
    context: Option<G::Context>,
    parent: Option<(&'static str, Result<Vec<u8>, CodecError>)>,
}

impl<E> Effects<E> {
    /// Sends an event to the machine `id` of kind `G`, after the commit. A refusal there is a dead
    /// letter here.
    ///
    /// ```
    /// # use fsm_core::{Effects, Fsm, NoEffect};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Fsm, Clone, Debug)] #[fsm(event = LampEvent)]
    /// # enum Lamp { #[fsm(initial)] #[on(Switch => On)] Off, #[on(Switch => Off)] On }
    /// # #[derive(Debug, Serialize, Deserialize)] enum LampEvent { Switch }
    /// fn lights_on() -> Effects<NoEffect> {              // an action may return this
    ///     let mut effects = Effects::new();
    ///     effects.send::<Lamp>("hall", LampEvent::Switch);
    ///     effects
    /// }
    /// # assert!(!lights_on().is_empty());
    /// ```
    pub fn send<G: Machine>(&mut self, id: impl Into<MachineId>, event: G::Event) {
        let event = encoded(&event);
        self.push_message(SendTo::<G> { id: id.into(), event, kind: PhantomData });
    }

    /// Spawns a child: creates the machine `id` of kind `G` with this context, after the commit,
    /// unless it exists. If this machine ends before the child does, the child is stopped.
    ///
    /// ```
    /// # use fsm_core::{Effects, Fsm, NoEffect};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Fsm, Clone, Debug)] #[fsm(event = ParcelEvent)]
    /// # enum Parcel { #[fsm(initial)] #[on(Arrive => Arrived)] Sent, #[fsm(final)] Arrived }
    /// # #[derive(Debug, Serialize, Deserialize)] enum ParcelEvent { Arrive }
    /// # #[derive(Fsm, Clone, Debug)] #[fsm(event = OrderEvent)]
    /// # enum Order { #[fsm(initial)] #[on(Pay => Paid)] #[on(Delivered => Done)] Cart,
    /// #     #[on(Delivered => Done)] Paid, #[fsm(final)] Done }
    /// # #[derive(Debug, Serialize, Deserialize)] enum OrderEvent { Pay, Delivered }
    /// fn ship() -> Effects<NoEffect> {
    ///     let mut effects = Effects::new();
    ///     effects.spawn::<Parcel>("parcel-7", ()).then_tell::<Order>(OrderEvent::Delivered);
    ///     effects
    /// }
    /// # assert!(!ship().is_empty());
    /// ```
    pub fn spawn<G: Machine>(
        &mut self,
        id: impl Into<MachineId>,
        context: G::Context,
    ) -> Spawning<'_, E, G> {
        Spawning { effects: self, id: id.into(), context: Some(context), parent: None }
    }

    fn push_message(&mut self, message: impl Message) {
        let text = message.text();
        self.push_parcel(Arc::new(Packed(Arc::new(message))), text);
    }
}

impl<E, G: Machine> Spawning<'_, E, G> {
    /// When the child has ended, in whichever state or by a stop, this machine, which is of kind
    /// `P`, is sent this event.
    pub fn then_tell<P: Machine>(mut self, event: P::Event) {
        self.parent = Some((P::TABLE.name, encoded(&event)));
    }
}

impl<E, G: Machine> Drop for Spawning<'_, E, G> {
    fn drop(&mut self) {
        let Some(context) = self.context.take() else { return };
        let (context, parent) = (encoded(&context), self.parent.take());
        let id = self.id.clone();
        self.effects.push_message(Spawn::<G> { id, context, parent, kind: PhantomData });
    }
}

/// What a parcel holds.
pub(super) fn unpack(parcel: &(dyn Any + Send + Sync)) -> Option<Arc<dyn Message>> {
    parcel.downcast_ref::<Packed>().map(|Packed(message)| Arc::clone(message))
}

fn encoded<T: serde::Serialize>(value: &T) -> Result<Vec<u8>, CodecError> {
    let mut bytes = Vec::new();
    Codec::default().encode(value, &mut bytes).map(|()| bytes)
}

/// An event for another machine.
struct SendTo<G> {
    id: MachineId,
    event: Result<Vec<u8>, CodecError>,
    kind: PhantomData<fn() -> G>,
}

/// A child to be created.
struct Spawn<G> {
    id: MachineId,
    context: Result<Vec<u8>, CodecError>,
    parent: Option<(&'static str, Result<Vec<u8>, CodecError>)>,
    kind: PhantomData<fn() -> G>,
}

/// A child, and, as a message, its stop.
#[derive(Clone)]
pub(super) struct Child {
    kind: Cow<'static, str>,
    id: MachineId,
    /// Has its kind be in use. A child that was written down and read back does not know its type:
    /// it is stopped as soon as the program uses its kind.
    begin_use: Option<BeginUse>,
}

/// Has a kind be in use.
type BeginUse = fn(&Post) -> Result<(), Undelivered>;

/// The news of a child's end, for its parent.
#[derive(Debug)]
pub(super) struct Tell(pub(super) Parent);

impl<G: Machine> Message for SendTo<G> {
    fn text(&self) -> String {
        format!("send to {} `{}`: {:?}", G::TABLE.name, self.id, self.event)
    }

    fn deliver<'a>(
        &'a self,
        post: &'a Post,
        key: &'a EffectKey,
    ) -> Pending<'a, Result<(), Undelivered>> {
        Box::pin(async move {
            let event: G::Event = decoded(&self.event)?;
            let machine = post.machine::<G>(self.id.clone())?;
            let sent = machine.send(event).idempotency_key(key.to_string());
            sent.causation_id(key.to_string()).await.map(drop).map_err(undelivered)
        })
    }
}

impl<G: Machine> Message for Spawn<G> {
    fn text(&self) -> String {
        format!("spawn {} `{}`: {:?}, {:?}", G::TABLE.name, self.id, self.context, self.parent)
    }

    fn deliver<'a>(
        &'a self,
        post: &'a Post,
        key: &'a EffectKey,
    ) -> Pending<'a, Result<(), Undelivered>> {
        Box::pin(async move {
            let context: G::Context = decoded(&self.context)?;
            let (kind, event) = match &self.parent {
                Some((kind, Ok(event))) => (*kind, event.clone()),
                Some((_, Err(error))) => return Err(Undelivered::Refused(error.to_string())),
                None => ("", Vec::new()),
            };
            let schema = match kind {
                "" => None,
                kind => post.schema_of(kind).await?,
            };
            let parent =
                Parent { kind: kind.to_owned(), id: key.machine.to_string(), event, schema };
            let machine = post.machine::<G>(self.id.clone())?;
            let created = machine.create(context).child_of(parent).await;
            match created {
                // It was created by this effect before, or by somebody else: it is there.
                Ok(_) | Err(SendError::AlreadyExists { .. }) => Ok(()),
                Err(error) => Err(undelivered(error)),
            }
        })
    }

    fn child(&self) -> Option<Child> {
        let begin_use = Some(Post::begin_use::<G> as BeginUse);
        Some(Child { kind: Cow::Borrowed(G::TABLE.name), id: self.id.clone(), begin_use })
    }
}

impl Child {
    /// The child of this kind and id.
    pub(super) fn named(kind: String, id: String) -> Self {
        Self { kind: Cow::Owned(kind), id: id.into(), begin_use: None }
    }

    /// Its kind's name.
    pub(super) fn kind(&self) -> &str {
        &self.kind
    }

    /// Its id.
    pub(super) fn id(&self) -> &str {
        &self.id
    }
}

impl Message for Child {
    fn text(&self) -> String {
        format!("stop {} `{}`", self.kind, self.id)
    }

    fn deliver<'a>(
        &'a self,
        post: &'a Post,
        _: &'a EffectKey,
    ) -> Pending<'a, Result<(), Undelivered>> {
        Box::pin(async move {
            if let Some(begin_use) = self.begin_use {
                begin_use(post)?;
            }
            post.stop(&self.kind, self.id.clone()).await
        })
    }
}

impl Message for Tell {
    fn text(&self) -> String {
        format!("tell {} `{}`", self.0.kind, self.0.id)
    }

    fn deliver<'a>(
        &'a self,
        post: &'a Post,
        key: &'a EffectKey,
    ) -> Pending<'a, Result<(), Undelivered>> {
        Box::pin(post.tell(&self.0, key))
    }
}

fn decoded<T: serde::de::DeserializeOwned>(
    bytes: &Result<Vec<u8>, CodecError>,
) -> Result<T, Undelivered> {
    let refused = |error: &CodecError| Undelivered::Refused(error.to_string());
    let bytes = bytes.as_ref().map_err(refused)?;
    Codec::default().decode(bytes).map_err(|error| refused(&error))
}

/// Whether a delivery that failed is worth another one.
pub(super) fn undelivered<T>(error: SendError<T>) -> Undelivered {
    let text = error.to_string();
    match error {
        SendError::Overloaded { .. }
        | SendError::Full { .. }
        | SendError::Timeout { .. }
        | SendError::Crashed { .. }
        | SendError::Quarantined { .. }
        | SendError::Suspended { .. }
        | SendError::Journal(_)
        | SendError::Read(_)
        | SendError::Register(_)
        | SendError::Incompatible(_)
        | SendError::ShuttingDown { .. }
        | SendError::Unanswered => Undelivered::NotYet,
        SendError::Rejected { .. }
        | SendError::NotFound { .. }
        | SendError::AlreadyExists { .. }
        | SendError::Completed { .. }
        | SendError::OutOfOrder { .. }
        | SendError::SequenceMismatch { .. }
        | SendError::TooLarge { .. }
        | SendError::Unstorable { .. }
        | SendError::Erased { .. }
        | SendError::Upkeep(_)
        | SendError::Codec { .. } => Undelivered::Refused(text),
    }
}

impl<G: Fsm> fmt::Debug for SendTo<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Send to {} `{}`", G::TABLE.name, self.id)
    }
}

impl<G: Fsm> fmt::Debug for Spawn<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Spawn {} `{}`", G::TABLE.name, self.id)
    }
}

impl fmt::Debug for Child {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Stop {} `{}`", self.kind, self.id)
    }
}
