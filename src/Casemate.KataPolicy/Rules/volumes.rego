# Block volumes: one device for all containers that share a volume, for as long as the sandbox lives. The agent keeps it mounted that
# long, so no other volume is ever on it, and what one container wrote the next one finds.
my_volumes := {p.volume: m.source |
  some p in c.OCI.Mounts
  p.volume
  some m in input.OCI.Mounts
  m.destination == p.destination
}

held_volumes := object.get(data.pstate, "volumes", {})

ok_volumes if {
  every v, s in my_volumes {
    volume_ok(v, s)
  }
}

volume_ok(v, s) if {
  held_volumes[v] == s
}

volume_ok(v, s) if {
  not held_volumes[v]
  count([w | some w, t in held_volumes; t == s]) == 0
}

volume_ops := [{"op": "add", "path": "/pstate/volumes", "value": object.union(object.get(data.pstate, "volumes", {}), my_volumes)}] if {
  count(my_volumes) > 0
} else := []
