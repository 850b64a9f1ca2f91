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
