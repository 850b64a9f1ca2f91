ok_init := true

create_ops := [
  {"op": "add", "path": "/pstate/sandbox", "value": identity},
  {"op": "add", "path": "/pstate/containers", "value": {input.container_id: 0}},
] if {
  index == 0
}

create_ops := array.concat([{"op": "add", "path": concat("", ["/pstate/containers/", input.container_id]), "value": index}], volume_ops) if {
  index > 0
}
