# RemoveContainerRequest: always; what is gone is forgotten.
RemoveContainerRequest := {"allowed": true, "ops": [{"op": "remove", "path": concat("", ["/pstate/containers/", input.container_id])}]} if {
  data.pstate.containers[input.container_id] >= 0
}

# CreateSandboxRequest: once, with the storages of the policy.
CreateSandboxRequest := {"allowed": true, "ops": [{"op": "add", "path": "/pstate/created", "value": true}]} if {
  sandbox_ok
}

CreateSandboxRequest := {"allowed": false, "ops": []} if {
  not sandbox_ok
  print(denial("CreateSandboxRequest", "sandbox", sandbox_fault, "start the sandbox with the runtime that the policy was made for."))
}

sandbox_ok if {
  not data.pstate.created
  input.guest_hook_path == ""
  input.kernel_modules == []
  input.sandbox_pidns == false
  regex.match(`^[a-zA-Z0-9.-]{0,253}$`, input.hostname)
  regex.match(`^[a-zA-Z0-9.-]{0,128}$`, input.sandbox_id)
  every line in input.dns {
    regex.match(`^[ -~\t]*$`, line)
  }
  sandbox_storages_ok
}

sandbox_storages_ok if {
  count(input.storages) == count(policy_data.sandbox.storages)
  every p in policy_data.sandbox.storages {
    some s in input.storages
    object.union({"shared": false}, s) == p
  }
}

sandbox_fault := ["order", "the request", "one sandbox", "a second one"] if {
  data.pstate.created
} else := ["hooks", "guest_hook_path", "", input.guest_hook_path] if {
  input.guest_hook_path != ""
} else := ["kernel modules", "kernel_modules", [], input.kernel_modules] if {
  input.kernel_modules != []
} else := ["process namespace", "sandbox_pidns", false, input.sandbox_pidns] if {
  input.sandbox_pidns != false
} else := ["names", "hostname, sandbox_id, dns", "plain text", [input.hostname, input.sandbox_id, input.dns]] if {
  sandbox_storages_ok
} else := ["storages", "storages", policy_data.sandbox.storages, input.storages]

# Network: the host's to decide, but never the loop-back's.
UpdateInterfaceRequest := true if {
  interface_ok
}

UpdateInterfaceRequest := {"allowed": false, "ops": []} if {
  not interface_ok
  rules := policy_data.request_defaults.UpdateInterfaceRequest
  print(denial("UpdateInterfaceRequest", "sandbox", ["interface", "interface", rules, input.interface], "the host must leave these alone."))
}

interface_ok if {
  rules := policy_data.request_defaults.UpdateInterfaceRequest
  bits.and(input.interface.raw_flags, bits.negate(rules.allow_raw_flags)) == 0
  not input.interface.name in rules.forbidden_names
  not input.interface.device in rules.forbidden_names
  regex.match(`^([0-9a-fA-F]{2}:){5,19}[0-9a-fA-F]{2}$`, input.interface.hwAddr)
  not lower(input.interface.hwAddr) in {lower(a) | some a in rules.forbidden_hw_addrs}
  every ip in input.interface.IPAddresses {
    outside(ip.address)
  }
}

# Addresses may carry the length of their network. Addresses of version 6 that end as one of version 4 have too many spellings, and no
# runtime writes them.
outside(address) if {
  host := split(address, "/")[0]
  spelt(host)
  count([p | some p in policy_data.request_defaults.UpdateRoutesRequest.forbidden_source_regex; regex.match(p, host)]) == 0
}

spelt(host) if {
  not contains(host, ":")
}

spelt(host) if {
  not contains(host, ".")
}

UpdateRoutesRequest := true if {
  routes_ok
}

UpdateRoutesRequest := {"allowed": false, "ops": []} if {
  not routes_ok
  rules := policy_data.request_defaults.UpdateRoutesRequest
  print(denial("UpdateRoutesRequest", "sandbox", ["routes", "routes", rules, input.routes], "the host must leave these alone."))
}

routes_ok if {
  rules := policy_data.request_defaults.UpdateRoutesRequest
  every route in input.routes.Routes {
    not route.device in rules.forbidden_device_names
    outside(route.source)
    outside(object.get(route, "dest", ""))
    outside(object.get(route, "gateway", ""))
  }
}

AddARPNeighborsRequest := true if {
  neighbors_ok
}

AddARPNeighborsRequest := {"allowed": false, "ops": []} if {
  not neighbors_ok
  rules := policy_data.request_defaults.AddARPNeighborsRequest
  print(denial("AddARPNeighborsRequest", "sandbox", ["neighbours", "neighbors", rules, input.neighbors], "the host must leave these alone."))
}

neighbors_ok if {
  rules := policy_data.request_defaults.AddARPNeighborsRequest
  every n in input.neighbors.ARPNeighbors {
    not n.device in rules.forbidden_device_names
    n.toIPAddress.mask == ""
    spelt(n.toIPAddress.address)
    count([p | some p in rules.forbidden_cidrs_regex; regex.match(p, n.toIPAddress.address)]) == 0
    n.state in [2, 128]
    bits.or(n.flags, 136) == 136
  }
}
