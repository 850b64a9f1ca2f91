# Init containers in their order: each one before was created and started, and has ended unless it is a sidecar.
ok_init if {
  c.role in ["init", "sidecar"]
  every i, p in policy_data.containers {
    before(i, p, index)
  }
  init_alone
}

ok_init if {
  c.role == "app"
  every i, p in policy_data.containers {
    before(i, p, count(policy_data.containers))
  }
}

before(i, _, limit) if {
  i >= limit
}

before(_, p, _) if {
  not p.role in ["init", "sidecar"]
}

before(i, p, _) if {
  p.role == "sidecar"
  data.pstate.started[format_int(i, 10)]
}

before(i, p, _) if {
  p.role == "init"
  data.pstate.started[format_int(i, 10)]
  not i in live
}

# An init container does not run again beside what it prepared.
init_alone if {
  c.role == "sidecar"
}

init_alone if {
  c.role == "init"
  every i in live {
    policy_data.containers[i].role != "app"
  }
}

StartContainerRequest := {"allowed": true, "ops": [{"op": "add", "path": concat("", ["/pstate/started/", format_int(i, 10)]), "value": 1}]} if {
  i := data.pstate.containers[input.container_id]
}

create_ops := [
  {"op": "add", "path": "/pstate/sandbox", "value": identity},
  {"op": "add", "path": "/pstate/containers", "value": {input.container_id: 0}},
  {"op": "add", "path": "/pstate/started", "value": {}},
] if {
  index == 0
}

create_ops := array.concat([{"op": "add", "path": concat("", ["/pstate/containers/", input.container_id]), "value": index}], volume_ops) if {
  index > 0
}
