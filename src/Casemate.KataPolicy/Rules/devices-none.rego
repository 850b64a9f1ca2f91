ok_devices if {
  input.devices == []
}

device_known(device) if {
  device.Path in [d.Path | some d in c.OCI.Linux.Devices]
}

ok_nodes if {
  count({d.Path | some d in input.OCI.Linux.Devices}) == count(input.OCI.Linux.Devices)
}

nodes_wanted := c.OCI.Linux.Devices
