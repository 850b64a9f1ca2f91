# Devices: those that are passed through by number, others by path.
vfio := concat("", ["^", policy_data.devices.vfio.device_path, "$"])

i_vfio := [d | some d in input.devices; regex.match(vfio, d.container_path)]

p_vfio := [d | some d in c.devices; startswith(d.container_path, "/dev/vfio/")]

cdi := {trim_prefix(k, "cdi.k8s.io/") | some k, _ in input.OCI.Annotations; startswith(k, "cdi.k8s.io/")}

ok_devices if {
  every d in input.devices {
    device_listed(d)
  }
  count({d.container_path | some d in input.devices}) == count(input.devices)
  count(cdi) == count(p_vfio)
  ok_vfio
}

device_listed(d) if {
  regex.match(vfio, d.container_path)
}

device_listed(d) if {
  not regex.match(vfio, d.container_path)
  some p in c.devices
  p.container_path == d.container_path
  device_alike(p, d)
}

device_alike(p, d) if {
  p.type_ != ""
  p.type_ == d.type_
  p.vm_path == d.vm_path
}

# A raw block volume: how it is attached is for the runtime to choose, that it is a disk and nothing else is not.
device_alike(p, d) if {
  p.type_ == ""
  d.type_ in ["blk", "blk-ccw", "mmioblk", "scsi"]
  regex.match("^(/dev/(vd|sd)[a-z]{1,2})?$", d.vm_path)
}

# Attached while the guest runs, or before it started and then not in the request.
ok_vfio if {
  count(i_vfio) == count(p_vfio)
  {d.id | some d in i_vfio} == cdi
  every d in i_vfio {
    endswith(d.container_path, concat("", ["/", d.id]))
    some p in p_vfio
    p.type_ == d.type_
    p.vm_path == d.vm_path
    count(d.options) > 0
    every o in d.options {
      regex.match(concat("", ["^", policy_data.devices.vfio.option, "$"]), o)
    }
  }
}

ok_vfio if {
  i_vfio == []
}

# The agent finds the numbers of a device that is attached; those of the request would name any device of the guest.
device_known(device) if {
  device.Path in [d.Path | some d in c.OCI.Linux.Devices]
  every d in c.devices {
    d.container_path != device.Path
  }
}

device_known(device) if {
  device.Path in disk_nodes
  device.Path in [d.container_path | some d in input.devices]
  device.Type == "b"
}

disk_nodes := [d.Path | some d in c.OCI.Linux.Devices; d.Path in [p.container_path | some p in c.devices]]

# One node at each path: of two the agent replaces the numbers of the first only.
ok_nodes if {
  paths := {d.Path | some d in input.OCI.Linux.Devices}
  count(paths) == count(input.OCI.Linux.Devices)
  every path in disk_nodes {
    path in paths
  }
}

nodes_wanted := array.concat(
  [object.union(d, {"Type": "b"}) | some d in c.OCI.Linux.Devices; d.Path in disk_nodes],
  [d | some d in c.OCI.Linux.Devices; not d.Path in disk_nodes],
)
