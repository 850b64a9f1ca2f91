# ExecProcessRequest: the commands of probes and hooks, and those that are written down.
ExecProcessRequest := true if {
  exec_ok
}

ExecProcessRequest := {"allowed": false, "ops": []} if {
  input.process
  not exec_ok
  print(denial("ExecProcessRequest", exec_name, exec_fault, "write the command down in the policy's settings, or do not run it."))
}

exec_name := c.name if {
  c.name
} else := "?"

exec_fields := array.concat(process_fields, [
  ["string_user", null, input.string_user],
  ["process.SelinuxLabel", "", input.process.SelinuxLabel],
  ["process.ApparmorProfile", "", input.process.ApparmorProfile],
  ["process.Capabilities", null, input.process.Capabilities],
])

exec_ok if {
  ok_id
  regex.match(`^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}$`, input.exec_id)
  input.exec_id != input.container_id
  every f in exec_fields {
    f[1] == f[2]
  }
  same_set(c.OCI.Process.User.AdditionalGids, process.User.AdditionalGids)
  ok_command
  ok_env
  ok_ports
}

ok_command if {
  some command in policy_data.request_defaults.ExecProcessRequest.allowed_commands
  command_ok(command)
}

ok_command if {
  input.process.Terminal == false
  some command in c.exec_commands
  command_ok(command)
}

ok_command if {
  some p in policy_data.request_defaults.ExecProcessRequest.regex
  regex.match(concat("", ["^(?:", p, ")$"]), concat(" ", input.process.Args))
}

command_ok(command) if {
  count(command) == count(input.process.Args)
  every i, v in input.process.Args {
    text_ok(command[i], v)
  }
}

exec_fault := ["container", "container_id", "a container that this policy created", input.container_id] if {
  not c
} else := ["command", "process.Args", c.exec_commands, input.process.Args] if {
  not ok_command
} else := array.concat(["field"], f) if {
  bad := [x | some x in exec_fields; x[1] != x[2]]
  f := bad[0]
} else := ["groups", "process.User.AdditionalGids", c.OCI.Process.User.AdditionalGids, process.User.AdditionalGids] if {
  not same_set(c.OCI.Process.User.AdditionalGids, process.User.AdditionalGids)
} else := array.concat(["environment"], env_fault) if {
  not ok_env
} else := ["streams", "stdin_port, stdout_port, stderr_port", 0, [input.stdin_port, input.stdout_port, input.stderr_port]] if {
  not ok_ports
} else := ["shape", "the request", "every field of ExecProcessRequest", "a field is missing or has another type"]
