//! What a person orders of registries and their clients.

use std::collections::BTreeSet;

use super::commands::Checked;
use super::{Slot, World};
use crate::command::{
    CommandError, MemberChange, MemberOrder, NodeOrder, NodeSpec, RegistryClientSpec, RegistryModel,
    ServerList,
};
use crate::id::{Address, EventId, NodeId};
use crate::node::{Disk, Node};
use crate::registry::RegistryDisk;
use crate::rpc::Members;

/// The addresses of each host name that a client is told of.
pub(super) fn by_host(spec: &RegistryClientSpec, addresses: &[Address]) -> Vec<Vec<Address>> {
    let Some(list) = &spec.registries else {
        return addresses.iter().map(|address| vec![*address]).collect();
    };
    let mut rest = addresses.iter().copied();
    list.0.iter().map(|host| rest.by_ref().take(host.len()).collect()).collect()
}

impl Slot {
    /// The list of a registry, whether it runs or not; `None` for other nodes.
    pub fn registry_members(&self) -> Option<Members> {
        match (&self.spec, &self.node, &self.disk) {
            (_, Some(Node::Registry(registry)), _) => Some(registry.members().clone()),
            (_, None, Disk::Registry(disk)) => Some(disk.members().clone()),
            (NodeSpec::Registry(_), ..) => Some(RegistryDisk::default().members().clone()),
            _ => None,
        }
    }
}

impl World {
    fn all_registries(&self) -> impl Iterator<Item = (&NodeId, &Slot)> {
        self.nodes().filter(|(_, slot)| matches!(slot.spec, NodeSpec::Registry(_)))
    }

    fn registry(&self, name: &NodeId) -> Result<(&Slot, RegistryModel), CommandError> {
        match self.slot(name)? {
            slot @ Slot { spec: NodeSpec::Registry(spec), .. } => Ok((slot, spec.model)),
            _ => Err(CommandError::WrongKind { node: name.clone(), wanted: "a registry" }),
        }
    }

    /// The addresses of these registries by host name, or of all there are.
    pub(super) fn registries_of(&self, list: Option<&ServerList>) -> Result<Vec<Vec<Address>>, CommandError> {
        let Some(list) = list else {
            return Ok(self.all_registries().map(|(_, slot)| vec![slot.address]).collect());
        };
        let address = |name: &NodeId| self.registry(name).map(|(slot, _)| slot.address);
        list.0.iter().map(|host| host.iter().map(address).collect()).collect()
    }

    /// The one model of these registries.
    fn model_of(&self, list: Option<&ServerList>) -> Result<RegistryModel, CommandError> {
        let names: Vec<NodeId> = match list {
            Some(list) => list.0.iter().flatten().cloned().collect(),
            None => self.all_registries().map(|(id, _)| id.clone()).collect(),
        };
        let models: BTreeSet<_> =
            names.iter().map(|name| self.registry(name).map(|(_, model)| model)).collect::<Result<_, _>>()?;
        let mut models = models.into_iter();
        match (models.next(), models.next()) {
            (Some(model), None) => Ok(model),
            (None, _) => Err(CommandError::Invalid("a client needs a registry; add one first".to_owned())),
            (Some(_), Some(_)) => {
                let why = "registry=…: these registries are of several models; name those of one";
                Err(CommandError::Invalid(why.to_owned()))
            }
        }
    }

    pub(super) fn check_registry_client(&self, node: &NodeId, spec: &RegistryClientSpec) -> Checked {
        if let Some(taken) = spec.names(node).into_iter().find(|name| self.slots.contains_key(name)) {
            return Err(CommandError::DuplicateNode(taken));
        }
        let model = self.model_of(spec.registries.as_ref())?;
        if spec.model.is_some_and(|own| own != model) {
            return Err(CommandError::Invalid(format!("the registries are of model {model}")));
        }
        RegistryClientSpec { model: Some(model), ..spec.clone() }.check()
    }

    pub(super) fn add_registry_clients(
        &mut self,
        node: &NodeId,
        spec: &RegistryClientSpec,
        cause: Option<EventId>,
    ) -> Checked {
        let model = Some(self.model_of(spec.registries.as_ref())?);
        for name in spec.names(node) {
            let one = RegistryClientSpec { count: 1, model, ..spec.clone() };
            self.add(name, NodeSpec::RegistryClient(Box::new(one)), cause)?;
        }
        Ok(())
    }

    fn member_targets(&self, order: &MemberOrder) -> Result<Vec<NodeId>, CommandError> {
        match &order.registries {
            None => Ok(self.all_registries().map(|(id, _)| id.clone()).collect()),
            Some(names) => names.iter().map(|name| self.registry(name).map(|_| name.clone())).collect(),
        }
    }

    pub(super) fn check_member(&self, order: &MemberOrder) -> Checked {
        let targets = self.member_targets(order)?;
        if targets.is_empty() {
            return Err(CommandError::Invalid("there is no registry; add one first".to_owned()));
        }
        let has = |name: &NodeId| {
            self.slots
                .get(name)
                .and_then(Slot::registry_members)
                .is_some_and(|it| it.members.contains(&order.member))
        };
        let (wanted, words) = match order.change {
            MemberChange::Add => (true, "is in every one of these lists already"),
            MemberChange::Remove => (false, "is in none of these lists"),
        };
        if targets.iter().all(|name| has(name) == wanted) {
            return Err(CommandError::Invalid(format!("`{}` {words}", order.member)));
        }
        Ok(())
    }

    /// A running registry hears of the change; an ended one finds it when it is started again.
    pub(super) fn change_member(&mut self, order: &MemberOrder, cause: Option<EventId>) {
        let now = self.now;
        for name in self.member_targets(order).unwrap_or_default() {
            let Some(slot) = self.slots.get_mut(&name) else { continue };
            if slot.state.is_running() {
                self.order(&name, NodeOrder::Member(order.member.clone(), order.change), cause);
                continue;
            }
            if let Disk::Registry(disk) = &mut slot.disk {
                disk.change(now, &order.member, order.change);
            }
        }
    }
}
